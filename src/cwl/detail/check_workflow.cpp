// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "cwl/detail/check.hpp"
#include "cwl/detail/fields.hpp"

namespace alveus::cwl {
namespace {

class WorkflowCheck {
 public:
  WorkflowCheck(const Process& process, Findings& findings)
      : process_(process), steps_(std::get<Workflow>(process.body).steps), findings_(findings) {}

  void run() {
    for (const WorkflowStep& step : steps_) {
      check_outputs(step);
      for (const StepInput& input : step.inputs) check_input(step, input);
      check_required(step);
    }
    for (const OutputParameter& output : process_.outputs) {
      check_sources(output.source);
      check_types(output.source, output.type, "output '" + output.name + "'");
    }
    check_cycles();
  }

 private:
  void check_outputs(const WorkflowStep& step) {
    if (step.run == nullptr) return;
    std::vector<std::string> known;
    for (const OutputParameter& output : step.run->outputs) known.push_back(output.name);
    for (std::size_t i = 0; i < step.outputs.size(); ++i) {
      const std::string& name = step.outputs[i];
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        findings_.error(step.output_marks[i], "step '" + step.name + "' lists the output '" + name +
                                                  "', which the process it runs does not have" +
                                                  suggestion(name, known));
      }
    }
  }

  void check_input(const WorkflowStep& step, const StepInput& input) {
    check_sources(input.source);
    if (step.run == nullptr) return;
    const InputParameter* parameter = find_input(*step.run, input.name);
    if (parameter == nullptr) return warn_unknown(step, input);
    if (input.value_from) return;
    Type sink = parameter->type;
    if (std::find(step.scatter.begin(), step.scatter.end(), input.name) != step.scatter.end()) {
      Type list;
      list.kind = Type::Kind::kArray;
      list.alternatives.push_back(std::move(sink));
      sink = std::move(list);
    }
    check_types(input.source, sink, "input '" + input.name + "' of step '" + step.name + "'");
  }

  /// An input that the process lacks can still feed the step's own expressions.
  void warn_unknown(const WorkflowStep& step, const StepInput& input) {
    const bool expressions =
        step.when.has_value() || std::any_of(step.inputs.begin(), step.inputs.end(),
                                             [](const StepInput& one) { return one.value_from.has_value(); });
    if (expressions) return;
    std::vector<std::string> known;
    for (const InputParameter& parameter : step.run->inputs) known.push_back(parameter.name);
    findings_.warning(input.mark, "step '" + step.name + "' sets the input '" + input.name +
                                      "', which the process it runs does not have" + suggestion(input.name, known));
  }

  void check_required(const WorkflowStep& step) {
    if (step.run == nullptr) return;
    for (const InputParameter& parameter : step.run->inputs) {
      if (parameter.type.is_optional() || parameter.fallback) continue;
      const auto input = std::find_if(step.inputs.begin(), step.inputs.end(),
                                      [&](const StepInput& one) { return one.name == parameter.name; });
      const bool fed = input != step.inputs.end() &&
                       (!input->source.names.empty() || input->fallback.has_value() || input->value_from.has_value());
      if (!fed) {
        findings_.error(input == step.inputs.end() ? step.mark : input->mark,
                        "step '" + step.name + "' needs the input '" + parameter.name + "' (" +
                            name_of(parameter.type) + "), which has no source, default or valueFrom" +
                            misspelling_of(step, parameter.name));
      }
    }
  }

  /// The step's input that the process lacks, where its name is near to one that is missing.
  static std::string misspelling_of(const WorkflowStep& step, const std::string& name) {
    std::vector<std::string> strangers;
    for (const StepInput& input : step.inputs) {
      if (find_input(*step.run, input.name) == nullptr) strangers.push_back(input.name);
    }
    const auto near = core::nearest(name, strangers);
    return near ? "; did you mean it by '" + *near + "'?" : "";
  }

  void check_sources(const Source& source) {
    for (std::size_t i = 0; i < source.names.size(); ++i) {
      const std::string& name = source.names[i];
      if (find_source(process_, name)) continue;
      const std::size_t slash = name.find('/');
      if (slash == std::string::npos) {
        std::vector<std::string> known;
        for (const InputParameter& input : process_.inputs) known.push_back(input.name);
        findings_.error(source.marks[i], "workflow input '" + name + "' is not defined" + suggestion(name, known));
        continue;
      }
      report_step_output(source.marks[i], name.substr(0, slash), name.substr(slash + 1));
    }
  }

  void report_step_output(const document::Mark& mark, const std::string& step_name, const std::string& output) {
    std::vector<std::string> known;
    for (const WorkflowStep& step : steps_) {
      if (step.name == step_name) {
        findings_.error(mark,
                        "step '" + step_name + "' has no output '" + output + "'" + suggestion(output, step.outputs));
        return;
      }
      known.push_back(step.name);
    }
    findings_.error(mark, "step '" + step_name + "' is not defined" + suggestion(step_name, known));
  }

  void check_types(const Source& source, const Type& sink, const std::string& subject) {
    for (std::size_t i = 0; i < source.names.size(); ++i) {
      if (!find_source(process_, source.names[i])) continue;
      const Type type = type_of_link(process_, source, i);
      if (may_be_assigned(type, sink)) continue;
      findings_.error(source.marks[i], subject + " takes " + name_of(sink) + ", but its source '" + source.names[i] +
                                           "' yields " + name_of(type));
    }
  }

  void check_cycles() {
    std::vector<std::size_t> path;
    std::set<std::size_t> done;
    for (std::size_t step = 0; step < steps_.size(); ++step) visit(step, path, done);
  }

  void visit(std::size_t step, std::vector<std::size_t>& path, std::set<std::size_t>& done) {
    const auto again = std::find(path.begin(), path.end(), step);
    if (again != path.end()) {
      std::string names;
      for (auto at = again; at != path.end(); ++at) names += "'" + steps_[*at].name + "' -> ";
      findings_.error(steps_[step].mark, "steps wait for one another: " + names + "'" + steps_[step].name + "'");
      return;
    }
    if (done.contains(step)) return;
    path.push_back(step);
    for (const StepInput& input : steps_[step].inputs) {
      for (const std::string& name : input.source.names) {
        const auto source = find_source(process_, name);
        if (source && source->step) visit(*source->step, path, done);
      }
    }
    path.pop_back();
    done.insert(step);
  }

  static const InputParameter* find_input(const Process& process, const std::string& name) {
    for (const InputParameter& input : process.inputs) {
      if (input.name == name) return &input;
    }
    return nullptr;
  }

  const Process& process_;
  const std::vector<WorkflowStep>& steps_;
  Findings& findings_;
};

}  // namespace

void check_workflow(const Process& process, Findings& findings) { WorkflowCheck(process, findings).run(); }

}  // namespace alveus::cwl
