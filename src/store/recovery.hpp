// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "store/record.hpp"

namespace alveus::store {

/// Invocations of a run that are over, with what they gave: a later controller takes them over and does not repeat
/// them.
struct FinishedJobs {
  struct Job {
    core::Value outputs;
    core::RemotePath folder;  ///< empty for a tool without a command
  };
  std::unordered_map<core::JobId, Job> done;
  std::unordered_set<core::JobId> skipped;  ///< jobs and workflows whose `when` did not hold

  bool empty() const { return done.empty() && skipped.empty(); }
};

/// An attempt at a job that began and came to no end on record: its controller was lost, or it was cancelled.
struct InterruptedAttempt {
  JobPrepared prepared;
  int attempt = 0;
};

/// How far a run got, for a controller that goes on with it. What failed counts as never begun.
struct Recovery {
  RunStarted started;
  core::Value description;        ///< of the last start or resumption
  std::optional<RunEnded> ended;  ///< when that is the last there is
  FinishedJobs finished;
  /// Whose folders still hold what their commands wrote, which the journal does not.
  std::vector<InterruptedAttempt> interrupted;
  /// What jobs that are not done were about to change where it lies, in the order in which they were made ready.
  std::vector<FormerContent> former;
  std::vector<core::RemotePath> former_folders;  ///< of these jobs
  /// All jobs are over and their outputs are being moved: there is nothing left to run.
  std::optional<DeliveryBegun> moving;
  /// What this run has delivered, or tried to, so far.
  std::vector<DeliveryTarget> targets;
};

/// Reads it from a run's journal. Errors as read_journal; kCorrupt when the journal does not begin with the run's
/// start.
core::Result<Recovery> read_recovery(const std::filesystem::path& journal_file);

}  // namespace alveus::store
