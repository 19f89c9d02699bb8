// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/journal_reader.hpp"
#include "store/record.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

enum class JobState { kCreated, kPlaced, kPrepared, kRunning, kEnded, kRetrying, kDone, kSkipped, kFailed };

/// What the journal knows about one job, from all its records.
struct JobSummary {
  core::JobId job;
  core::StepPath step;
  std::string tag;
  JobState state = JobState::kCreated;
  std::string inputs_fingerprint;
  std::string cache_key;      ///< empty: the run had no cache, or the job may not be reused
  std::string cache_refusal;  ///< why not
  core::RunId reused_from;    ///< the run that computed its outputs; empty: this one
  std::string site;
  core::RemotePath folder;
  std::string handle;
  int attempt = 0;
  std::optional<flow::JobOutcome> outcome;
  std::optional<core::Value> outputs;
  std::string failure;
  std::optional<sys::WallTime> started_at;
  std::optional<sys::WallTime> ended_at;
  std::optional<std::chrono::microseconds> cpu_time{};  ///< empty: not known
  std::optional<std::int64_t> resident_max_bytes{};
};

/// A run as its journal tells it. A run without `ended` is under way, or its controller was lost.
struct RunLog {
  std::optional<RunStarted> started;
  std::optional<RunEnded> ended;  ///< empty again once a run that ended was resumed
  std::size_t resume_count = 0;
  std::vector<TimedRecord> records;
  std::vector<JobSummary> jobs;  ///< in the order of their first record
};

/// Reads the journal of a run, also while it grows. kNotFound, kCorrupt, kUnsupported.
core::Result<RunLog> read_run(const std::filesystem::path& journal_file);

/// "created", "placed", …
std::string_view name_of(JobState state);
/// Done, skipped, or failed for good.
bool is_over(JobState state);

}  // namespace alveus::store
