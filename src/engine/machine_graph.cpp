// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "engine/detail/machine_state.hpp"
#include "flow/link.hpp"

namespace alveus::engine {

using detail::LostPorts;
using detail::ReadyElements;
using detail::ScatterRun;
using detail::Stage;
using detail::StepRun;

/// Follows all consequences of an event. A loop, not a recursion: a chain of steps may be long.
void Machine::State::settle() {
  while (true) {
    if (!complete.empty()) {
      Instance* instance = complete.front();
      complete.pop_front();
      finish_workflow(*instance);
    } else if (!startable.empty()) {
      const auto [instance, step] = startable.front();
      startable.pop_front();
      start_step(*instance, step);
    } else if (!stopping && !ready.empty() && job_window_is_open()) {
      const auto first = ready.begin();
      admit(first->second.front());
      if (first->second.front().next == first->second.front().end) first->second.pop_front();
      if (first->second.empty()) ready.erase(first);
    } else {
      break;
    }
  }
  if (!stopping) place_jobs();
}

bool Machine::State::job_window_is_open() const { return jobs_active < options.active_jobs_max; }

void Machine::State::admit(ReadyElements& elements) {
  Instance& instance = *elements.instance;
  const std::size_t element = elements.next++;
  Activity& activity = activities.add();
  activity.node = &instance.node->child(elements.step);
  activity.parent = &instance;
  activity.step = elements.step;
  activity.element = element;
  activity.tag = instance.tag;
  StepRun& run = instance.steps[elements.step];
  if (run.scatter) {
    activity.tag += run.scatter->scatter.tag_suffix(element);
    return begin_invocation(activity, run.scatter->scatter.element_inputs(element));
  }
  if (run.loop) return begin_iteration(activity);
  // Until it is finished, the step's inputs are kept where its outputs will be.
  begin_invocation(activity, std::move(run.yield.outputs));
}

void Machine::State::enter_workflow(Activity& activity, Evaluation evaluation) {
  --jobs_active;
  activity.stage = Stage::kWorkflow;
  count_running(activity);
  record(store::WorkflowEntered{.name = name(activity),
                                .inputs_fingerprint = std::move(evaluation.fingerprint),
                                .inputs = record_values(evaluation.noted)});
  activity.instance = std::make_unique<Instance>();
  Instance& instance = *activity.instance;
  instance.node = activity.node;
  instance.owner = activity.id;
  instance.tag = activity.tag;
  instance.inputs = std::move(evaluation.inputs);
  const std::size_t step_count = activity.node->workflow()->steps.size();
  instance.steps.resize(step_count);
  instance.steps_left = step_count;
  for (std::size_t step = 0; step < step_count; ++step) {
    instance.steps[step].sources_left = activity.node->source_count(step);
    if (instance.steps[step].sources_left == 0) startable.emplace_back(&instance, step);
  }
  if (step_count == 0) complete.push_back(&instance);
}

bool Machine::State::any_lost(const Instance& instance, const flow::Link& link) const {
  return std::ranges::any_of(link.sources, [&](const flow::LinkSource& source) {
    return source.step && instance.steps[*source.step].yield.lost.contains(source.port);
  });
}

std::vector<core::Value> Machine::State::source_values(const Instance& instance, const flow::Link& link) const {
  std::vector<core::Value> values;
  values.reserve(link.sources.size());
  for (const flow::LinkSource& source : link.sources) {
    const core::Value& from = source.step ? instance.steps[*source.step].yield.outputs : instance.inputs;
    const core::Value* value = from.find(source.port);
    values.push_back(value == nullptr ? core::Value() : *value);
  }
  return values;
}

core::Result<core::Value> Machine::State::step_inputs(const Instance& instance, const flow::Step& step) const {
  core::Object inputs;
  for (const flow::StepInput& input : step.inputs) {
    ALVEUS_TRY_ASSIGN(auto value, flow::merge_link(input.link, source_values(instance, input.link), input.name));
    inputs.set(input.name, value.is_null() ? input.fallback : std::move(value));
  }
  return inputs;
}

void Machine::State::start_step(Instance& instance, std::size_t index) {
  const flow::Step& step = instance.node->workflow()->steps[index];
  PathNode& node = instance.node->child(index);
  changed(node);
  if (std::ranges::any_of(step.inputs, [&](const auto& input) { return any_lost(instance, input.link); })) {
    ++node.counts.blocked;
    return finish_step(instance, index, all_lost(step.outputs));
  }
  auto inputs = step_inputs(instance, step);
  if (!inputs) return fail_step(instance, index, std::move(inputs).error());
  if (!step.scatter.empty()) return scatter_step(instance, index, std::move(*inputs));
  if (step.loop != nullptr) return start_loop(instance, index, std::move(*inputs));
  ++node.counts.waiting;
  instance.steps[index].yield.outputs = std::move(*inputs);
  ready[node.priority()].push_back({.instance = &instance, .step = index, .next = 0, .end = 1});
}

void Machine::State::scatter_step(Instance& instance, std::size_t index, core::Value inputs) {
  const flow::Step& step = instance.node->workflow()->steps[index];
  auto scatter = flow::Scatter::make(step, std::move(inputs));
  if (!scatter) return fail_step(instance, index, std::move(scatter).error());
  PathNode& node = instance.node->child(index);
  const std::size_t count = scatter->element_count();
  record(store::ScatterExpanded{.name = node.name(instance.tag), .element_count = count});
  StepRun& run = instance.steps[index];
  run.scatter = std::make_unique<ScatterRun>(ScatterRun{.scatter = std::move(*scatter)});
  run.scatter->results.assign(step.outputs.size(), core::Array(count));
  if (count == 0) return finish_scatter(instance, index);
  node.counts.waiting += count;
  ready[node.priority()].push_back({.instance = &instance, .step = index, .next = 0, .end = count});
}

void Machine::State::finish_scatter(Instance& instance, std::size_t index) {
  const flow::Step& step = instance.node->workflow()->steps[index];
  const std::unique_ptr<ScatterRun> run = std::move(instance.steps[index].scatter);
  core::Object outputs;
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    outputs.set(step.outputs[i], run->scatter.gather(std::move(run->results[i])));
  }
  finish_step(instance, index, {.outputs = std::move(outputs), .lost = std::move(run->lost)});
}

