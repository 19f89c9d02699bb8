// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "cwl/detail/read.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

constexpr std::array<FieldRule, 11> kStepRules = {{{"id"},
                                                   {"label"},
                                                   {"doc"},
                                                   {"in"},
                                                   {"out"},
                                                   {"requirements"},
                                                   {"hints"},
                                                   {"run"},
                                                   {"when", Version::kV12},
                                                   {"scatter"},
                                                   {"scatterMethod"}}};
constexpr std::array<FieldRule, 9> kStepInputRules = {{{"id"},
                                                       {"source"},
                                                       {"linkMerge"},
                                                       {"pickValue", Version::kV12},
                                                       {"default"},
                                                       {"valueFrom"},
                                                       {"label", Version::kV11},
                                                       {"loadContents", Version::kV11},
                                                       {"loadListing", Version::kV11}}};
constexpr std::array<FieldRule, 1> kStepOutputRules = {{{"id"}}};

StepInput read_step_input(const Named& entry, const ReadScope& scope, const std::string& process_id) {
  const Fields fields(entry.value, "a step input", kStepInputRules, scope.version, scope.findings);
  StepInput input;
  input.name = short_name(entry.name);
  input.mark = entry.mark;
  input.source = read_source(fields, "source", process_id, scope);
  if (const Node* value = fields.find("default")) input.fallback = read_value(*value, scope.documents);
  input.value_from = fields.expression("valueFrom");
  if (input.value_from && !scope.effective.step_input_expression) {
    scope.findings.error(input.value_from->mark,
                         "'valueFrom' of a step input needs StepInputExpressionRequirement in the requirements");
  }
  input.load_contents = fields.boolean("loadContents").value_or(false);
  input.load_listing = read_listing(fields, "loadListing").value_or(scope.listing_default());
  return input;
}

void read_step_outputs(const Fields& fields, const ReadScope& scope, WorkflowStep& step) {
  const auto add = [&](const Node& name) {
    step.outputs.push_back(short_name(name.string()));
    step.output_marks.push_back(name.mark());
  };
  const Node* outputs = fields.require("out");
  if (outputs == nullptr) return;
  if (!outputs->is_sequence()) fields.wrong(*outputs, "out", "a list of names");
  for (const Node& item : outputs->items()) {
    if (item.is_string()) {
      add(item);
    } else if (item.is_mapping()) {
      const Fields output(item, "a step output", kStepOutputRules, scope.version, scope.findings);
      const Node* id = output.require("id");
      if (output.string("id")) add(*id);
    } else {
      fields.wrong(item, "out", "a list of names");
    }
  }
}

void read_scatter(const Fields& fields, const ReadScope& scope, WorkflowStep& step) {
  constexpr std::array<std::string_view, 3> kWords = {"dotproduct", "nested_crossproduct", "flat_crossproduct"};
  constexpr std::array<flow::ScatterMethod, 3> kMethods = {flow::ScatterMethod::kDotProduct,
                                                           flow::ScatterMethod::kNestedCrossProduct,
                                                           flow::ScatterMethod::kFlatCrossProduct};
  for (const std::string& name : fields.strings("scatter")) step.scatter.push_back(short_name(name));
  const auto method = fields.word("scatterMethod", kWords);
  if (method) step.scatter_method = kMethods[*method];
  if (step.scatter.empty()) return;
  const document::Mark& mark = fields.find("scatter")->mark();
  if (!scope.effective.scatter) {
    scope.findings.error(mark, "'scatter' needs ScatterFeatureRequirement in the requirements");
  }
  if (step.scatter.size() > 1 && fields.find("scatterMethod") == nullptr) {
    scope.findings.error(mark, "a step that scatters over several inputs needs the field 'scatterMethod'");
  }
  std::vector<std::string> known;
  for (const StepInput& input : step.inputs) known.push_back(input.name);
  for (const std::string& name : step.scatter) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      scope.findings.error(mark, "step '" + step.name + "' scatters over '" + name + "', which is none of its inputs" +
                                     suggestion(name, known));
    }
  }
}

}  // namespace

std::string source_name(const std::string& written, const std::string& process_id) {
  std::string name = written.find('#') == std::string::npos ? written : fragment_of(written);
  if (!process_id.empty() && name.starts_with(process_id + "/") && written.find('#') != std::string::npos) {
    name.erase(0, process_id.size() + 1);
  }
  return name;
}

