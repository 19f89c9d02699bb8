// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/lower.hpp"

#include <utility>

#include "core/check.hpp"
#include "cwl/detail/check.hpp"
#include "cwl/tool.hpp"

namespace alveus::cwl {
namespace {

flow::DocumentPlace place_of(const document::Mark& mark) {
  core::Error error = document::error_at(mark, core::ErrorCode::kInvalidInput, "");
  return {.where = std::move(error.where), .excerpt = std::move(error.context)};
}

flow::Link lower_link(const Process& workflow, const Source& source) {
  flow::Link link{.sources = {}, .is_list = source.is_list, .merge = source.merge, .pick = source.pick};
  if (source.pick != flow::PickValue::kNone && !source.marks.empty()) {
    core::Error place = document::error_at(source.marks.front(), core::ErrorCode::kInvalidInput, "");
    link.where = std::move(place.where);
    link.excerpt = std::move(place.context);
  }
  for (const std::string& name : source.names) {
    auto found = find_source(workflow, name);
    ALVEUS_CHECK(found.has_value(), "a checked workflow links to what is there");
    link.sources.push_back(*std::move(found));
  }
  return link;
}

flow::Step lower_step(const std::shared_ptr<const Process>& workflow, std::size_t index, expr::Javascript& javascript,
                      Findings& findings) {
  const WorkflowStep& step = std::get<Workflow>(workflow->body).steps[index];
  flow::Step lowered;
  lowered.name = step.name;
  lowered.place = place_of(step.mark);
  for (const StepInput& input : step.inputs) {
    lowered.inputs.push_back({.name = input.name,
                              .link = lower_link(*workflow, input.source),
                              .fallback = input.fallback.value_or(core::Value())});
  }
  lowered.outputs = step.outputs;
  lowered.scatter = step.scatter;
  lowered.scatter_method = step.scatter_method;
  lowered.has_when = step.when.has_value();
  lowered.logic = make_step_logic(workflow, index, javascript);
  if (step.loop) {
    lowered.loop = make_loop_logic(workflow, index, javascript);
    lowered.loop_outputs = step.loop->outputs;
  }
  lowered.process = lower(step.run, SecondaryFiles::kGiven, javascript, findings);
  return lowered;
}

flow::Workflow lower_workflow(const std::shared_ptr<const Process>& process, expr::Javascript& javascript,
                              Findings& findings) {
  flow::Workflow workflow;
  const std::size_t step_count = std::get<Workflow>(process->body).steps.size();
  for (std::size_t index = 0; index < step_count; ++index) {
    workflow.steps.push_back(lower_step(process, index, javascript, findings));
  }
  for (const OutputParameter& output : process->outputs) {
    workflow.outputs.push_back({.name = output.name, .link = lower_link(*process, output.source)});
  }
  return workflow;
}

}  // namespace

std::shared_ptr<const flow::Process> lower(const std::shared_ptr<const Process>& process,
                                           SecondaryFiles secondary_files, expr::Javascript& javascript,
                                           Findings& findings) {
  auto lowered = std::make_shared<flow::Process>();
  lowered->place = place_of(process->mark);
  for (const InputParameter& input : process->inputs) lowered->inputs.push_back(input.name);
  for (const OutputParameter& output : process->outputs) lowered->outputs.push_back(output.name);
  lowered->contract = make_input_contract(process, secondary_files, javascript);
  if (std::holds_alternative<Workflow>(process->body)) {
    lowered->body = lower_workflow(process, javascript, findings);
  } else if (std::holds_alternative<ExpressionTool>(process->body)) {
    lowered->body = make_expression_tool(process, javascript);
  } else if (std::holds_alternative<CommandLineTool>(process->body)) {
    lowered->body = make_command_line_tool(process, javascript);
  } else {
    findings.error(process->mark, "an Operation has no implementation to run", core::ErrorCode::kUnsupported);
  }
  return lowered;
}

}  // namespace alveus::cwl
