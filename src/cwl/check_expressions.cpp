// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cwl/detail/place_in_text.hpp"
#include "cwl/load.hpp"
#include "expr/check.hpp"

namespace alveus::cwl {
namespace {

/// Which names an expression sees, and what speaks for it.
struct Sight {
  core::Value variables;
  const Requirements& requirements;
  Version version;
};

core::Value names_of(const std::vector<std::string>& names) {
  core::Object inputs;
  for (const std::string& name : names) inputs.set(name, core::Value());
  return core::Object{{"inputs", std::move(inputs)}, {"self", {}}, {"runtime", core::Object{}}};
}

class Walk {
 public:
  explicit Walk(expr::Javascript& javascript) : javascript_(javascript) {}

  void process(const Process& process) {
    if (!seen_.insert(&process).second) return;
    std::vector<std::string> names;
    for (const InputParameter& input : process.inputs) names.push_back(input.name);
    const Sight sight{names_of(names), process.requirements, process.version};
    library(process);
    for (const InputParameter& input : process.inputs) {
      parameter(input, sight);
      binding(input.binding, sight);
    }
    for (const OutputParameter& output : process.outputs) {
      parameter(output, sight);
      output_binding(output.binding, sight);
    }
    // A workflow's requirements are for what it runs, and are read there, with the inputs of that.
    if (!std::holds_alternative<Workflow>(process.body)) requirements(process.requirements, sight);
    if (const auto* tool = std::get_if<CommandLineTool>(&process.body)) command(*tool, sight);
    if (const auto* tool = std::get_if<ExpressionTool>(&process.body)) text(tool->expression, sight);
    if (const auto* workflow = std::get_if<Workflow>(&process.body)) {
      for (const WorkflowStep& one : workflow->steps) step(one, process.version);
    }
  }

  ExpressionFindings take() { return std::move(findings_); }

 private:
  void text(const Expression& expression, const Sight& sight) {
    if (!expression.value.is_string()) return;
    expr::Context context{.variables = sight.variables,
                          .library = {},
                          .javascript = nullptr,
                          .escapes = sight.version == Version::kV12,
                          .trims = true};
    if (const auto& requirement = sight.requirements.javascript) {
      context.library = requirement->library;
      context.javascript = &javascript_;
    }
    auto fault = expr::check_text(expression.value.as_string(), context);
    if (!fault) return;
    auto& list = fault->is_certain ? findings_.errors : findings_.warnings;
    core::Error error = place_in_text(expression.mark, std::move(fault->error));
    if (std::ranges::find(list, error) == list.end()) list.push_back(std::move(error));
  }

  void text(const std::optional<Expression>& expression, const Sight& sight) {
    if (expression) text(*expression, sight);
  }

  void library(const Process& process) {
    const auto& requirement = process.requirements.javascript;
    if (!requirement || !libraries_.insert(requirement->library).second) return;
    auto checked = expr::check_library(requirement->library, javascript_);
    if (!checked) findings_.errors.push_back(place_in_text(process.mark, std::move(checked).error()));
  }

  void binding(const std::optional<CommandLineBinding>& binding, const Sight& sight) {
    if (!binding) return;
    text(binding->position, sight);
    text(binding->value_from, sight);
  }

  void output_binding(const std::optional<CommandOutputBinding>& binding, const Sight& sight) {
    if (!binding) return;
    for (const Expression& glob : binding->glob) text(glob, sight);
    text(binding->output_eval, sight);
  }

  void parameter(const Parameter& parameter, const Sight& sight) {
    for (const SecondaryFile& file : parameter.secondary_files) {
      text(file.pattern, sight);
      text(file.required, sight);
    }
    for (const Expression& format : parameter.formats) text(format, sight);
    type(parameter.type, sight);
  }

  void type(const Type& type, const Sight& sight) {
    binding(type.binding, sight);
    for (const Type& alternative : type.alternatives) this->type(alternative, sight);
    for (const RecordField& field : type.fields) {
      parameter(field, sight);
      binding(field.binding, sight);
      output_binding(field.output_binding, sight);
    }
  }

  void command(const CommandLineTool& tool, const Sight& sight) {
    for (const CommandLineBinding& argument : tool.arguments) binding(argument, sight);
    text(tool.stdin_path, sight);
    text(tool.stdout_name, sight);
    text(tool.stderr_name, sight);
  }

  void requirements(const Requirements& requirements, const Sight& sight) {
    if (const auto& directory = requirements.initial_work_dir) {
      for (const auto& entry : directory->listing) {
        if (const auto* dirent = std::get_if<Dirent>(&entry)) {
          text(dirent->entry, sight);
          text(dirent->entryname, sight);
        } else {
          text(std::get<Expression>(entry), sight);
        }
      }
    }
    if (const auto& environment = requirements.environment) {
      for (const auto& [name, value] : environment->definitions) text(value, sight);
    }
    if (const auto& resource = requirements.resource) {
      for (const auto* bound :
           {&resource->cores_min, &resource->cores_max, &resource->ram_min, &resource->ram_max, &resource->tmpdir_min,
            &resource->tmpdir_max, &resource->outdir_min, &resource->outdir_max}) {
        text(*bound, sight);
      }
    }
    if (const auto& cuda = requirements.cuda) {
      text(cuda->count_min, sight);
      text(cuda->count_max, sight);
    }
    text(requirements.work_reuse, sight);
    text(requirements.network_access, sight);
    text(requirements.time_limit, sight);
    text(requirements.shm_size, sight);
  }

  void step(const WorkflowStep& step, Version version) {
    std::vector<std::string> names;
    for (const StepInput& input : step.inputs) names.push_back(input.name);
    const Sight sight{names_of(names), step.requirements, version};
    for (const StepInput& input : step.inputs) text(input.value_from, sight);
    text(step.when, sight);
    if (step.loop) {
      text(step.loop->condition, sight);
      for (const LoopInput& input : step.loop->inputs) text(input.value_from, sight);
    }
    if (step.run != nullptr) process(*step.run);
  }

  expr::Javascript& javascript_;
  ExpressionFindings findings_;
  std::set<const Process*> seen_;
  std::set<std::vector<std::string>> libraries_;
};

}  // namespace

ExpressionFindings check_expressions(const Process& process, expr::Javascript& javascript) {
  Walk walk(javascript);
  walk.process(process);
  return walk.take();
}

}  // namespace alveus::cwl
