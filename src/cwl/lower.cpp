// SPDX-License-Identifier: Apache-2.0
#include "cwl/lower.hpp"

#include <utility>

#include "cwl/detail/check.hpp"
#include "cwl/detail/contract.hpp"
#include "cwl/tool.hpp"

namespace alveus::cwl {
namespace {

using Lowered = core::Result<std::shared_ptr<const flow::Process>>;

flow::Link lower_link(const Process& process, const Source& source) {
  flow::Link link{.sources = {}, .is_list = source.is_list, .merge = source.merge, .pick = source.pick};
  for (const std::string& name : source.names) {
    // `load` has checked that every source is there.
    if (auto found = find_source(process, name)) link.sources.push_back(*std::move(found));
  }
  return link;
}

class Lowering {
 public:
  explicit Lowering(expr::Javascript& javascript) : javascript_(javascript) {}

  Lowered lower(const std::shared_ptr<const Process>& process, Place place) {
    auto lowered = std::make_shared<flow::Process>();
    for (const InputParameter& input : process->inputs) lowered->inputs.push_back(input.name);
    for (const OutputParameter& output : process->outputs) lowered->outputs.push_back(output.name);
    lowered->contract = make_contract(process, place, javascript_);
    if (std::holds_alternative<CommandLineTool>(process->body)) {
      lowered->body = make_command_line_tool(process, javascript_);
    } else if (std::holds_alternative<ExpressionTool>(process->body)) {
      lowered->body = make_expression_tool(process, javascript_);
    } else if (std::holds_alternative<Workflow>(process->body)) {
      ALVEUS_TRY_ASSIGN(lowered->body, lower_workflow(*process));
    } else {
      return core::fail(document::error_at(process->mark, core::ErrorCode::kUnsupported,
                                           "an Operation has nothing to execute; run a process that implements it"));
    }
    return lowered;
  }

 private:
  core::Result<flow::Workflow> lower_workflow(const Process& process) {
    flow::Workflow workflow;
    for (const WorkflowStep& step : std::get<Workflow>(process.body).steps) {
      ALVEUS_TRY_ASSIGN(flow::Step lowered, lower_step(process, step));
      workflow.steps.push_back(std::move(lowered));
    }
    for (const OutputParameter& output : process.outputs) {
      workflow.outputs.push_back({output.name, lower_link(process, output.source)});
    }
    return workflow;
  }

  core::Result<flow::Step> lower_step(const Process& process, const WorkflowStep& step) {
    flow::Step lowered;
    lowered.name = step.name;
    for (const StepInput& input : step.inputs) {
      lowered.inputs.push_back({input.name, lower_link(process, input.source), input.fallback.value_or(core::Value())});
    }
    lowered.outputs = step.outputs;
    lowered.scatter = step.scatter;
    lowered.scatter_method = step.scatter_method;
    lowered.has_when = step.when.has_value();
    lowered.logic = make_step_logic(step, process.version, javascript_);
    ALVEUS_TRY_ASSIGN(lowered.process, lower(step.run, Place::kStep));
    return lowered;
  }

  expr::Javascript& javascript_;
};

}  // namespace

Lowered lower(std::shared_ptr<const Process> process, expr::Javascript& javascript) {
  return Lowering(javascript).lower(process, Place::kRoot);
}

}  // namespace alveus::cwl