void Machine::State::finish_step(Instance& instance, std::size_t index, Yield yield) {
  instance.steps[index].yield = std::move(yield);
  for (const std::size_t next : instance.node->dependents(index)) {
    if (--instance.steps[next].sources_left == 0) startable.emplace_back(&instance, next);
  }
  if (--instance.steps_left == 0) complete.push_back(&instance);
}

void Machine::State::finish_workflow(Instance& instance) {
  Activity& activity = *activities.find(instance.owner);
  Yield yield;
  core::Object outputs;
  for (const flow::WorkflowOutput& output : instance.node->workflow()->outputs) {
    auto value = flow::merge_link(output.link, source_values(instance, output.link), output.name);
    if (any_lost(instance, output.link)) {
      yield.lost.insert(output.name);
    } else if (!value) {
      return job_failed(activity, std::move(value).error());
    }
    outputs.set(output.name, value ? std::move(*value) : core::Value());
  }
  yield.outputs = std::move(outputs);
  count_end(activity, yield.lost.empty() ? &StepCounts::done : &StepCounts::failed);
  finish_invocation(activity, std::move(yield));
}

/// Hands what an invocation yields to the step it belongs to, and forgets it.
void Machine::State::finish_invocation(Activity& activity, Yield yield) {
  release(activity);
  if (activity.stage != Stage::kWorkflow) --jobs_active;
  Instance* parent = activity.parent;
  const std::size_t index = activity.step;
  const std::size_t element = activity.element;
  activities.remove(activity.id);
  if (parent == nullptr) {
    root_yield = std::move(yield);
    return;
  }
  StepRun& run = parent->steps[index];
  if (run.loop) return finish_iteration(*parent, index, std::move(yield));
  if (!run.scatter) return finish_step(*parent, index, std::move(yield));
  const auto& names = parent->node->workflow()->steps[index].outputs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const core::Value* value = yield.outputs.find(names[i])) run.scatter->results[i][element] = *value;
  }
  run.scatter->lost.merge(yield.lost);
  if (++run.scatter->done_count == run.scatter->scatter.element_count()) finish_scatter(*parent, index);
}

void Machine::State::skip_invocation(Activity& activity) {
  count_end(activity, &StepCounts::skipped);
  core::Object outputs;
  for (const std::string& output : activity.node->process().outputs) outputs.set(output, nullptr);
  finish_invocation(activity, {.outputs = std::move(outputs), .lost = {}});
}

Machine::State::Yield Machine::State::all_lost(const std::vector<std::string>& outputs) const {
  core::Object nulls;
  for (const std::string& output : outputs) nulls.set(output, nullptr);
  return {.outputs = std::move(nulls), .lost = LostPorts(outputs.begin(), outputs.end())};
}

void Machine::State::changed(PathNode& node) {
  const bool is_whole_run = node.step() == nullptr && node.workflow() != nullptr;
  if (node.counts_changed || is_whole_run) return;
  node.counts_changed = true;
  nodes_changed.push_back(&node);
}

void Machine::State::count_running(Activity& activity) {
  if (activity.counted_running) return;
  activity.counted_running = true;
  changed(*activity.node);
  --activity.node->counts.waiting;
  ++activity.node->counts.running;
}

void Machine::State::count_end(Activity& activity, std::size_t StepCounts::* place) {
  changed(*activity.node);
  --(activity.counted_running ? activity.node->counts.running : activity.node->counts.waiting);
  ++(activity.node->counts.*place);
}

}  // namespace alveus::engine
