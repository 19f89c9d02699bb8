// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/outcome.hpp"

namespace alveus::store {

// What changes in a run, one type for each kind of change. A record is written before what it announces takes effect
// outside. docs/internals/journal.md describes the form on disk.

struct RunStarted {
  core::RunId run;
  std::string document_hash;  ///< SHA-256 of the packed document
  std::string inputs_hash;    ///< SHA-256 of the input object as compact JSON
  core::Value description;    ///< what the person asked for: document, inputs, options
  friend bool operator==(const RunStarted&, const RunStarted&) = default;
};

/// A new controller took over a run whose controller was lost, or one that failed or was cancelled. Jobs that are done
/// by the records before it stay done; all others begin anew.
struct RunResumed {
  core::Value description;  ///< as in RunStarted: what holds from here on
  friend bool operator==(const RunResumed&, const RunResumed&) = default;
};

/// A workflow began at one place of the tree; `name` is formed as a job's.
struct WorkflowEntered {
  core::JobId name;
  std::string inputs_fingerprint;
  core::Value inputs = {};  ///< as in JobCreated
  friend bool operator==(const WorkflowEntered&, const WorkflowEntered&) = default;
};

/// A scattered step fell apart; its elements carry the tag in `name` and one number more.
struct ScatterExpanded {
  core::JobId name;
  std::size_t element_count = 0;
  friend bool operator==(const ScatterExpanded&, const ScatterExpanded&) = default;
};

/// A value that stands in the inputs of jobs as {"$noted": hash}, written before the first of them.
struct ValueNoted {
  std::string hash;  ///< SHA-256 of it as compact JSON
  core::Value value;
  friend bool operator==(const ValueNoted&, const ValueNoted&) = default;
};

/// The inputs of a job are known.
struct JobCreated {
  core::JobId job;
  core::StepPath step;
  std::string tag;
  std::string inputs_fingerprint;  ///< SHA-256 of the input object as compact JSON
  std::string cache_key = {};      ///< under which its result is looked for and kept; empty: not at all
  std::string cache_refusal = {};  ///< why a run with a cache does not look for it
  core::Value inputs = {};         ///< what identifies them; null when it was not noted
  friend bool operator==(const JobCreated&, const JobCreated&) = default;
};

/// The job does not run: what an earlier job yielded stands for it. Its outputs follow as JobCollected.
struct JobReused {
  core::JobId job;
  std::string cache_key;
  core::RunId source_run;  ///< which computed it
  core::JobId source_job;
  friend bool operator==(const JobReused&, const JobReused&) = default;
};

/// Resources are set aside. Attempts count from 0.
struct JobPlaced {
  core::JobId job;
  std::string site;
  double cores = 0;
  double ram_mib = 0;
  int attempt = 0;
  friend bool operator==(const JobPlaced&, const JobPlaced&) = default;
};

/// What a job is about to change where it lies, and a copy of what it held before. Paths of the job's site.
struct FormerContent {
  core::RemotePath place;
  core::RemotePath copy;
  friend bool operator==(const FormerContent&, const FormerContent&) = default;
};

/// Its folder is made, its inputs are staged, and its command is about to start.
struct JobPrepared {
  core::JobId job;
  core::RemotePath folder;
  core::RemotePath stdout_path = {};  ///< empty: standard output goes to the log, "log" in the folder
  core::RemotePath stderr_path = {};
  std::string container = {};  ///< the image it runs in; empty: none
  std::vector<FormerContent> former = {};
  friend bool operator==(const JobPrepared&, const JobPrepared&) = default;
};

struct JobStarted {
  core::JobId job;
  std::string handle;  ///< names the command at its site
  friend bool operator==(const JobStarted&, const JobStarted&) = default;
};

/// The command ended, well or not.
struct JobEnded {
  core::JobId job;
  flow::JobOutcome outcome;
  std::optional<std::chrono::microseconds> cpu_time{};  ///< empty: not known
  std::optional<std::int64_t> resident_max_bytes{};     ///< of all its processes together, as far as was seen
  std::vector<std::string> left_behind;                 ///< names of programs that it left running; they were ended
  friend bool operator==(const JobEnded&, const JobEnded&) = default;
};

/// The end of what a command wrote to one of its streams, for when its folder is gone.
struct JobLogged {
  core::JobId job;
  int attempt = 0;
  std::string stream;      ///< "log", "stderr"
  std::int64_t bytes = 0;  ///< that were written in all
  std::string text;
  friend bool operator==(const JobLogged&, const JobLogged&) = default;
};

/// The job is done and these are its outputs.
struct JobCollected {
  core::JobId job;
  core::Value outputs;
  friend bool operator==(const JobCollected&, const JobCollected&) = default;
};

/// The condition of the step did not hold.
struct JobSkipped {
  core::JobId job;
  friend bool operator==(const JobSkipped&, const JobSkipped&) = default;
};

struct JobRetried {
  core::JobId job;
  int attempt = 0;  ///< the one that follows
  std::chrono::milliseconds delay{0};
  std::string reason;
  friend bool operator==(const JobRetried&, const JobRetried&) = default;
};

/// A job, or a step before it had jobs, failed for good.
struct JobFailed {
  core::JobId job;
  std::string reason;
  core::Location log;      ///< what its command said; empty when there was none
  std::string where = {};  ///< the place of a document with which `reason` begins; empty: with none
  friend bool operator==(const JobFailed&, const JobFailed&) = default;
};

/// One output on its way to the person.
struct DeliveryTarget {
  core::Location from;    ///< empty for a literal
  core::RemotePath path;  ///< at the destination
  /// Nothing stood there when the delivery began; so what stands there later is this output, whole.
  bool is_new = false;
  friend bool operator==(const DeliveryTarget&, const DeliveryTarget&) = default;
};

/// All jobs are over, and the outputs are about to be brought to the person. When they are moved, the jobs' folders
/// lose them one by one: from here on the run can only deliver, not run again.
struct DeliveryBegun {
  core::Value outputs;  ///< where the jobs left them
  bool is_move = false;
  std::vector<DeliveryTarget> targets;
  friend bool operator==(const DeliveryBegun&, const DeliveryBegun&) = default;
};

enum class RunStatus { kDone, kFailed, kCancelled };

struct RunEnded {
  RunStatus status = RunStatus::kDone;
  core::Value outputs;
  std::string reason;  ///< of a failure
  friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

using Record = std::variant<RunStarted, WorkflowEntered, ScatterExpanded, JobCreated, JobReused, JobPlaced, JobPrepared,
                            JobStarted, JobEnded, JobCollected, JobSkipped, JobRetried, JobFailed, RunEnded, RunResumed,
                            DeliveryBegun, ValueNoted, JobLogged>;

/// A record as a row of the journal.
struct Row {
  std::string kind;     ///< "job-started"
  std::string subject;  ///< the job or workflow it is about; the run's id or nothing for those of a run
  core::Value detail;
};

Row encode(const Record& record);
/// kCorrupt when the kind is unknown or a detail is missing.
core::Result<Record> decode(const Row& row);

/// "done", "failed", "cancelled".
std::string_view name_of(RunStatus status);

}  // namespace alveus::store
