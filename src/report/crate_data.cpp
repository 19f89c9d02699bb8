// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "report/detail/crate_data.hpp"
#include "sys/file.hpp"

namespace alveus::report {
namespace {

constexpr std::string_view kFileScheme = "file://";
constexpr std::size_t kValueBytesMax = std::size_t{16} << 10;

std::string path_of(const std::string& location) {
  if (!location.starts_with(kFileScheme)) return {};
  return core::decode_uri(std::string_view(location).substr(kFileScheme.size()));
}

bool lies_below(const std::string& path, const std::filesystem::path& folder) {
  const std::string prefix = folder.string() + "/";
  return !folder.empty() && path.starts_with(prefix);
}

bool is_data(const core::Value& value) {
  const std::string kind = value.string_or("class", "");
  return kind == "File" || kind == "Directory";
}

bool holds_data(const core::Value& value) {
  if (value.is_array()) return std::ranges::any_of(value.as_array(), holds_data);
  if (!value.is_object()) return false;
  return is_data(value) ||
         std::ranges::any_of(value.as_object(), [](const auto& member) { return holds_data(member.second); });
}

void add_unique(std::vector<std::string>& ids, const std::string& id) {
  if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

std::string without_prefix(const std::string& checksum) {
  constexpr std::string_view kPrefix = "sha1$";
  return checksum.starts_with(kPrefix) ? checksum.substr(kPrefix.size()) : checksum;
}

/// A plain value as crates write it: text, and numbers as they are; lists and records as JSON.
core::Value plain_text(const core::Value& value) {
  if (!value.is_array() && !value.is_object()) return value.is_bool() ? (value.as_bool() ? "True" : "False") : value;
  std::string text = core::to_json(value);
  if (text.size() > kValueBytesMax) {
    text.resize(kValueBytesMax);
    text += "\xE2\x80\xA6";
  }
  return text;
}

}  // namespace

core::Value reference(std::string_view id) { return core::Object{{"@id", id}}; }

core::Value references(const std::vector<std::string>& ids) {
  if (ids.size() == 1) return reference(ids.front());
  core::Array list;
  list.reserve(ids.size());
  for (const std::string& id : ids) list.push_back(reference(id));
  return list;
}

std::string fragment(std::string_view name) { return core::encode_uri_path(name); }

GraphFile::GraphFile(std::unique_ptr<std::FILE, Close> file, std::filesystem::path path)
    : file_(std::move(file)), path_(std::move(path)) {
  write(
      "{\"@context\":[\"https://w3id.org/ro/crate/1.1/context\",\"https://w3id.org/ro/terms/workflow-run/context\"],\n"
      "\"@graph\":[");
}

core::Result<GraphFile> GraphFile::create(const std::filesystem::path& file) {
  std::unique_ptr<std::FILE, Close> opened(std::fopen(file.c_str(), "wbxe"));
  if (!opened) return core::fail(sys::system_error("create", file, errno));
  return GraphFile(std::move(opened), file);
}

void GraphFile::add(const core::Object& entity) {
  write(is_first_ ? "\n" : ",\n");
  is_first_ = false;
  write(core::to_json(entity));
}

core::Status GraphFile::finish() {
  write("\n]}\n");
  if (failure_ == 0 && std::fflush(file_.get()) != 0) failure_ = errno;
  if (failure_ != 0) return core::fail(sys::system_error("write", path_, failure_));
  return {};
}

void GraphFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() && failure_ == 0) failure_ = errno;
}

std::vector<std::string> CrateData::ids_of(const core::Value& value, const std::string& parameter) {
  std::vector<std::string> ids;
  if (value.is_null()) return ids;
  if (is_data(value)) {
    ids.push_back(add_data(value, parameter));
  } else if (value.is_array() && holds_data(value)) {
    for (const core::Value& item : value.as_array()) {
      for (const std::string& id : ids_of(item, parameter)) add_unique(ids, id);
    }
  } else {
    add_plain(value, parameter, ids);
    if (value.is_object()) {
      for (const auto& [name, member] : value.as_object()) {
        if (!holds_data(member)) continue;
        for (const std::string& id : ids_of(member, {})) add_unique(ids, id);
      }
    }
  }
  return ids;
}

void CrateData::add_plain(const core::Value& value, const std::string& parameter, std::vector<std::string>& ids) {
  constexpr std::size_t kHashShown = 16;
  const std::string hash = core::hash_text(core::HashKind::kSha256, core::to_json(value)).substr(0, kHashShown);
  const std::string id =
      "#value/" + fragment(parameter.starts_with('#') ? parameter.substr(1) : parameter) + "/" + hash;
  plain_.try_emplace(id, PlainEntity{.value = value, .parameter = parameter});
  add_unique(ids, id);
}

/// What names the data for everybody: where they were delivered, or where they lie, or (when they are gone) their
/// content.
std::string CrateData::id_of(const core::Value& data, bool is_file, std::string& source) const {
  const std::string location = data.string_or("location", "");
  const std::string path = path_of(location);
  const std::string end = is_file ? "" : "/";
  if (const auto found = places_.delivered.find(path); !path.empty() && found != places_.delivered.end()) {
    source = found->second;
    return std::string(kFileScheme) + core::encode_uri_path(source) + end;
  }
  if (!path.empty() && !lies_below(path, places_.jobs)) {
    source = path;
    return std::string(kFileScheme) + core::encode_uri_path(path) + end;
  }
  if (path.empty() && !location.empty()) return location;
  std::string hash = without_prefix(data.string_or("checksum", ""));
  if (const core::Value* contents = data.find("contents");
      hash.empty() && contents != nullptr && contents->is_string()) {
    hash = core::hash_text(core::HashKind::kSha1, contents->as_string());
  }
  if (is_file && !hash.empty()) return "urn:hash::sha1:" + hash;
  const std::string place = path.empty() ? core::hash_text(core::HashKind::kSha1, core::to_json(data))
                                         : path.substr(places_.jobs.string().size() + 1);
  return "#data/" + fragment(place) + end;
}

