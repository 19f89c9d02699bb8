// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "engine/detail/machine_state.hpp"

namespace alveus::engine {

using detail::LoopRun;
using detail::Stage;
using detail::StepRun;

void Machine::State::start_loop(Instance& instance, std::size_t index, core::Value inputs) {
  const flow::Step& step = instance.node->workflow()->steps[index];
  StepRun& run = instance.steps[index];
  run.loop = std::make_unique<LoopRun>();
  run.loop->inputs = std::move(inputs);
  if (step.loop_outputs == flow::LoopOutputs::kAll) run.loop->results.resize(step.outputs.size());
  PathNode& node = instance.node->child(index);
  ++node.counts.waiting;
  ready[node.priority()].push_back({.instance = &instance, .step = index, .next = 0, .end = 1});
}

/// Each iteration is an invocation of its own, with a number more in its tag: a journal tells which are done.
void Machine::State::begin_iteration(Activity& activity) {
  activity.tag += "." + std::to_string(activity.element);
  LoopRun& loop = *activity.parent->steps[activity.step].loop;
  ++jobs_active;
  activity.stage = Stage::kEvaluating;
  // One that an earlier controller brought to its end is still asked whether it is the last.
  const bool is_finished = finished.done.contains(name(activity));
  request(EvaluateInputs{.activity = activity.id,
                         .name = name(activity),
                         .step = activity.node->step(),
                         .process = &activity.node->process(),
                         .inputs = std::move(loop.inputs),
                         .last_outputs = activity.element == 0 ? std::nullopt : std::optional(loop.outputs),
                         .lookup = is_finished ? ResultLookup::kNo : ResultLookup::kYes});
}

/// Keeps what an iteration yields and queues the next, which the step's logic may then decline.
void Machine::State::finish_iteration(Instance& instance, std::size_t index, Yield yield) {
  const flow::Step& step = instance.node->workflow()->steps[index];
  LoopRun& loop = *instance.steps[index].loop;
  if (!yield.lost.empty()) {
    instance.steps[index].loop.reset();
    return finish_step(instance, index, all_lost(step.outputs));
  }
  for (std::size_t i = 0; i < loop.results.size(); ++i) {
    const core::Value* value = yield.outputs.find(step.outputs[i]);
    loop.results[i].push_back(value == nullptr ? core::Value() : *value);
  }
  loop.outputs = std::move(yield.outputs);
  const std::size_t next = loop.iterations_begun++;
  PathNode& node = instance.node->child(index);
  changed(node);
  ++node.counts.waiting;
  ready[node.priority()].push_back({.instance = &instance, .step = index, .next = next, .end = next + 1});
}

void Machine::State::end_loop(Activity& activity) {
  Instance& instance = *activity.parent;
  const std::size_t index = activity.step;
  const flow::Step& step = instance.node->workflow()->steps[index];
  const std::unique_ptr<LoopRun> loop = std::move(instance.steps[index].loop);
  if (activity.element == 0) {
    record(store::JobSkipped{.job = name(activity)});
    count_end(activity, &StepCounts::skipped);
  } else {
    changed(*activity.node);
    --activity.node->counts.waiting;
  }
  core::Object outputs;
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    if (step.loop_outputs == flow::LoopOutputs::kAll) {
      outputs.set(step.outputs[i], std::move(loop->results[i]));
    } else {
      const core::Value* value = loop->outputs.find(step.outputs[i]);
      outputs.set(step.outputs[i], value == nullptr ? core::Value() : *value);
    }
  }
  --jobs_active;
  activities.remove(activity.id);
  finish_step(instance, index, {.outputs = std::move(outputs), .lost = {}});
}

}  // namespace alveus::engine
