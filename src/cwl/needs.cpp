// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cwl/detail/check.hpp"
#include "cwl/load.hpp"

namespace alveus::cwl {

std::set<std::string> secret_inputs(const Process& process) {
  std::set<std::string> names;
  if (const auto& own = process.requirements.secrets) names.insert(own->names.begin(), own->names.end());
  const auto* workflow = std::get_if<Workflow>(&process.body);
  if (workflow == nullptr) return names;
  for (const WorkflowStep& step : workflow->steps) {
    std::set<std::string> below = step.run == nullptr ? std::set<std::string>() : secret_inputs(*step.run);
    if (const auto& own = step.requirements.secrets) below.insert(own->names.begin(), own->names.end());
    for (const StepInput& input : step.inputs) {
      if (!below.contains(input.name)) continue;
      for (const std::string& source : input.source.names) {
        const auto found = find_source(process, source);
        if (found && !found->step) names.insert(found->port);
      }
    }
  }
  return names;
}

bool asks_for_gpus(const Process& process) {
  if (const auto* workflow = std::get_if<Workflow>(&process.body)) {
    return std::ranges::any_of(workflow->steps, [](const WorkflowStep& step) { return asks_for_gpus(*step.run); });
  }
  return std::holds_alternative<CommandLineTool>(process.body) && process.requirements.cuda.has_value();
}

}  // namespace alveus::cwl
