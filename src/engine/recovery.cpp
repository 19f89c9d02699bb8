// SPDX-License-Identifier: Apache-2.0
#include "engine/recovery.hpp"

#include <string>

namespace alveus::engine {
namespace {

bool is_data(const core::Value& value) {
  const std::string kind = value.string_or("class", "");
  return kind == "File" || kind == "Directory";
}

/// Whether all data that the value names stand where it says. What lies on another site cannot be looked at and counts
/// as standing.
core::Result<bool> stands(const core::Value& value, const deploy::Connector& connector) {
  if (value.is_array()) {
    for (const core::Value& item : value.as_array()) {
      ALVEUS_TRY_ASSIGN(const bool item_stands, stands(item, connector));
      if (!item_stands) return false;
    }
  }
  if (!value.is_object()) return true;
  if (is_data(value) && value.find("location") != nullptr) {
    const auto path = connector.path_of(core::Location(value.string_or("location", "")));
    const auto there = path ? connector.status(*path) : core::Result<deploy::SiteEntry>();
    if (!there && there.error().code == core::ErrorCode::kNotFound) return false;
    if (!there) return core::fail(there.error());
  }
  for (const auto& [name, member] : value.as_object()) {
    ALVEUS_TRY_ASSIGN(const bool member_stands, stands(member, connector));
    if (!member_stands) return false;
  }
  return true;
}

}  // namespace

core::Result<std::vector<core::JobId>> forget_lost_jobs(store::FinishedJobs& finished,
                                                        const deploy::Connector& connector) {
  std::vector<core::JobId> lost;
  for (const auto& [job, result] : finished.done) {
    ALVEUS_TRY_ASSIGN(const bool is_there, stands(result.outputs, connector));
    if (!is_there) lost.push_back(job);
  }
  for (const core::JobId& job : lost) finished.done.erase(job);
  return lost;
}

std::set<core::RemotePath> folders_of(const store::FinishedJobs& finished) {
  std::set<core::RemotePath> folders;
  for (const auto& [job, result] : finished.done) {
    if (!result.folder.empty()) folders.insert(result.folder);
  }
  return folders;
}

}  // namespace alveus::engine
