// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "cwl/detail/stage.hpp"
#include "cwl/file_value.hpp"

namespace alveus::cwl::detail {

std::string normal_path(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  std::vector<std::string> kept;
  for (std::string& part : core::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      kept.push_back(std::move(part));
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!is_absolute) {
      kept.push_back("..");
    }
  }
  std::string out = is_absolute ? "/" : "";
  for (const std::string& part : kept) {
    if (!out.empty() && out.back() != '/') out += '/';
    out += part;
  }
  return out;
}

void set_path(core::Value& file, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string basename = path.substr(slash == std::string::npos ? 0 : slash + 1);
  file.set("path", path);
  file.set("dirname", path.substr(0, slash == std::string::npos ? 0 : slash));
  file.set("basename", basename);
  if (!is_file(file)) return;
  const auto [root, extension] = split_extension(basename);
  file.set("nameroot", root);
  file.set("nameext", extension);
}

bool is_literal(const core::Value& file) {
  const std::string location = file.string_or("location", "");
  return location.empty() || location.starts_with("_:");
}

std::optional<flow::StageEntry> stage_entry(const core::Value& file, const std::string& path,
                                            flow::StageEntry::Kind kind) {
  flow::StageEntry entry{
      .kind = kind, .location = {}, .target = core::RemotePath(path), .contents = {}, .executable = false};
  if (!is_literal(file)) {
    entry.location = core::Location(file.string_or("location", ""));
    return entry;
  }
  if (is_directory(file)) {
    entry.kind = flow::StageEntry::Kind::kDirectory;
    return entry;
  }
  const core::Value* const contents = file.find("contents");
  if (contents == nullptr || !contents->is_string()) return std::nullopt;
  entry.kind = flow::StageEntry::Kind::kLiteral;
  entry.contents = contents->as_string();
  return entry;
}

std::string key_of(const core::Value& file) {
  if (!is_literal(file)) return file.string_or("location", "");
  const std::string path = file.string_or("path", "");
  if (!path.empty()) return "path " + path;
  return "literal " + core::hash_text(core::HashKind::kSha256, core::to_json(file));
}

namespace {

constexpr std::size_t kNameDigits = 16;

/// A name for a literal that has none: the same for the same content.
std::string name_of_literal(const core::Value& file) { return key_of(file).substr(8, kNameDigits); }

std::string name_in(const core::Value& file) {
  const std::string name = file.string_or("basename", "");
  if (!name.empty()) return name;
  return is_literal(file) ? name_of_literal(file) : basename_of(file.string_or("location", ""));
}

/// The objects of an array member, or nothing.
core::Array* members_of(core::Value& file, std::string_view name) {
  core::Value* member = file.mutable_object().find(name);
  return member != nullptr && member->is_array() ? &member->mutable_array() : nullptr;
}

}  // namespace

core::Status InputStager::stage(core::Value& inputs) {
  if (inputs.is_array()) {
    for (core::Value& item : inputs.mutable_array()) ALVEUS_TRY(stage(item));
  } else if (inputs.is_object()) {
    if (is_file(inputs) || is_directory(inputs)) return place_primary(inputs);
    for (auto& [name, member] : inputs.mutable_object()) {
      if (member.is_array() || member.is_object()) ALVEUS_TRY(stage(member));
    }
  }
  return {};
}

namespace {

/// What tells two placements apart: the file's data and name, and those of its secondary files.
std::string signature_of(const core::Value& file) {
  std::string signature = name_in(file) + "\n" + key_of(file) + "\n";
  const core::Value* secondary = file.find("secondaryFiles");
  if (secondary == nullptr || !secondary->is_array()) return signature;
  for (const core::Value& other : secondary->as_array()) signature += signature_of(other);
  return signature;
}

}  // namespace

core::Status InputStager::place_primary(core::Value& file) {
  // A path of an earlier job says nothing here.
  for_each_file(file, [](core::Value& part) { part.mutable_object().erase("path"); });
  const auto [found, is_new] =
      folders_.emplace(signature_of(file), directory_.text() + "/" + std::to_string(folders_.size() + 1));
  return place(file, found->second);
}

core::Status InputStager::place(core::Value& file, const std::string& folder) {
  const std::string name = name_in(file);
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + name + "' is no basename: it names a place elsewhere");
  }
  const std::string path = folder + "/" + name;
  const std::string key = key_of(file);
  const auto [found, is_new] = taken_.emplace(path, key);
  if (!is_new && found->second != key) {
    return core::fail(core::ErrorCode::kInvalidInput, "two files are to be staged as '" + path + "'");
  }
  set_path(file, path);
  auto entry = stage_entry(file, path, flow::StageEntry::Kind::kReadOnly);
  if (!entry) {
    return core::fail(core::ErrorCode::kInvalidInput, "the File '" + name + "' has neither a location nor contents");
  }
  if (is_new) placed_.push_back({.key = key_of(file), .entry = *std::move(entry)});
  if (core::Array* secondary = members_of(file, "secondaryFiles")) {
    for (core::Value& other : *secondary) ALVEUS_TRY(place(other, folder));
  }
  return place_members(file);
}

core::Status InputStager::place_members(core::Value& directory) {
  core::Array* listing = is_directory(directory) ? members_of(directory, "listing") : nullptr;
  if (listing == nullptr) return {};
  const std::string path = directory.string_or("path", "");
  for (core::Value& member : *listing) {
    if (is_literal(directory)) {
      ALVEUS_TRY(place(member, path));
    } else {
      // It came with its directory.
      set_path(member, path + "/" + name_in(member));
      ALVEUS_TRY(place_members(member));
    }
  }
  return {};
}

void InputStager::move(core::Value& inputs, const std::map<std::string, std::string>& moves) {
  if (moves.empty()) return;
  for_each_file(inputs, [&](core::Value& file) {
    if (const auto found = moves.find(key_of(file)); found != moves.end()) set_path(file, found->second);
  });
  std::erase_if(placed_, [&](const Placed& placed) { return moves.contains(placed.key); });
}

std::vector<flow::StageEntry> InputStager::entries() const {
  std::vector<flow::StageEntry> entries;
  for (const Placed& placed : placed_) entries.push_back(placed.entry);
  return entries;
}

}  // namespace alveus::cwl::detail
