// SPDX-License-Identifier: Apache-2.0
#include "simulation/sequential_model.hpp"

#include <map>
#include <optional>
#include <vector>

#include "engine/connector_data_access.hpp"
#include "testing/fake_connector.hpp"

namespace alveus::simulation {
namespace {

using core::Array;
using core::Object;
using core::Value;

struct Finished {
  Value outputs;
  std::set<std::string> lost;
};
using Values = std::map<std::size_t, Finished>;

Value member(const Value& object, const std::string& name) {
  const Value* found = object.find(name);
  return found == nullptr ? Value() : *found;
}

/// Empty when nothing can be picked.
std::optional<Value> value_of(const flow::Link& link, const Values& steps, const Value& inputs) {
  Array values;
  for (const auto& source : link.sources) {
    values.push_back(member(source.step ? steps.at(*source.step).outputs : inputs, source.port));
  }
  Value merged;
  if (values.size() == 1 && !link.is_list) {
    merged = values[0];
  } else if (!values.empty() && link.merge == flow::LinkMerge::kNested) {
    merged = values;
  } else if (!values.empty()) {
    Array flat;
    for (const Value& value : values) {
      if (!value.is_array()) flat.push_back(value);
      if (value.is_array()) flat.insert(flat.end(), value.as_array().begin(), value.as_array().end());
    }
    merged = flat;
  }
  if (link.pick == flow::PickValue::kNone || !merged.is_array()) return merged;
  Array present;
  for (const Value& value : merged.as_array()) {
    if (!value.is_null()) present.push_back(value);
  }
  if (link.pick == flow::PickValue::kAllNonNull) return Value(present);
  if (present.empty()) return std::nullopt;
  if (link.pick == flow::PickValue::kTheOnlyNonNull && present.size() > 1) return std::nullopt;
  return present[0];
}

bool is_lost(const flow::Link& link, const Values& steps) {
  for (const auto& source : link.sources) {
    if (source.step && steps.at(*source.step).lost.contains(source.port)) return true;
  }
  return false;
}

Finished all_lost(const std::vector<std::string>& names) {
  Object outputs;
  for (const auto& name : names) outputs.set(name, nullptr);
  return {outputs, {names.begin(), names.end()}};
}

Finished run_element(const flow::Step& step, const Value& inputs, std::size_t& failures) {
  if (step.has_when) {
    if (!*step.logic->runs(inputs)) {
      Finished skipped = all_lost(step.outputs);
      skipped.lost.clear();
      return skipped;
    }
  }
  ModelResult result = run_in_sequence(*step.process, inputs);
  failures += result.failure_count;
  return {result.outputs, result.lost};
}

/// One output of the elements below one place of a nested scatter.
struct Elements {
  const flow::Step& step;
  std::size_t& failures;
  std::set<std::string> lost;

  std::map<std::string, Value> run(Value inputs, std::size_t level) {
    std::map<std::string, Value> found;
    if (level == step.scatter.size()) {
      Finished element = run_element(step, inputs, failures);
      lost.insert(element.lost.begin(), element.lost.end());
      for (const auto& name : step.outputs) found[name] = member(element.outputs, name);
      return found;
    }
    std::map<std::string, Array> lists;
    for (const auto& name : step.outputs) lists[name] = {};
    const bool is_dot = step.scatter_method == flow::ScatterMethod::kDotProduct;
    const Array choices = member(inputs, step.scatter[level]).as_array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
      Value chosen = inputs;
      chosen.set(step.scatter[level], choices[i]);
      for (std::size_t other = level + 1; is_dot && other < step.scatter.size(); ++other) {
        chosen.set(step.scatter[other], member(inputs, step.scatter[other]).as_array()[i]);
      }
      const bool is_flat = step.scatter_method == flow::ScatterMethod::kFlatCrossProduct;
      for (auto& [name, value] : run(chosen, is_dot ? step.scatter.size() : level + 1)) {
        if (is_flat && level + 1 < step.scatter.size()) {
          lists[name].insert(lists[name].end(), value.as_array().begin(), value.as_array().end());
        } else {
          lists[name].push_back(value);
        }
      }
    }
    for (auto& [name, list] : lists) found[name] = list;
    return found;
  }
};

bool can_scatter(const flow::Step& step, const Value& inputs) {
  std::set<std::size_t> lengths;
  for (const auto& name : step.scatter) {
    if (!member(inputs, name).is_array()) return false;
    lengths.insert(member(inputs, name).as_array().size());
  }
  return step.scatter_method != flow::ScatterMethod::kDotProduct || lengths.size() == 1;
}

Finished run_step(const flow::Step& step, const Values& steps, const Value& workflow_inputs, std::size_t& failures) {
  Object inputs;
  bool bad = false;
  for (const auto& input : step.inputs) {
    if (is_lost(input.link, steps)) return all_lost(step.outputs);
    const auto value = value_of(input.link, steps, workflow_inputs);
    bad = bad || !value;
    if (value) inputs.set(input.name, value->is_null() ? input.fallback : *value);
  }
  if (bad || (!step.scatter.empty() && !can_scatter(step, inputs))) {
    ++failures;
    return all_lost(step.outputs);
  }
  if (step.scatter.empty()) return run_element(step, inputs, failures);
  Elements elements{step, failures, {}};
  Object outputs;
  for (auto& [name, value] : elements.run(inputs, 0)) outputs.set(name, value);
  return {outputs, elements.lost};
}

ModelResult run_workflow(const flow::Process& process, const flow::Workflow& workflow, const Value& inputs) {
  ModelResult result;
  Values steps;
  for (std::size_t i = 0; i < workflow.steps.size(); ++i) {
    steps[i] = run_step(workflow.steps[i], steps, inputs, result.failure_count);
  }
  Object outputs;
  for (const auto& output : workflow.outputs) {
    const auto value = value_of(output.link, steps, inputs);
    if (is_lost(output.link, steps)) {
      result.lost.insert(output.name);
    } else if (!value) {
      const Finished nothing = all_lost(process.outputs);
      return {nothing.outputs, nothing.lost, result.failure_count + 1};
    }
    outputs.set(output.name, value ? *value : Value());
  }
  result.outputs = outputs;
  return result;
}

}  // namespace

ModelResult run_in_sequence(const flow::Process& process, const Value& inputs) {
  if (const auto* workflow = std::get_if<flow::Workflow>(&process.body))
    return run_workflow(process, *workflow, inputs);
  testing::FakeConnector site;
  const engine::ConnectorDataAccess access(site);
  const auto outputs = std::get<std::shared_ptr<const flow::Tool>>(process.body)->evaluate(inputs, access);
  if (outputs) return {*outputs, {}, 0};
  const Finished nothing = all_lost(process.outputs);
  return {nothing.outputs, nothing.lost, 1};
}

}  // namespace alveus::simulation