/// A place in the crate that no other data have.
std::string CrateData::crate_path(std::string_view folder, const std::string& name, const std::string& source) {
  if (const auto found = copied_.find(source); found != copied_.end()) return found->second;
  std::string id = std::string(folder) + "/" + name;
  for (int number = 2; !taken_.insert(id).second; ++number) {
    id = std::string(folder) + "/" + std::to_string(number) + "/" + name;
  }
  return copied_[source] = id;
}

std::string CrateData::add_data(const core::Value& data, const std::string& parameter) {
  const bool is_file = data.string_or("class", "") == "File";
  std::string source;
  std::string id = id_of(data, is_file, source);
  const std::string name = data.string_or("basename", id.substr(id.find_last_of("/:", id.size() - 2) + 1));
  if (places_.copies && !source.empty()) {
    const bool is_output = lies_below(source, places_.outdir);
    const std::string place = is_output ? source.substr(places_.outdir.string().size() + 1) : name;
    id = core::encode_uri_path(crate_path(is_output ? "outputs" : "inputs", place, source)) + (is_file ? "" : "/");
  }
  const core::Value* beside = data.find("secondaryFiles");
  const bool has_others = beside != nullptr && beside->is_array() && !beside->as_array().empty();
  DataEntity& entity = data_[id];
  entity.is_file = is_file;
  entity.name = name;
  entity.source = source;
  if (entity.checksum.empty()) entity.checksum = without_prefix(data.string_or("checksum", ""));
  if (entity.format.empty()) entity.format = data.string_or("format", "");
  if (const core::Value* size = data.find("size"); size != nullptr && size->is_integer())
    entity.size = size->as_integer();
  if (!parameter.empty() && !has_others) entity.parameters.insert(parameter);
  return has_others ? add_collection(data, id, parameter) : id;
}

std::string CrateData::add_collection(const core::Value& data, const std::string& main, const std::string& parameter) {
  std::vector<std::string> members{main};
  for (const core::Value& other : data.find("secondaryFiles")->as_array()) {
    if (is_data(other)) add_unique(members, add_data(other, {}));
  }
  const std::string id = "#collection/" + core::hash_text(core::HashKind::kSha1, core::to_json(references(members)));
  DataEntity& entity = data_[id];
  entity.is_collection = true;
  entity.name = data.string_or("basename", "");
  entity.members = std::move(members);
  if (!parameter.empty()) entity.parameters.insert(parameter);
  return id;
}

core::Status CrateData::copy(const std::string& id, const DataEntity& entity) const {
  const auto target = places_.folder / core::decode_uri(id.ends_with('/') ? id.substr(0, id.size() - 1) : id);
  ALVEUS_TRY(sys::make_directories(target.parent_path()));
  std::error_code failure;
  std::filesystem::copy(entity.source, target, std::filesystem::copy_options::recursive, failure);
  if (!failure) return {};
  const bool is_gone = failure == std::errc::no_such_file_or_directory;
  return core::fail(is_gone ? core::ErrorCode::kNotFound : core::ErrorCode::kUnavailable,
                    "cannot copy '" + entity.source + "' into the crate: " + failure.message() +
                        "; without --with-data it is named where it lay");
}

core::Status CrateData::write(GraphFile& graph) {
  for (const auto& [id, entity] : data_) {
    core::Object object{{"@id", id},
                        {"@type", entity.is_collection ? "Collection"
                                  : entity.is_file     ? "File"
                                                       : "Dataset"}};
    if (!entity.name.empty()) object.append("name", entity.name);
    const bool is_renamed = !entity.is_collection && !id.ends_with(core::encode_uri_path(entity.name)) &&
                            !id.ends_with(core::encode_uri_path(entity.name) + "/");
    if (is_renamed && !entity.name.empty()) object.append("alternateName", entity.name);
    if (entity.size >= 0) object.append("contentSize", std::to_string(entity.size));
    if (!entity.checksum.empty()) object.append("sha1", entity.checksum);
    if (!entity.format.empty()) object.append("encodingFormat", reference(entity.format));
    if (!entity.parameters.empty()) {
      object.append("exampleOfWork", references({entity.parameters.begin(), entity.parameters.end()}));
    }
    if (entity.is_collection) {
      object.append("mainEntity", reference(entity.members.front()));
      object.append("hasPart", references(entity.members));
    }
    graph.add(object);
    (id.starts_with('#') ? mentions_ : parts_).push_back(id);
    if (places_.copies && !entity.source.empty()) ALVEUS_TRY(copy(id, entity));
  }
  for (const auto& [id, entity] : plain_) {
    const auto slash = entity.parameter.find_last_of("/#");
    core::Object object{{"@id", id},
                        {"@type", "PropertyValue"},
                        {"name", slash == std::string::npos ? entity.parameter : entity.parameter.substr(slash + 1)},
                        {"value", plain_text(entity.value)}};
    if (!entity.parameter.empty()) object.append("exampleOfWork", reference(entity.parameter));
    graph.add(object);
  }
  return {};
}

}  // namespace alveus::report
