// SPDX-License-Identifier: Apache-2.0
#include "store/describe_inputs.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::Array;
using core::Object;
using core::Result;
using core::Value;

/// Links that lead back up make a tree endless; none that people made is this deep.
constexpr int kDepthMax = 200;

/// Members that say where data lie, or repeat what their contents say.
constexpr std::string_view kLeftOut[] = {"location", "path",     "dirname", "nameroot",      "nameext",
                                         "size",     "checksum", "listing", "secondaryFiles"};

class Description {
 public:
  explicit Description(FileChecksums& checksums) : checksums_(checksums) {}

  Result<Value> describe(const Value& value) {
    if (value.is_array()) {
      Array items;
      for (const Value& item : value.as_array()) {
        ALVEUS_TRY_ASSIGN(Value described, describe(item));
        items.push_back(std::move(described));
      }
      return Value(std::move(items));
    }
    if (!value.is_object()) return value;
    const std::string kind = value.string_or("class", "");
    if (kind == "File") return describe_file(value);
    if (kind == "Directory") return describe_directory(value);
    Object members;
    for (const auto& [name, member] : value.as_object()) {
      ALVEUS_TRY_ASSIGN(Value described, describe(member));
      members.append(name, std::move(described));
    }
    return Value(std::move(members));
  }

 private:
  static Value file_of(std::string_view basename, const FileChecksum& checksum) {
    return Object{{"class", "File"},
                  {"basename", basename},
                  {"sha256", checksum.sha256},
                  {"size", static_cast<std::int64_t>(checksum.size_bytes)}};
  }

  static bool has_place(const Value& object) {
    const std::string location = object.string_or("location", "");
    return !location.empty() && !location.starts_with("_:");
  }

  Result<Value> describe_file(const Value& file) {
    FileChecksum checksum;
    if (has_place(file)) {
      ALVEUS_TRY_ASSIGN(const auto path, local_path(core::Location(file.string_or("location", ""))));
      ALVEUS_TRY_ASSIGN(checksum, checksums_.of(path));
    } else {
      const std::string contents = file.string_or("contents", "");
      checksum = {.sha256 = core::hash_text(core::HashKind::kSha256, contents), .size_bytes = contents.size()};
    }
    Value described = file_of(file.string_or("basename", ""), checksum);
    // A part of the bytes says no more than all of them; that it is there the tool's definition says.
    return with_other_members(file, std::move(described), "contents");
  }

  Result<Value> describe_directory(const Value& directory) {
    Value described = Object{{"class", "Directory"}, {"basename", directory.string_or("basename", "")}};
    Value listing;
    if (has_place(directory)) {
      ALVEUS_TRY_ASSIGN(const auto path, local_path(core::Location(directory.string_or("location", ""))));
      ALVEUS_TRY_ASSIGN(listing, describe_tree(path, 0));
    } else if (const Value* members = directory.find("listing")) {
      ALVEUS_TRY_ASSIGN(listing, describe(*members));
    }
    described.set("listing", std::move(listing));
    return with_other_members(directory, std::move(described), "basename");
  }

  Result<Value> describe_tree(const fs::path& directory, int depth) {
    if (depth > kDepthMax) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "'" + directory.string() + "' is too deep: a link leads back up");
    }
    std::error_code failure;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure)) {
      entries.push_back(*entry);
    }
    if (failure) return core::fail(sys::system_error("list", directory, failure.value()));
    std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().filename().native(); });
    Array listing;
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      const fs::file_status status = entry.status(failure);
      if (fs::is_directory(status)) {
        ALVEUS_TRY_ASSIGN(Value below, describe_tree(entry.path(), depth + 1));
        listing.push_back(Object{{"class", "Directory"}, {"basename", name}, {"listing", std::move(below)}});
      } else if (fs::is_regular_file(status)) {
        ALVEUS_TRY_ASSIGN(const FileChecksum checksum, checksums_.of(entry.path()));
        listing.push_back(file_of(name, checksum));
      } else {
        listing.push_back(Object{{"class", "Other"}, {"basename", name}});  // a link to nothing, a pipe
      }
    }
    return Value(std::move(listing));
  }

  Result<Value> with_other_members(const Value& object, Value described, std::string_view also_left_out) {
    for (const auto& [name, member] : object.as_object()) {
      if (std::ranges::find(kLeftOut, name) != std::end(kLeftOut) || name == also_left_out) continue;
      if (described.find(name) != nullptr) continue;
      ALVEUS_TRY_ASSIGN(Value other, describe(member));
      described.set(name, std::move(other));
    }
    const Value* secondaries = object.find("secondaryFiles");
    if (secondaries != nullptr && secondaries->is_array() && !secondaries->as_array().empty()) {
      ALVEUS_TRY_ASSIGN(Value list, describe(*secondaries));
      described.set("secondaryFiles", std::move(list));
    }
    return described;
  }

  FileChecksums& checksums_;
};

}  // namespace

Result<Value> describe_inputs(const Value& inputs, FileChecksums& checksums) {
  return Description(checksums).describe(inputs);
}

Result<fs::path> local_path(const core::Location& location) {
  std::string_view text = location.text();
  for (const std::string_view prefix : {"file:///", "file://localhost/"}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size() - 1);
    return fs::path(core::decode_uri(text));
  }
  return core::fail(core::ErrorCode::kUnsupported, "'" + location.text() + "' does not lie on this machine");
}

}  // namespace alveus::store
