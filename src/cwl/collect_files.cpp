// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/text.hpp"
#include "cwl/detail/collect.hpp"
#include "cwl/detail/stage.hpp"
#include "cwl/file_value.hpp"
#include "cwl/type_check.hpp"

namespace alveus::cwl::detail {
namespace {

std::string without_final_slash(std::string text) {
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// What follows `folder` and a slash in `path`, or nothing.
std::optional<std::string> below(const std::string& folder, const std::string& path) {
  if (path == folder) return std::string();
  if (!path.starts_with(folder + "/")) return std::nullopt;
  return path.substr(folder.size() + 1);
}

std::string joined(const std::string& location, const std::string& relative_path) {
  return relative_path.empty() ? location : location + "/" + core::encode_uri_path(relative_path);
}

/// The location of `path` by the nearest of its folders, or itself, that `staged` knows.
std::optional<core::Location> find_enclosing(const std::map<std::string, std::string>& staged,
                                             const std::string& path) {
  std::string folder = path;
  while (!folder.empty()) {
    if (const auto found = staged.find(folder); found != staged.end()) {
      return core::Location(joined(found->second, *below(folder, path)));
    }
    const std::size_t slash = folder.rfind('/');
    folder.resize(slash == std::string::npos ? 0 : slash);
  }
  return std::nullopt;
}

/// The location of an object that has a path, or a location that is relative or a literal's.
core::Status locate(core::Value& file, const PathMap* paths) {
  core::Object& members = file.mutable_object();
  const std::string location = file.string_or("location", "");
  const std::string path = file.string_or("path", "");
  members.erase("path");
  members.erase("dirname");
  if (location.find(':') != std::string::npos && !location.starts_with("_:")) {
    constexpr std::string_view kFile = "file://";
    if (paths == nullptr || !location.starts_with(kFile)) return {};
    // A command may name its own files by URIs of the paths that it sees.
    auto seen = paths->location_of(core::decode_uri(location.substr(kFile.size())));
    if (seen) members.set("location", seen->text());
    return {};
  }
  members.erase("location");
  const bool is_relative = path.empty() && !location.starts_with("_:");
  const std::string place = is_relative ? core::decode_uri(location) : path;
  const bool has_content = members.contains("contents") || members.contains("listing");
  if (place.empty() || (has_content && path.empty())) return {};
  if (paths == nullptr) {
    return core::fail(core::ErrorCode::kInvalidInput, "the path '" + place + "' of a File means nothing without a job");
  }
  ALVEUS_TRY_ASSIGN(const core::Location found, paths->location_of(place));
  members.set("location", found.text());
  return {};
}

core::Status describe(core::Value& file, const flow::DataAccess& access) {
  const core::Location location(file.string_or("location", ""));
  auto status = access.status(location);
  if (!status)
    return core::fail(std::move(status).error().with("while looking at the output '" + location.text() + "'"));
  const bool is_really_file = status->kind == flow::EntryStatus::Kind::kFile;
  if (is_really_file != is_file(file)) {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + location.text() + "' is a " +
                                                          (is_really_file ? "file" : "directory") +
                                                          ", but the output says " + file.string_or("class", ""));
  }
  if (!is_file(file)) {
    file.mutable_object().erase("listing");
    return {};
  }
  file.set("size", static_cast<std::int64_t>(status->size_bytes));
  if (file.find("checksum") == nullptr) {
    ALVEUS_TRY_ASSIGN(std::string checksum, access.checksum(location));
    file.set("checksum", std::move(checksum));
  }
  return {};
}

}  // namespace

PathMap::PathMap(const flow::JobPlan& plan, const core::Location& outdir)
    : job_outdir_(without_final_slash(plan.site.outdir.text())), outdir_(without_final_slash(outdir.text())) {
  for (const flow::StageEntry& entry : plan.stage) {
    if (entry.location.empty()) continue;
    const std::string location = without_final_slash(entry.location.text());
    if (entry.kind == flow::StageEntry::Kind::kReadOnly) staged_.emplace(entry.target.text(), location);
    if (entry.kind == flow::StageEntry::Kind::kInPlace) in_place_.emplace(entry.target.text(), location);
  }
}

core::Result<core::Location> PathMap::location_of(const std::string& path) const {
  const std::string full = normal_path(path.starts_with('/') ? path : job_outdir_ + "/" + path);
  // What was changed in place is not the job's own: it stays the one thing that it is.
  if (const auto found = find_enclosing(in_place_, full)) return *found;
  if (const auto inside = below(job_outdir_, full)) return core::Location(joined(outdir_.text(), *inside));
  if (const auto found = find_enclosing(staged_, full)) return *found;
  return core::fail(core::ErrorCode::kInvalidInput, "the output '" + path +
                                                        "' lies neither in the output directory nor among the inputs; "
                                                        "the command must write to the output directory");
}

std::string PathMap::path_of(const core::Location& location) const {
  const auto inside = below(outdir_.text(), without_final_slash(location.text()));
  if (!inside) return location.text();
  return inside->empty() ? job_outdir_ : job_outdir_ + "/" + core::decode_uri(*inside);
}

core::Status finish_files(core::Value& result, const PathMap* paths, const flow::DataAccess& access) {
  if (result.is_array()) {
    for (core::Value& item : result.mutable_array()) ALVEUS_TRY(finish_files(item, paths, access));
    return {};
  }
  if (!result.is_object()) return {};
  if (is_file(result) || is_directory(result)) {
    ALVEUS_TRY(locate(result, paths));
    name_parts(result);
    if (!is_literal(result)) ALVEUS_TRY(describe(result, access));
  }
  for (auto& [name, member] : result.mutable_object()) {
    if (member.is_array() || member.is_object()) ALVEUS_TRY(finish_files(member, paths, access));
  }
  return {};
}

core::Result<core::Value> checked_outputs(const Process& process, const core::Value& result) {
  core::Object outputs;
  for (const OutputParameter& output : process.outputs) {
    const core::Value* given = result.find(output.name);
    core::Value value = given == nullptr ? core::Value() : *given;
    // A tool may yield null for Any, as other engines let it.
    const bool open = value.is_null() && output.type.kind == Type::Kind::kAny;
    if (auto checked = check_type("output '" + output.name + "'", output.type, value); !open && !checked) {
      core::Error error = std::move(checked).error();
      core::Error placed = document::error_at(output.mark, error.code, std::move(error.message));
      return core::fail(std::move(placed));
    }
    outputs.set(output.name, std::move(value));
  }
  return core::Value(std::move(outputs));
}

}  // namespace alveus::cwl::detail
