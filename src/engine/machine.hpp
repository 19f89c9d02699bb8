// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "engine/event.hpp"
#include "engine/progress.hpp"
#include "flow/outcome.hpp"
#include "flow/process.hpp"
#include "store/record.hpp"
#include "store/recovery.hpp"
#include "sys/clock.hpp"

namespace alveus::engine {

/// What a failure does to the rest of the run.
enum class OnError {
  kStop,      ///< nothing new starts, running jobs are cancelled
  kContinue,  ///< all that does not depend on what failed goes on
};

/// When a job that failed for a passing reason (a temporary exit code, a site that is unavailable) is tried again. The
/// delay doubles with each attempt.
struct RetryPolicy {
  int retries_max = 0;
  std::chrono::milliseconds delay{1000};
};

struct MachineOptions {
  OnError on_error = OnError::kStop;
  RetryPolicy retry;
  /// Jobs that may be between their inputs and their outputs at one time; more would cost memory and no more would
  /// run. Raised to four for each core.
  std::size_t active_jobs_max = 1024;
  /// Jobs that are made ready while they wait for cores, so that the next one starts as soon as one ends.
  std::size_t ready_jobs_max = 0;
  /// How long a cancelled run waits for its jobs to end.
  std::chrono::milliseconds cancel_grace{30000};
};

/// So many ready jobs keep a site busy whose jobs take no longer than it takes to make one ready.
std::size_t ready_jobs_for(const deploy::SiteCapacity& capacity);

/// Something that failed for good: a job, or a step or workflow before it had jobs.
struct Failure {
  core::JobId job;
  std::optional<flow::JobOutcome> outcome;  ///< when its command ran to an end
  core::Error error;
  std::string log_tail;
  core::Location log;
  core::RemotePath folder;

  /// All of it for the person, a few lines.
  std::string text() const;
};

/// How a run ended. Outputs that depend on a failure are null, or null in the places of failed elements.
struct Ending {
  store::RunStatus status = store::RunStatus::kDone;
  core::Value outputs;
  std::vector<Failure> failures;  ///< the first `kFailuresMax`
  std::size_t failure_count = 0;
  std::vector<core::RemotePath> folders;  ///< of all attempts at all jobs, with their outputs
};

/// What the machine answers to an event: `records` go to the journal first, then `effects` are carried out in order.
struct Reaction {
  std::vector<store::Record> records;
  std::vector<Effect> effects;
};

/// The state of one run and the rules by which it changes. Pure: no thread, clock, disk or site; time is an argument.
/// The work for one event does not grow with the jobs of the run.
class Machine {
 public:
  static constexpr std::size_t kFailuresMax = 100;

  /// `root` is borrowed and outlives the machine and all its effects. Invocations in `finished` are taken over: not run
  /// nor recorded again, nor evaluated but for iterations of a loop, which ask each time whether they are the last.
  Machine(const flow::Process& root, deploy::SiteCapacity capacity, MachineOptions options,
          store::FinishedJobs finished = {});
  ~Machine();

  /// Sets the run going. Once, before all events.
  void start(core::Value inputs, Reaction& reaction);
  void on_event(Event event, sys::SteadyTime now, Reaction& reaction);

  /// The run is at its end: no more effects will come.
  bool finished() const;
  /// When to send TimePassed at the latest.
  std::optional<sys::SteadyTime> wake_at() const;
  /// The result; once, when finished.
  Ending take_ending();

  /// Tells the counts of all steps that changed since the last call.
  void report_progress(ProgressObserver& observer);
  /// Invocations under way: for limits and leak checks.
  std::size_t active_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace alveus::engine
