// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "engine/noted_inputs.hpp"
#include "flow/job.hpp"
#include "flow/process.hpp"
#include "store/cached_result.hpp"
#include "store/record.hpp"

namespace alveus::engine {

/// Names one invocation of a process while it is under way; never used again within a run.
struct ActivityId {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(const ActivityId&, const ActivityId&) = default;
};

/// Some of a site's GPUs: bit i is the i-th of `SiteCapacity::gpus`. More than 64 at one site stay unused.
using GpuSet = std::uint64_t;

/// What a site gives a job.
struct Allotment {
  double cores = 1;
  double ram_mib = 256;
  double tmpdir_mib = 1024;
  double outdir_mib = 1024;
  double ram_limit_mib = 0;  ///< the most it may use; zero: no more was said than `ram_mib`
  std::uint32_t gpu_count = 0;
  GpuSet gpus_usable = 0;  ///< devices that will do for the job
  GpuSet gpus = 0;         ///< those that it holds, once placed
  friend bool operator==(const Allotment&, const Allotment&) = default;
};

/// A job ready to start.
struct PreparedJob {
  deploy::JobFolder folder;
  flow::JobPlan plan;
  deploy::SiteCommand command;
  std::vector<store::FormerContent> former;  ///< of what it changes where it lies
};

/// What the cache says about a job.
struct ReuseAnswer {
  std::shared_ptr<const store::ResultTicket> ticket;  ///< its result may be kept; null: see `refusal`
  std::string refusal;                                ///< why it is neither looked for nor kept
  std::optional<store::KeptResult> found;             ///< stands for the job
};

/// What came of the inputs of an invocation.
struct Evaluation {
  bool skipped = false;     ///< the step's `when` was false; nothing else is set
  bool loop_ended = false;  ///< the step loops and no iteration follows; nothing else is set
  core::Value step_inputs;  ///< of a step that loops: its own inputs in this iteration
  core::Value inputs;       ///< as the process's contract accepted them
  std::string fingerprint;
  NotedInputs noted;
  std::optional<flow::ResourceRequest> request;  ///< of a tool with a command
  std::optional<deploy::ImageIdentity> image;    ///< what the job is to run in; known where results are reused
  std::optional<core::Value> outputs;            ///< of a tool without one
  ReuseAnswer reuse;                             ///< of a tool with a command, in a run with a cache
};

// Effects: what the machine wants done. Each but CancelJob is answered by exactly one event of its activity (StartJob
// by two: started, ended), whatever happens. Pointers into the process hold while the run lasts.

/// Whether a result of an earlier run may stand for the job.
enum class ResultLookup { kYes, kNo };

struct EvaluateInputs {
  ActivityId activity;
  core::JobId name;
  const flow::Step* step = nullptr;  ///< null for the root
  const flow::Process* process = nullptr;
  core::Value inputs;                       ///< of the step; from its second iteration on those of the iteration before
  std::optional<core::Value> last_outputs;  ///< of the iteration before, where there was one
  ResultLookup lookup = ResultLookup::kYes;
};

struct PrepareJob {
  ActivityId activity;
  core::JobId job;
  const flow::Tool* tool = nullptr;
  core::Value inputs;
  Allotment allotment;
  std::vector<store::FormerContent> former;  ///< kept for the attempt before, and to be put back first
};

struct StartJob {
  ActivityId activity;
  std::shared_ptr<const PreparedJob> job;
};

struct CancelJob {
  deploy::CommandHandle handle;
};

struct CollectJob {
  ActivityId activity;
  const flow::Tool* tool = nullptr;
  std::shared_ptr<const PreparedJob> job;
  flow::JobExit exit;
  std::shared_ptr<const store::ResultTicket> ticket;  ///< null: the result is not kept
};

/// The end of a stream that a command wrote.
struct StreamEnd {
  std::string stream;      ///< "log", "stderr"; "stdout" of an attempt that came to nothing
  std::int64_t bytes = 0;  ///< that were written in all
  std::string text;
};

store::JobLogged as_record(core::JobId job, int attempt, StreamEnd end);

/// Reads what the command of a failed attempt wrote.
struct InspectJob {
  ActivityId activity;
  std::shared_ptr<const PreparedJob> job;
};

using Effect = std::variant<EvaluateInputs, PrepareJob, StartJob, CancelJob, CollectJob, InspectJob>;

// Events: what the world reports.

struct InputsEvaluated {
  ActivityId activity;
  core::Result<Evaluation> result;
};

struct JobPrepared {
  ActivityId activity;
  core::Result<std::shared_ptr<const PreparedJob>> result;
};

struct JobStarted {
  ActivityId activity;
  core::Result<deploy::CommandHandle> result;
};

/// Follows a start that succeeded; may overtake it.
struct JobEnded {
  ActivityId activity;
  core::Result<deploy::CommandEnd> result;
};

struct JobCollected {
  ActivityId activity;
  core::Result<core::Value> result;
  std::vector<StreamEnd> logs = {};
};

struct JobInspected {
  ActivityId activity;
  std::string log_tail;
  core::Location log;
  std::vector<StreamEnd> logs = {};
};

/// A time asked for by `Machine::wake_at` has come.
struct TimePassed {};

/// Someone wants the run to end now.
struct CancelRequested {};

using Event = std::variant<InputsEvaluated, JobPrepared, JobStarted, JobEnded, JobCollected, JobInspected, TimePassed,
                           CancelRequested>;

}  // namespace alveus::engine
