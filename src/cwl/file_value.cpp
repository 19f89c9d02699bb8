// SPDX-License-Identifier: Apache-2.0
#include "cwl/file_value.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace alveus::cwl {
namespace {

bool is_class(const core::Value& value, std::string_view name) {
  if (!value.is_object()) return false;
  const core::Value* given = value.find("class");
  return given != nullptr && given->is_string() && given->as_string() == name;
}

}  // namespace

bool is_file(const core::Value& value) { return is_class(value, "File"); }
bool is_directory(const core::Value& value) { return is_class(value, "Directory"); }

std::string basename_of(std::string_view location) {
  // What follows "?" is no part of a name in the web; in a path of a file it may be.
  if (location.starts_with("http://") || location.starts_with("https://")) {
    location = location.substr(0, location.find_first_of("?#"));
  }
  while (location.size() > 1 && location.ends_with('/')) location.remove_suffix(1);
  const std::size_t slash = location.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? location : location.substr(slash + 1);
  const bool is_uri = location.find("://") != std::string_view::npos;
  return is_uri ? core::decode_uri(name) : std::string(name);
}

std::pair<std::string, std::string> split_extension(std::string_view basename) {
  const std::size_t first = basename.find_first_not_of('.');
  const std::size_t dot = basename.rfind('.');
  if (dot == std::string_view::npos || first == std::string_view::npos || dot < first)
    return {std::string(basename), ""};
  return {std::string(basename.substr(0, dot)), std::string(basename.substr(dot))};
}

std::string apply_pattern(std::string_view name, std::string_view pattern) {
  std::string root(name);
  while (pattern.starts_with('^')) {
    pattern.remove_prefix(1);
    const std::size_t dot = root.rfind('.');
    if (dot != std::string::npos) root.resize(dot);
  }
  return root + std::string(pattern);
}

void name_parts(core::Value& file_or_directory) {
  core::Object& members = file_or_directory.mutable_object();
  const std::string location = file_or_directory.string_or("location", "");
  if (!members.contains("basename") && !location.empty() && !location.starts_with("_:")) {
    members.set("basename", basename_of(location));
  }
  if (const core::Value* basename = members.find("basename");
      is_file(file_or_directory) && basename != nullptr && basename->is_string()) {
    const auto [root, extension] = split_extension(basename->as_string());
    members.set("nameroot", root);
    members.set("nameext", extension);
  }
  for (const char* list : {"secondaryFiles", "listing"}) {
    core::Value* files = members.find(list);
    if (files == nullptr || !files->is_array()) continue;
    for (core::Value& file : files->mutable_array()) {
      if (file.is_object()) name_parts(file);
    }
  }
}

LongContents long_contents_of(Version version) {
  return version < Version::kV12 ? LongContents::kCut : LongContents::kFail;
}

core::Status load_contents(core::Value& file, LongContents rule, const flow::DataAccess& access) {
  const core::Location location(file.string_or("location", ""));
  ALVEUS_TRY_ASSIGN(std::string text, access.read(location, kContentsMaxBytes + 1));
  if (text.size() > kContentsMaxBytes && rule == LongContents::kFail) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "'" + basename_of(location.text()) +
                          "' is longer than 64 KiB, the most that loadContents may take; let the command read it");
  }
  text.resize(std::min(text.size(), kContentsMaxBytes));
  file.set("contents", std::move(text));
  return {};
}

core::Status load_listing(core::Value& directory, LoadListing depth, const flow::DataAccess& access) {
  if (depth == LoadListing::kNone) return {};
  core::Object& members = directory.mutable_object();
  if (!members.contains("listing")) {
    ALVEUS_TRY_ASSIGN(const auto entries, access.list(core::Location(directory.string_or("location", ""))));
    core::Array listing;
    for (const flow::Entry& entry : entries) {
      const bool is_plain_file = entry.status.kind == flow::EntryStatus::Kind::kFile;
      core::Value member(core::Object{{"class", core::Value(is_plain_file ? "File" : "Directory")},
                                      {"location", core::Value(entry.location.text())},
                                      {"basename", core::Value(entry.name)}});
      if (is_plain_file) member.set("size", static_cast<std::int64_t>(entry.status.size_bytes));
      name_parts(member);
      listing.push_back(std::move(member));
    }
    members.set("listing", core::Value(std::move(listing)));
  }
  core::Value* listing = members.find("listing");
  if (depth != LoadListing::kDeep || listing == nullptr || !listing->is_array()) return {};
  for (core::Value& member : listing->mutable_array()) {
    if (is_directory(member)) ALVEUS_TRY(load_listing(member, depth, access));
  }
  return {};
}

}  // namespace alveus::cwl
