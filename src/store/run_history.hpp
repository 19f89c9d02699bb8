// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/outcome.hpp"
#include "store/record.hpp"
#include "store/run_log.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

/// One try at a job. A time is empty when the attempt did not come that far, or its controller was lost before.
struct JobAttempt {
  std::string site;
  double cores = 0;
  double ram_mib = 0;
  core::RemotePath folder;
  core::RemotePath stdout_path;  ///< empty: standard output went to the log
  core::RemotePath stderr_path;
  std::string container;                    ///< the image it ran in
  std::optional<sys::WallTime> created_at;  ///< its job was created, or begun anew by a later controller
  std::optional<sys::WallTime> placed_at;
  std::optional<sys::WallTime> prepared_at;
  std::optional<sys::WallTime> started_at;
  std::optional<sys::WallTime> ended_at;
  std::optional<flow::JobOutcome> outcome;
  std::optional<std::chrono::microseconds> cpu_time{};  ///< empty: not known
  std::optional<std::int64_t> resident_max_bytes{};     ///< empty: not known
  std::string retry_reason;                             ///< why another attempt followed
};

/// One job from its first record to its last.
struct JobHistory {
  core::JobId job;
  core::StepPath step;
  std::string tag;
  std::size_t order = 0;  ///< of its first record among those of the jobs
  JobState state = JobState::kCreated;
  std::optional<sys::WallTime> created_at;   ///< the last time, when a later controller began it anew
  std::optional<sys::WallTime> finished_at;  ///< collected, skipped or failed for good
  std::vector<JobAttempt> attempts;          ///< none for a tool without a command
  core::Value inputs;                        ///< as noted when it was created; null when they were not
  core::Value outputs;
  std::string failure;
  bool reused = false;     ///< its outputs came from the cache
  core::RunId reused_run;  ///< which computed them
  core::JobId reused_job;

  /// The attempt that counts; null for a job that never was placed.
  const JobAttempt* last_attempt() const { return attempts.empty() ? nullptr : &attempts.back(); }
};

/// A workflow that was entered at one place of the tree.
struct WorkflowHistory {
  core::JobId name;
  sys::WallTime entered_at;
  core::Value inputs;
};

/// A time during which no controller worked on the run.
struct Interruption {
  sys::WallTime from;
  sys::WallTime to;
};

/// The run as a whole.
struct RunHistory {
  std::optional<RunStarted> started;  ///< its description is that of the last resumption
  std::optional<sys::WallTime> started_at;
  std::optional<RunEnded> ended;  ///< empty while it is under way, and when its controller was lost
  sys::WallTime last_record_at;
  std::vector<Interruption> interruptions;
  std::vector<WorkflowHistory> workflows;  ///< in the order in which they were entered
  core::Value delivered;                   ///< where each output went: a list of {from, path}; null when none did
};

using TakeJob = std::function<void(JobHistory job)>;

enum class Values {
  kSkip,  ///< inputs and outputs stay null: for whoever only counts
  kRead,
};

/// Reads the journal of a run, also while it grows, and hands over each job once: when it is over, then those that are
/// not. Memory grows with the jobs under way and not with the journal, but for a run that was resumed, whose jobs may
/// come back to life. What it does not know (records and members of newer versions) it leaves out. kNotFound,
/// kCorrupt, kUnsupported.
core::Result<RunHistory> read_history(const std::filesystem::path& journal_file, Values values, const TakeJob& take);

/// What was kept of a stream that a job wrote: its end.
struct KeptLog {
  core::JobId job;
  std::size_t attempt = 0;  ///< index in JobHistory::attempts
  std::string stream;       ///< "log", "stderr"; "stdout" of an attempt that came to nothing
  std::string text;         ///< the last bytes
  std::int64_t bytes = 0;   ///< that were written in all
};

/// The logs that the journal keeps of the jobs that `wants` names, in order. Errors as read_history.
core::Result<std::vector<KeptLog>> read_kept_logs(const std::filesystem::path& journal_file,
                                                  const std::function<bool(const std::string& job)>& wants);

/// How many jobs of a run stand where.
struct JobCounts {
  std::int64_t done = 0;  ///< those reused included
  std::int64_t reused = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  friend bool operator==(const JobCounts&, const JobCounts&) = default;
};

/// Counts without reading the details. Errors as read_history.
core::Result<JobCounts> count_jobs(const std::filesystem::path& journal_file);

}  // namespace alveus::store
