// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/check.hpp"
#include "core/text.hpp"
#include "engine/detail/machine_state.hpp"

namespace alveus::engine {

using detail::Stage;

std::string Failure::text() const {
  core::Error told = error;
  told.message = "job '" + job.text() + "' failed: " + error.message;
  std::string text = told.text();
  if (!log.empty()) text += "\nits log lies at " + log.text();
  if (!log_tail.empty()) text += "\nthe end of its log:\n" + log_tail;
  return text;
}

namespace {

using Kind = flow::JobOutcome::Kind;

/// What knows no better place has that of its step or tool.
void set_place(core::Error& error, const flow::DocumentPlace& place) {
  if (!error.where.empty() || place.where.empty()) return;
  error.where = place.where;
  error.context.insert(error.context.begin(), place.excerpt.begin(), place.excerpt.end());
}

std::string asked_for(const Allotment& allotment) {
  constexpr double kMib = 1024.0 * 1024;
  return core::bytes_text(static_cast<std::int64_t>(allotment.ram_mib * kMib));
}

std::string memory_reason(const Allotment& allotment, const deploy::SiteCommand& command, std::int64_t used_bytes) {
  const std::string used = "its command was ended: it used " + core::bytes_text(used_bytes);
  if (command.memory_limit_bytes == 0 || used_bytes <= command.memory_limit_bytes) {
    return used + ", more than any other job above the " + asked_for(allotment) +
           " that it asked for (ramMin), when memory ran out";
  }
  return used + ", more than the " + core::bytes_text(command.memory_limit_bytes) +
         (allotment.ram_limit_mib > 0 ? " that ResourceRequirement ramMax gives"
                                      : " that it asked for (ResourceRequirement ramMin; there is no ramMax)");
}

std::string signal_reason(const Allotment& allotment, int signal) {
  if (signal == SIGKILL) {
    return "its command was killed by signal 9 from outside; the kernel may have run out of memory: the job asked "
           "for " +
           asked_for(allotment) + " (ramMin)";
  }
  const char* const words = ::sigdescr_np(signal);
  return "its command was ended by signal " + std::to_string(signal) +
         (words == nullptr ? "" : " (" + std::string(words) + ")");
}

}  // namespace

core::Error Machine::State::why_it_failed(const Activity& activity, const deploy::CommandEnd& end) {
  const flow::JobOutcome& outcome = *activity.outcome;
  const auto permanently = [](std::string message) {
    return core::Error{.code = core::ErrorCode::kInvalidInput, .message = std::move(message)};
  };
  if (outcome.kind == Kind::kTimedOut) return permanently("its command was ended at its time limit");
  if (outcome.kind == Kind::kOutOfMemory) {
    return permanently(memory_reason(activity.allotment, activity.job->command, end.memory_excess_bytes));
  }
  const bool is_temporary = outcome.kind == Kind::kTemporaryFailure;
  core::Error error{.code = is_temporary ? core::ErrorCode::kUnavailable : core::ErrorCode::kInvalidInput};
  if (end.signal != 0 && !end.killed && !is_temporary) {
    error.message = signal_reason(activity.allotment, end.signal);
    return error;
  }
  error.message = "its command ended with exit code " + std::to_string(outcome.exit_code) + " (" +
                  std::string(flow::name_of(outcome.kind)) + ")";
  if (outcome.exit_code == 128 + SIGKILL && !end.killed) {
    error.message +=
        "; a shell says so when signal 9 killed what it started: the kernel may have run out of memory, the "
        "job asked for " +
        asked_for(activity.allotment) + " (ramMin)";
  }
  return error;
}

/// The step that has the invocation, or the process of the run itself.
const flow::DocumentPlace& Machine::State::place_of(const Activity& activity) {
  if (activity.parent == nullptr) return activity.node->process().place;
  return activity.parent->node->workflow()->steps[activity.step].place;
}

/// An invocation cannot go on: reads the log where there is one, before another attempt gets a folder of its own.
void Machine::State::job_failed(Activity& activity, core::Error error) {
  set_place(error, place_of(activity));
  release(activity);
  activity.error = std::move(error);
  if (!activity.job || !activity.outcome) return try_again_or_give_up(activity, {}, {});
  activity.stage = Stage::kInspecting;
  request(InspectJob{.activity = activity.id, .job = activity.job});
}

void Machine::State::try_again_or_give_up(Activity& activity, std::string log_tail, core::Location log) {
  if (!may_retry(activity)) return give_up(activity, std::move(log_tail), std::move(log));
  if (stopping) return drop(activity);
  retry(activity);
}

bool Machine::State::may_retry(const Activity& activity) const {
  const bool is_job = activity.stage != Stage::kEvaluating && activity.stage != Stage::kWorkflow;
  const core::ErrorCode code = activity.error.code;
  const bool may_pass = code == core::ErrorCode::kUnavailable || code == core::ErrorCode::kCorrupt;
  return is_job && may_pass && activity.attempt < options.retry.retries_max;
}

void Machine::State::retry(Activity& activity) {
  constexpr int kDoublingsMax = 10;
  const auto delay = options.retry.delay * (1 << std::min(activity.attempt, kDoublingsMax));
  ++activity.attempt;
  activity.stage = Stage::kBackingOff;
  if (activity.job) activity.former = activity.job->former;
  activity.job.reset();
  activity.outcome.reset();
  activity.handle.clear();
  record(store::JobRetried{
      .job = name(activity), .attempt = activity.attempt, .delay = delay, .reason = activity.error.text()});
  backing_off.emplace(now + delay, activity.id);
}

void Machine::State::give_up(Activity& activity, std::string log_tail, core::Location log) {
  record(store::JobFailed{
      .job = name(activity), .reason = activity.error.text(), .log = log, .where = activity.error.where});
  note_failure({.job = name(activity),
                .outcome = activity.outcome,
                .error = std::move(activity.error),
                .log_tail = std::move(log_tail),
                .log = std::move(log),
                .folder = activity.job ? activity.job->folder.root : core::RemotePath()});
  count_end(activity, &StepCounts::failed);
  finish_invocation(activity, all_lost(activity.node->process().outputs));
}

/// A step failed before it had invocations.
void Machine::State::fail_step(Instance& instance, std::size_t step, core::Error error) {
  PathNode& node = instance.node->child(step);
  set_place(error, instance.node->workflow()->steps[step].place);
  changed(node);
  ++node.counts.failed;
  record(store::JobFailed{.job = node.name(instance.tag), .reason = error.text(), .log = {}, .where = error.where});
  note_failure({.job = node.name(instance.tag), .error = std::move(error)});
  finish_step(instance, step, all_lost(instance.node->workflow()->steps[step].outputs));
}

void Machine::State::note_failure(Failure failure) {
  ++ending.failure_count;
  if (ending.failures.size() < kFailuresMax) ending.failures.push_back(std::move(failure));
  if (options.on_error == OnError::kStop) stop();
}

/// Nothing new begins; what runs is cancelled. Looks at each activity once in a run.
void Machine::State::stop() {
  if (stopping) return;
  stopping = true;
  give_up_at = now + options.cancel_grace;
  ready.clear();
  backing_off.clear();
  activities.for_each([this](Activity& activity) {
    if (activity.stage == Stage::kRunning) cancel_command(activity);
  });
}

void Machine::State::cancel_command(Activity& activity) {
  activity.cancelled = true;
  reaction->effects.emplace_back(CancelJob{.handle = activity.handle});
}

/// The run is stopping and the activity goes no further; it stays in the table, where nobody asks for it again.
void Machine::State::drop(Activity& activity) {
  ALVEUS_CHECK(stopping, "only a run that stops drops what it began");
  release(activity);
}

}  // namespace alveus::engine
