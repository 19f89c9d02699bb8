// SPDX-License-Identifier: Apache-2.0
#include "engine/machine.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "engine/detail/machine_state.hpp"

namespace alveus::engine {

namespace detail {

Activity& ActivityTable::add() {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.activity = std::make_unique<Activity>();
  slot.activity->id = {.index = index, .generation = slot.generation};
  ++size_;
  return *slot.activity;
}

Activity* ActivityTable::find(ActivityId id) {
  if (id.index >= slots_.size() || slots_[id.index].generation != id.generation) return nullptr;
  return slots_[id.index].activity.get();
}

void ActivityTable::remove(ActivityId id) {
  ALVEUS_CHECK(find(id) != nullptr, "an activity ends once");
  Slot& slot = slots_[id.index];
  slot.activity.reset();
  ++slot.generation;
  free_.push_back(id.index);
  --size_;
}

}  // namespace detail

using detail::Stage;

Machine::State::State(const flow::Process& process, deploy::SiteCapacity capacity, MachineOptions given,
                      store::FinishedJobs earlier)
    : options(given), finished(std::move(earlier)), root(process), scheduler(std::move(capacity)) {
  const auto for_cores = static_cast<std::size_t>(std::max(0.0, std::min(1e6, 4 * scheduler.capacity().cores)));
  options.active_jobs_max = std::max({std::size_t{1}, options.active_jobs_max, for_cores});
}

std::size_t ready_jobs_for(const deploy::SiteCapacity& capacity) {
  constexpr double kLeast = 8;
  constexpr double kMost = 512;
  return static_cast<std::size_t>(std::clamp(2 * capacity.cores, kLeast, kMost));
}

Machine::Machine(const flow::Process& root, deploy::SiteCapacity capacity, MachineOptions options,
                 store::FinishedJobs finished)
    : state_(std::make_unique<State>(root, std::move(capacity), options, std::move(finished))) {}
Machine::~Machine() = default;

void Machine::start(core::Value inputs, Reaction& reaction) {
  state_->reaction = &reaction;
  auto& activity = state_->activities.add();
  activity.node = &state_->root;
  activity.tag.assign(1, '0');  // g++ 12 takes the plain literal for an overlapping copy at -O2
  ++state_->root.counts.waiting;
  state_->begin_invocation(activity, std::move(inputs));
}

void Machine::on_event(Event event, sys::SteadyTime now, Reaction& reaction) {
  state_->reaction = &reaction;
  state_->now = now;
  if (finished()) return;
  std::visit([this](auto& happened) { state_->on(happened); }, event);
  state_->settle();
}

bool Machine::finished() const {
  return state_->gave_up || (state_->answers_due == 0 && (state_->stopping || state_->root_yield.has_value()));
}

std::optional<sys::SteadyTime> Machine::wake_at() const {
  std::optional<sys::SteadyTime> earliest = state_->give_up_at;
  if (!state_->backing_off.empty()) {
    const sys::SteadyTime first = state_->backing_off.begin()->first;
    if (!earliest || first < *earliest) earliest = first;
  }
  return earliest;
}

Ending Machine::take_ending() {
  ALVEUS_CHECK(finished(), "a run has an ending when it has ended");
  Ending ending = std::move(state_->ending);
  if (state_->root_yield) ending.outputs = std::move(state_->root_yield->outputs);
  if (state_->cancel_requested) {
    ending.status = store::RunStatus::kCancelled;
  } else if (ending.failure_count > 0) {
    ending.status = store::RunStatus::kFailed;
  }
  return ending;
}

void Machine::report_progress(ProgressObserver& observer) {
  for (detail::PathNode* node : state_->nodes_changed) {
    node->counts_changed = false;
    observer.on_counts(node->path(), node->counts);
  }
  state_->nodes_changed.clear();
}

std::size_t Machine::active_count() const { return state_->activities.size(); }

// ---- The stages of a job ----

void Machine::State::begin_invocation(Activity& activity, core::Value inputs) {
  ++jobs_active;
  activity.stage = Stage::kEvaluating;
  if (!finished.empty() && take_over(activity)) return;
  request(EvaluateInputs{.activity = activity.id,
                         .name = name(activity),
                         .step = activity.node->step(),
                         .process = &activity.node->process(),
                         .inputs = std::move(inputs),
                         .last_outputs = std::nullopt});
}

/// Ends an invocation that an earlier controller brought to its end. False when there is none.
bool Machine::State::take_over(Activity& activity) {
  const core::JobId id = name(activity);
  if (auto job = finished.done.extract(id)) {
    count_end(activity, &StepCounts::done);
    finish_invocation(activity, {.outputs = std::move(job.mapped().outputs), .lost = {}});
    return true;
  }
  if (finished.skipped.erase(id) == 0) return false;
  skip_invocation(activity);
  return true;
}

/// The activity an answer is for. It cannot have gone: an activity stays until its last answer is in.
Machine::State::Activity& Machine::State::answered(ActivityId id) {
  ALVEUS_CHECK(answers_due > 0, "no event comes unasked");
  --answers_due;
  Activity* activity = activities.find(id);
  ALVEUS_CHECK(activity != nullptr, "an activity stays until its last answer");
  return *activity;
}

void Machine::State::on(InputsEvaluated& event) {
  Activity& activity = answered(event.activity);
  if (stopping) return drop(activity);
  if (!event.result) return job_failed(activity, std::move(event.result).error());
  Evaluation evaluation = std::move(*event.result);
  if (evaluation.skipped) {
    record(store::JobSkipped{.job = name(activity)});
    return skip_invocation(activity);
  }
  if (evaluation.loop_ended) return end_loop(activity);
  if (activity.parent != nullptr && activity.parent->steps[activity.step].loop) {
    activity.parent->steps[activity.step].loop->inputs = std::move(evaluation.step_inputs);
    if (!finished.empty() && take_over(activity)) return;
  }
  if (activity.node->workflow() != nullptr) return enter_workflow(activity, std::move(evaluation));
  create_job(activity, std::move(evaluation));
}

void Machine::State::create_job(Activity& activity, Evaluation evaluation) {
  ReuseAnswer& reuse = evaluation.reuse;
  record(store::JobCreated{.job = name(activity),
                           .step = activity.node->path(),
                           .tag = activity.tag,
                           .inputs_fingerprint = std::move(evaluation.fingerprint),
                           .cache_key = reuse.ticket ? reuse.ticket->key : std::string(),
                           .cache_refusal = std::move(reuse.refusal),
                           .inputs = record_values(evaluation.noted)});
  if (evaluation.outputs) return finish_job(activity, std::move(*evaluation.outputs));
  if (reuse.found) {
    record(store::JobReused{.job = name(activity),
                            .cache_key = reuse.found->key,
                            .source_run = reuse.found->run,
                            .source_job = reuse.found->job});
    return finish_job(activity, std::move(reuse.found->outputs));
  }
  activity.ticket = std::move(reuse.ticket);
  ALVEUS_CHECK(evaluation.request.has_value(), "a tool with a command asks for resources");
  activity.inputs = std::move(evaluation.inputs);
  auto allotment = allot(*evaluation.request, scheduler.capacity());
  if (!allotment) return job_failed(activity, std::move(allotment).error());
  activity.allotment = *allotment;
  if (auto possible = scheduler.check(activity.allotment); !possible) {
    return job_failed(activity, std::move(possible).error());
  }
  wait_for_resources(activity);
}

void Machine::State::wait_for_resources(Activity& activity) {
  activity.stage = Stage::kWaiting;
  activity.is_queued = true;
  scheduler.add(activity.id, activity.allotment, activity.node->priority());
}

void Machine::State::place_jobs() {
  for (const auto& [id, gpus] : scheduler.place()) {
    Activity& activity = *activities.find(id);
    activity.allotment.gpus = gpus;
    activity.is_queued = false;
    activity.holds_allotment = true;
    if (activity.stage == Stage::kWaiting) prepare_job(activity);
    if (activity.stage == Stage::kReady) start_job(activity);
  }
  for (const ActivityId id : scheduler.announce(options.ready_jobs_max)) prepare_job(*activities.find(id));
}

void Machine::State::prepare_job(Activity& activity) {
  activity.stage = Stage::kPreparing;
  record(store::JobPlaced{.job = name(activity),
                          .site = scheduler.capacity().name,
                          .cores = activity.allotment.cores,
                          .ram_mib = activity.allotment.ram_mib,
                          .attempt = activity.attempt});
  request(PrepareJob{.activity = activity.id,
                     .job = name(activity),
                     .tool = std::get<std::shared_ptr<const flow::Tool>>(activity.node->process().body).get(),
                     .inputs = activity.inputs,
                     .allotment = activity.allotment,
                     .former = activity.former});
}

void Machine::State::on(JobPrepared& event) {
  Activity& activity = answered(event.activity);
  if (event.result) ending.folders.push_back((*event.result)->folder.root);
  if (stopping) return drop(activity);
  if (!event.result) return job_failed(activity, std::move(event.result).error());
  activity.job = std::move(*event.result);
  activity.stage = Stage::kReady;
  const deploy::SiteCommand& command = activity.job->command;
  record(store::JobPrepared{.job = name(activity),
                            .folder = activity.job->folder.root,
                            .stdout_path = command.stdout_path.value_or(core::RemotePath()),
                            .stderr_path = command.stderr_path.value_or(core::RemotePath()),
                            .container = command.container ? command.container->image.name : std::string(),
                            .former = activity.job->former});
  if (activity.holds_allotment) start_job(activity);
}

void Machine::State::start_job(Activity& activity) {
  activity.stage = Stage::kStarting;
  ++answers_due;  // a start is answered twice: started, ended
  request(StartJob{.activity = activity.id, .job = activity.job});
}

void Machine::State::on(JobStarted& event) {
  Activity& activity = answered(event.activity);
  if (!event.result) {
    --answers_due;  // a command that did not start does not end
    ALVEUS_CHECK(!activity.early_end, "a command that did not start does not end");
    return stopping ? drop(activity) : job_failed(activity, std::move(event.result).error());
  }
  activity.stage = Stage::kRunning;
  activity.handle = std::move(*event.result);
  record(store::JobStarted{.job = name(activity), .handle = activity.handle});
  count_running(activity);
  if (activity.early_end) {
    auto end = std::move(*activity.early_end);
    activity.early_end.reset();
    return command_ended(activity, std::move(end));
  }
  if (stopping) cancel_command(activity);
}

void Machine::State::on(JobEnded& event) {
  Activity& activity = answered(event.activity);
  if (activity.stage == Stage::kStarting) {
    activity.early_end = std::move(event.result);
    return;
  }
  command_ended(activity, std::move(event.result));
}

void Machine::State::command_ended(Activity& activity, core::Result<deploy::CommandEnd> result) {
  if (!result) return stopping ? drop(activity) : job_failed(activity, std::move(result).error());
  const flow::JobExit exit{
      .exit_code = result->exit_code, .timed_out = result->timed_out, .out_of_memory = result->memory_excess_bytes > 0};
  flow::JobOutcome outcome = flow::outcome_of(exit, activity.job->plan);
  const bool success = outcome.kind == flow::JobOutcome::Kind::kSuccess && !result->killed;
  if (!success && activity.cancelled) outcome.kind = flow::JobOutcome::Kind::kCancelled;
  if (!success && outcome.kind == flow::JobOutcome::Kind::kSuccess) {
    outcome.kind = flow::JobOutcome::Kind::kPermanentFailure;  // killed by someone else, whatever its code
  }
  activity.outcome = outcome;
  record(store::JobEnded{.job = name(activity),
                         .outcome = outcome,
                         .cpu_time = result->cpu_time,
                         .resident_max_bytes = result->resident_max_bytes,
                         .left_behind = std::move(result->left_behind)});
  release(activity);
  if (outcome.kind == flow::JobOutcome::Kind::kCancelled) return drop(activity);
  if (success) {
    activity.stage = Stage::kCollecting;
    return request(CollectJob{.activity = activity.id,
                              .tool = std::get<std::shared_ptr<const flow::Tool>>(activity.node->process().body).get(),
                              .job = activity.job,
                              .exit = exit,
                              .ticket = activity.ticket});
  }
  job_failed(activity, why_it_failed(activity, *result));
}

void Machine::State::on(JobCollected& event) {
  Activity& activity = answered(event.activity);
  record_logs(activity, event.logs);
  if (!event.result) return stopping ? drop(activity) : job_failed(activity, std::move(event.result).error());
  finish_job(activity, std::move(*event.result));
}

void Machine::State::finish_job(Activity& activity, core::Value outputs) {
  record(store::JobCollected{.job = name(activity), .outputs = outputs});
  count_end(activity, &StepCounts::done);
  finish_invocation(activity, {.outputs = std::move(outputs), .lost = {}});
}

void Machine::State::on(JobInspected& event) {
  Activity& activity = answered(event.activity);
  record_logs(activity, event.logs);
  try_again_or_give_up(activity, std::move(event.log_tail), std::move(event.log));
}

store::JobLogged as_record(core::JobId job, int attempt, StreamEnd end) {
  return {.job = std::move(job),
          .attempt = attempt,
          .stream = std::move(end.stream),
          .bytes = end.bytes,
          .text = std::move(end.text)};
}

void Machine::State::record_logs(const Activity& activity, std::vector<StreamEnd>& logs) {
  for (StreamEnd& log : logs) record(as_record(name(activity), activity.attempt, std::move(log)));
}

/// Large values first, each once in a run, then what refers to them.
core::Value Machine::State::record_values(NotedInputs& noted) {
  for (store::ValueNoted& value : noted.large) {
    if (values_noted.insert(value.hash).second) record(std::move(value));
  }
  return std::move(noted.inputs);
}

void Machine::State::on(TimePassed&) {
  while (!backing_off.empty() && backing_off.begin()->first <= now) {
    Activity& activity = *activities.find(backing_off.begin()->second);
    backing_off.erase(backing_off.begin());
    wait_for_resources(activity);
  }
  if (give_up_at && now >= *give_up_at) gave_up = true;
}

void Machine::State::on(CancelRequested&) {
  if (cancel_requested) return;
  cancel_requested = true;
  stop();
}

void Machine::State::release(Activity& activity) {
  if (activity.is_queued) scheduler.withdraw(activity.id);
  activity.is_queued = false;
  if (!activity.holds_allotment) return;
  activity.holds_allotment = false;
  scheduler.release(activity.allotment);
  activity.allotment.gpus = 0;
}

}  // namespace alveus::engine