Source read_source(const Fields& fields, std::string_view field, const std::string& process_id,
                   const ReadScope& scope) {
  constexpr std::array<std::string_view, 2> kMerges = {"merge_nested", "merge_flattened"};
  constexpr std::array<std::string_view, 3> kPicks = {"first_non_null", "the_only_non_null", "all_non_null"};
  constexpr std::array<flow::PickValue, 3> kPickValues = {
      flow::PickValue::kFirstNonNull, flow::PickValue::kTheOnlyNonNull, flow::PickValue::kAllNonNull};
  Source source;
  if (const Node* written = fields.find(field)) {
    const std::vector<Node> items = written->is_sequence() ? written->items() : std::vector<Node>{*written};
    for (const Node& item : items) {
      if (!item.is_string()) {
        fields.wrong(item, field, "the name of a source or a list of names");
        continue;
      }
      source.names.push_back(source_name(item.string(), process_id));
      source.marks.push_back(item.mark());
    }
    if (source.names.size() > 1 && !scope.effective.multiple_input) {
      scope.findings.error(written->mark(), "several sources need MultipleInputFeatureRequirement in the requirements");
    }
  }
  const auto merge = fields.word("linkMerge", kMerges);
  if (merge) source.merge = *merge == 0 ? flow::LinkMerge::kNested : flow::LinkMerge::kFlattened;
  // A single source is merged only when linkMerge is written: then it becomes a list of one.
  source.is_list = source.names.size() > 1 || merge.has_value();
  if (const auto pick = fields.word("pickValue", kPicks)) source.pick = kPickValues[*pick];
  return source;
}

Workflow ProcessReader::read_workflow(const Fields& fields, const ReadScope& scope, const Header& header,
                                      const Process& process) {
  Workflow workflow;
  const Node* steps = fields.require("steps");
  if (steps == nullptr) return workflow;
  for (const Named& entry : read_id_map(*steps, "id", "", "a step", findings_)) {
    WorkflowStep step = read_step(entry, scope, header, process);
    for (const WorkflowStep& earlier : workflow.steps) {
      if (earlier.name == step.name) {
        findings_.error(step.mark, "the step '" + step.name + "' is defined twice, first at " + earlier.mark.text());
      }
    }
    workflow.steps.push_back(std::move(step));
  }
  return workflow;
}

WorkflowStep ProcessReader::read_step(const Named& entry, const ReadScope& outer, const Header& header,
                                      const Process& process) {
  const Fields fields(entry.value, "a workflow step", kStepRules, outer.version, findings_);
  WorkflowStep step;
  step.name = short_name(entry.name);
  step.mark = entry.mark;
  ReadScope scope = outer;
  scope.layer = inherit(read_layer(fields.find("requirements"), fields.find("hints"), outer), outer.layer);
  scope.effective = effective(scope.layer);
  step.requirements = scope.effective;
  if (const Node* inputs = fields.require("in")) {
    for (const Named& input : read_id_map(*inputs, "id", "source", "a step input", findings_)) {
      step.inputs.push_back(read_step_input(input, scope, process.id));
      for (std::size_t k = 0; k + 1 < step.inputs.size(); ++k) {
        if (step.inputs[k].name == step.inputs.back().name) {
          findings_.error(input.mark, "the step input '" + step.inputs.back().name + "' is defined twice");
        }
      }
    }
  }
  read_step_outputs(fields, scope, step);
  read_scatter(fields, scope, step);
  step.when = fields.boolean_expression("when");
  if (scope.effective.loop) step.loop = read_loop(*scope.effective.loop, step, scope);
  if (const Node* run = fields.require("run")) step.run = read_run(*run, scope, header);
  if (step.run != nullptr && std::holds_alternative<Workflow>(step.run->body) && !scope.effective.subworkflow) {
    findings_.error(step.mark, "step '" + step.name +
                                   "' runs a workflow, which needs SubworkflowFeatureRequirement in the requirements");
  }
  return step;
}

std::shared_ptr<const Process> ProcessReader::read_run(const Node& run, const ReadScope& scope, const Header& header) {
  if (run.is_mapping()) {
    reading_.emplace_back();
    auto process = read(run, scope.layer, header);
    reading_.pop_back();
    return process;
  }
  if (!run.is_string()) {
    findings_.error(run.mark(), "field 'run' of a workflow step must be a document or a process, not a " +
                                    std::string(run.kind_name()));
    return nullptr;
  }
  return read_at(resolve_uri(documents_.uri_of(run.mark()), run.string()), run.mark(), scope.layer, scope.version);
}

}  // namespace alveus::cwl
