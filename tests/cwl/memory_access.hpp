// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fnmatch.h>

#include <map>
#include <set>
#include <string>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "flow/data.hpp"

namespace alveus::cwl {

/// Files in memory, by location. Directories are what files lie in, and those that were added.
class MemoryAccess final : public flow::DataAccess {
 public:
  MemoryAccess& file(const std::string& location, std::string text) {
    files_[location] = std::move(text);
    return *this;
  }
  MemoryAccess& directory(const std::string& location) {
    directories_.insert(location);
    return *this;
  }
  int checksums() const { return checksums_; }

  core::Result<flow::EntryStatus> status(const core::Location& location) const override {
    using Kind = flow::EntryStatus::Kind;
    if (const auto found = files_.find(location.text()); found != files_.end()) {
      return flow::EntryStatus{.kind = Kind::kFile, .size_bytes = found->second.size()};
    }
    const auto inside = files_.lower_bound(location.text() + "/");
    const bool holds_files = inside != files_.end() && inside->first.starts_with(location.text() + "/");
    if (holds_files || directories_.contains(location.text())) return flow::EntryStatus{.kind = Kind::kDirectory};
    return core::fail(core::ErrorCode::kNotFound, "nothing at " + location.text());
  }

  core::Result<std::vector<flow::Entry>> list(const core::Location& directory) const override {
    std::set<std::string> names;
    const std::string folder = directory.text() + "/";
    const auto take = [&](const std::string& location) {
      if (location.starts_with(folder)) names.insert(core::split(location.substr(folder.size()), '/').front());
    };
    for (const auto& [location, text] : files_) take(location);
    for (const std::string& location : directories_) take(location);
    std::vector<flow::Entry> entries;
    for (const std::string& name : names) {
      const core::Location location(folder + name);
      entries.push_back({.name = core::decode_uri(name), .location = location, .status = *status(location)});
    }
    return entries;
  }

  core::Result<std::string> read(const core::Location& file, std::size_t limit_bytes) const override {
    const auto found = files_.find(file.text());
    if (found == files_.end()) return core::fail(core::ErrorCode::kNotFound, "no file " + file.text());
    return found->second.substr(0, limit_bytes);
  }

  core::Result<std::string> checksum(const core::Location& file) const override {
    ++checksums_;
    return "sha1$" + core::hash_text(core::HashKind::kSha1, files_.at(file.text()));
  }

  core::Result<std::vector<flow::Entry>> glob(const core::Location& directory,
                                              std::string_view pattern) const override {
    std::vector<flow::Entry> entries;
    ALVEUS_TRY_ASSIGN(const auto top, list(directory));
    glob_into(directory, top, std::string(pattern), entries);
    return entries;
  }

 private:
  void glob_into(const core::Location& root, const std::vector<flow::Entry>& top, const std::string& pattern,
                 std::vector<flow::Entry>& out) const {
    for (const flow::Entry& entry : top) {
      const std::string path = core::decode_uri(entry.location.text().substr(root.text().size() + 1));
      if (fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) out.push_back(entry);
      if (entry.status.kind == flow::EntryStatus::Kind::kDirectory)
        glob_into(root, *list(entry.location), pattern, out);
    }
  }

  std::map<std::string, std::string> files_;
  std::set<std::string> directories_;
  mutable int checksums_ = 0;
};

}  // namespace alveus::cwl
