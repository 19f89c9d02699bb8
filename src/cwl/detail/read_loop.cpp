// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "cwl/detail/read.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

constexpr std::array<FieldRule, 4> kLoopRules = {{{"class"}, {"loopWhen"}, {"loop"}, {"outputMethod"}}};
constexpr std::array<FieldRule, 6> kLoopInputRules = {
    {{"id"}, {"loopSource"}, {"linkMerge"}, {"pickValue"}, {"default"}, {"valueFrom"}}};

LoopInput read_loop_input(const Named& entry, const WorkflowStep& step, const ReadScope& scope) {
  const Fields fields(entry.value, "an input of a loop", kLoopInputRules, scope.version, scope.findings);
  LoopInput input;
  input.name = short_name(entry.name);
  std::vector<std::string> known;
  for (const StepInput& one : step.inputs) known.push_back(one.name);
  if (std::find(known.begin(), known.end(), input.name) == known.end()) {
    scope.findings.error(entry.mark, "the loop sets '" + input.name + "', which is no input of step '" + step.name +
                                         "'" + suggestion(input.name, known));
  }
  input.source = read_source(fields, "loopSource", "", scope);
  for (std::size_t i = 0; i < input.source.names.size(); ++i) {
    std::string& name = input.source.names[i];
    name = short_name(name);
    if (std::find(step.outputs.begin(), step.outputs.end(), name) == step.outputs.end()) {
      scope.findings.error(input.source.marks[i], "'loopSource' names '" + name + "', which is no output of step '" +
                                                      step.name + "'" + suggestion(name, step.outputs));
    }
  }
  if (const Node* value = fields.find("default")) input.fallback = read_value(*value, scope.documents);
  input.value_from = fields.expression("valueFrom");
  if (input.value_from && !scope.effective.step_input_expression) {
    scope.findings.error(input.value_from->mark,
                         "'valueFrom' of a loop's input needs StepInputExpressionRequirement in the requirements");
  }
  return input;
}

}  // namespace

std::optional<Loop> read_loop(const LoopText& text, const WorkflowStep& step, const ReadScope& scope) {
  constexpr std::array<std::string_view, 2> kWords = {"last", "all"};
  const Fields fields(text.node, "Loop", kLoopRules, scope.version, scope.findings);
  if (!step.scatter.empty()) {
    scope.findings.error(text.mark, "step '" + step.name +
                                        "' cannot both loop and scatter; scatter over a workflow with the loop inside");
  }
  if (step.when) {
    scope.findings.error(text.mark, "step '" + step.name + "' cannot have both a loop and 'when'; 'loopWhen' also " +
                                        "decides whether the first iteration runs");
  }
  Loop loop;
  fields.require("loopWhen");
  const auto condition = fields.boolean_expression("loopWhen");
  if (!condition) return std::nullopt;
  loop.condition = *condition;
  if (const Node* inputs = fields.find("loop")) {
    for (const Named& entry : read_id_map(*inputs, "id", "loopSource", "an input of a loop", scope.findings)) {
      loop.inputs.push_back(read_loop_input(entry, step, scope));
    }
  }
  if (fields.word("outputMethod", kWords) == std::optional<std::size_t>(1)) loop.outputs = flow::LoopOutputs::kAll;
  return loop;
}

}  // namespace alveus::cwl
