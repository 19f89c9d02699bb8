// SPDX-License-Identifier: Apache-2.0
#include "engine/connector_data_access.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace alveus::engine {
namespace {

flow::EntryStatus status_of(const deploy::SiteEntry& entry) {
  return {.kind = entry.kind == deploy::EntryKind::kDirectory ? flow::EntryStatus::Kind::kDirectory
                                                              : flow::EntryStatus::Kind::kFile,
          .size_bytes = entry.size_bytes};
}

}  // namespace

core::Result<core::RemotePath> ConnectorDataAccess::path_of(const core::Location& location) const {
  if (!sys::is_web_url(location.text())) return connector_.path_of(location);
  if (web_ == nullptr) {
    return core::fail(core::ErrorCode::kUnsupported, "'" + location.text() + "' cannot be fetched here");
  }
  ALVEUS_TRY_ASSIGN(const auto file, web_->local(location.text()));
  return core::RemotePath(file.string());
}

core::Result<flow::EntryStatus> ConnectorDataAccess::status(const core::Location& location) const {
  ALVEUS_TRY_ASSIGN(const auto path, path_of(location));
  ALVEUS_TRY_ASSIGN(const auto entry, connector_.status(path));
  return status_of(entry);
}

std::vector<flow::Entry> ConnectorDataAccess::entries(std::vector<deploy::SiteEntry> found) const {
  std::vector<flow::Entry> entries;
  entries.reserve(found.size());
  for (deploy::SiteEntry& entry : found) {
    entries.push_back(
        {.name = std::move(entry.name), .location = connector_.location_of(entry.path), .status = status_of(entry)});
  }
  return entries;
}

core::Result<std::vector<flow::Entry>> ConnectorDataAccess::list(const core::Location& directory) const {
  ALVEUS_TRY_ASSIGN(const auto path, path_of(directory));
  ALVEUS_TRY_ASSIGN(auto found, connector_.list(path));
  std::ranges::sort(found, {}, &deploy::SiteEntry::name);
  return entries(std::move(found));
}

core::Result<std::string> ConnectorDataAccess::read(const core::Location& file, std::size_t limit_bytes) const {
  ALVEUS_TRY_ASSIGN(const auto path, path_of(file));
  return connector_.read(path, limit_bytes);
}

core::Result<std::string> ConnectorDataAccess::checksum(const core::Location& file) const {
  ALVEUS_TRY_ASSIGN(const auto path, path_of(file));
  ALVEUS_TRY_ASSIGN(const auto digest, connector_.sha1(path));
  return "sha1$" + digest;
}

core::Result<std::vector<flow::Entry>> ConnectorDataAccess::glob(const core::Location& directory,
                                                                 std::string_view pattern) const {
  const auto parts = core::split(pattern, '/');
  if (pattern.starts_with('/') || std::ranges::find(parts, "..") != parts.end()) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the pattern '" + std::string(pattern) + "' leaves the output directory");
  }
  ALVEUS_TRY_ASSIGN(const auto path, path_of(directory));
  ALVEUS_TRY_ASSIGN(auto found, connector_.glob(path, pattern));
  return entries(std::move(found));
}

}  // namespace alveus::engine
