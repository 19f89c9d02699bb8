// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/record.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

/// The folder of one run: "journal.db", the documents it was started from, and below "jobs" the folders of its jobs on
/// this machine.
struct RunFolder {
  core::RunId run;
  std::filesystem::path path;

  std::filesystem::path journal_file() const { return path / "journal.db"; }
  /// Everything that was read to start the run, so that it can go on after its documents changed or went.
  std::filesystem::path documents_file() const { return path / "documents.json"; }
  /// What secret inputs hold, while the run may still need it.
  std::filesystem::path secrets_file() const { return path / "secrets.json"; }
  /// Files of the web, while the run may still need them.
  std::filesystem::path downloads() const { return path / "downloads"; }
  std::filesystem::path jobs() const { return path / "jobs"; }
};

/// An id that sorts by time: "20260131-235959-1a2b3c4d". `chance` keeps runs of the same second apart.
core::RunId make_run_id(sys::WallTime time, std::uint64_t chance);

/// Makes the folder of a new run (mode 0700) in `runs`. kInvalidInput when there is one of that id.
core::Result<RunFolder> make_run_folder(const std::filesystem::path& runs, const core::RunId& run);

/// The folder of a run that was. `name` is its id, the beginning of its id, or "last" for the one that started last.
/// kNotFound names the runs' folder; kInvalidInput names the runs that a beginning could mean.
core::Result<RunFolder> find_run_folder(const std::filesystem::path& runs, std::string_view name);

struct RunListing {
  RunFolder folder;
  sys::WallTime started_at;
  sys::WallTime last_record_at;
  core::Value description;
  std::optional<RunStatus> status;  ///< empty: under way or lost
};

/// The runs in `runs`, oldest first; with `latest_max` those with the latest ids alone, and the others are not looked
/// at. Folders without a readable journal are left out. A missing folder has no runs.
core::Result<std::vector<RunListing>> list_runs(const std::filesystem::path& runs, std::size_t latest_max = SIZE_MAX);

}  // namespace alveus::store
