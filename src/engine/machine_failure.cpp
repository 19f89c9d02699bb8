// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "engine/detail/machine_state.hpp"

namespace alveus::engine {

using detail::Stage;

std::string Failure::text() const {
  std::string text = "job '" + job.text() + "' failed: " + error.text();
  if (!log.empty()) text += "\nits log lies at " + log.text();
  if (!log_tail.empty()) text += "\nthe end of its log:\n" + log_tail;
  return text;
}

/// An invocation cannot go on: tries it again, or reads the log where there is one, or gives it up.
void Machine::State::job_failed(Activity& activity, core::Error error) {
  release(activity);
  if (retry(activity, error)) return;
  if (activity.job && activity.outcome) {
    activity.stage = Stage::kInspecting;
    activity.error = std::move(error);
    return request(InspectJob{.activity = activity.id, .job = activity.job});
  }
  give_up(activity, std::move(error), {}, {});
}

bool Machine::State::retry(Activity& activity, const core::Error& error) {
  const bool is_job = activity.stage != Stage::kEvaluating && activity.stage != Stage::kWorkflow;
  const bool may_pass = error.code == core::ErrorCode::kUnavailable || error.code == core::ErrorCode::kCorrupt;
  if (stopping || !is_job || !may_pass || activity.attempt >= options.retry.retries_max) return false;
  constexpr int kDoublingsMax = 10;
  const auto delay = options.retry.delay * (1 << std::min(activity.attempt, kDoublingsMax));
  ++activity.attempt;
  activity.stage = Stage::kBackingOff;
  activity.job.reset();
  activity.outcome.reset();
  activity.handle.clear();
  record(store::JobRetried{.job = name(activity), .attempt = activity.attempt, .delay = delay, .reason = error.text()});
  backing_off.emplace(now + delay, activity.id);
  return true;
}

void Machine::State::give_up(Activity& activity, core::Error error, std::string log_tail, core::Location log) {
  record(store::JobFailed{.job = name(activity), .reason = error.text()});
  note_failure({.job = name(activity),
                .outcome = activity.outcome,
                .error = std::move(error),
                .log_tail = std::move(log_tail),
                .log = std::move(log),
                .folder = activity.job ? activity.job->folder.root : core::RemotePath()});
  count_end(activity, &StepCounts::failed);
  finish_invocation(activity, all_lost(activity.node->process().outputs));
}

/// A step failed before it had invocations.
void Machine::State::fail_step(Instance& instance, std::size_t step, core::Error error) {
  PathNode& node = instance.node->child(step);
  changed(node);
  ++node.counts.failed;
  record(store::JobFailed{.job = node.name(instance.tag), .reason = error.text()});
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
