// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "report/detail/crate_plan.hpp"

namespace alveus::report {
namespace {

using core::Object;
using core::Value;

constexpr const char* kCwl = "https://w3id.org/workflowhub/workflow-ro-crate#cwl";

std::string member_id(const CrateTool& tool, const std::string& name) {
  return tool.id + (tool.id.find('#') == std::string::npos ? "#" : "/") + fragment(name);
}

class PlanWriter {
 public:
  PlanWriter(const WorkflowDescription& description, GraphFile& graph) : description_(description), graph_(graph) {}

  void add_tools() {
    for (const CrateTool& tool : description_.tools) {
      Object entity{{"@id", tool.id}, {"@type", types_of(tool)}, {"name", tool.name}};
      if (!tool.description.empty()) entity.append("description", tool.description);
      if (tool.kind == CrateTool::Kind::kWorkflow || tool.is_file) {
        entity.append("programmingLanguage", reference(kCwl));
      }
      if (tool.is_file) file_tools_.insert(tool.id);
      append_references(entity, "input", add_parameters(tool, tool.inputs, input_id));
      append_references(entity, "output", add_parameters(tool, tool.outputs, output_id));
      if (!tool.container.empty()) entity.append("softwareRequirements", tool.container);
      if (tool.kind == CrateTool::Kind::kWorkflow) add_steps(tool, entity);
      graph_.add(entity);
    }
  }

  void add_documents() {
    for (const CrateDocument& document : description_.documents) {
      if (file_tools_.contains(document.id)) continue;
      graph_.add(Object{{"@id", document.id},
                        {"@type", core::Array{"File", "SoftwareSourceCode"}},
                        {"name", document.id.substr(document.id.rfind('/') + 1)},
                        {"programmingLanguage", reference(kCwl)},
                        {"contentSize", std::to_string(document.text.size())}});
    }
  }

 private:
  static Value types_of(const CrateTool& tool) {
    core::Array types;
    if (tool.is_file) types.emplace_back("File");
    const bool is_workflow = tool.kind == CrateTool::Kind::kWorkflow;
    if (is_workflow || tool.is_file) types.emplace_back("SoftwareSourceCode");
    if (is_workflow) {
      types.emplace_back("ComputationalWorkflow");
      if (!tool.steps.empty()) types.emplace_back("HowTo");
    } else {
      types.emplace_back("SoftwareApplication");
    }
    return types.size() == 1 ? types.front() : Value(std::move(types));
  }

  using MakeId = std::string (*)(const CrateTool&, const std::string&);

  std::vector<std::string> add_parameters(const CrateTool& tool, const std::vector<CrateParameter>& parameters,
                                          MakeId make_id) {
    std::vector<std::string> ids;
    for (const CrateParameter& parameter : parameters) {
      const std::string id = make_id(tool, parameter.name);
      ids.push_back(id);
      core::Array types;
      for (const std::string& type : parameter.types) types.emplace_back(type);
      Object entity{{"@id", id},
                    {"@type", "FormalParameter"},
                    {"name", parameter.name},
                    {"additionalType", types.size() == 1 ? types.front() : Value(types)},
                    {"multipleValues", parameter.is_list ? "True" : "False"},
                    {"valueRequired", parameter.is_required ? "True" : "False"}};
      if (!parameter.description.empty()) entity.append("description", parameter.description);
      if (!parameter.fallback.is_null()) {
        const Value& fallback = parameter.fallback;
        entity.append("defaultValue", fallback.is_string() ? fallback.as_string() : core::to_json(fallback));
      }
      graph_.add(entity);
    }
    return ids;
  }

  void add_steps(const CrateTool& workflow, Object& entity) {
    std::vector<std::string> parts;
    std::vector<std::string> steps;
    for (const CrateStep& step : workflow.steps) {
      const CrateTool& tool = description_.tools[step.tool];
      if (std::ranges::find(parts, tool.id) == parts.end()) parts.push_back(tool.id);
      const std::string id = step_id(workflow, step);
      steps.push_back(id);
      Object how{{"@id", id},
                 {"@type", "HowToStep"},
                 {"name", step.name},
                 {"position", std::to_string(step.position)},
                 {"workExample", reference(tool.id)}};
      append_references(how, "connection", add_connections(workflow, step.sources, tool, id));
      graph_.add(how);
    }
    append_references(entity, "hasPart", parts);
    append_references(entity, "step", steps);
    append_references(entity, "connection", add_connections(workflow, workflow.output_sources, workflow, workflow.id));
  }

  /// "step/output>input" as entities: from a parameter of a tool (or of the workflow) to one of `target`.
  std::vector<std::string> add_connections(const CrateTool& workflow, const std::vector<std::string>& sources,
                                           const CrateTool& target, const std::string& owner) {
    std::vector<std::string> ids;
    for (const std::string& source : sources) {
      const auto arrow = source.find('>');
      const std::string from = source.substr(0, arrow);
      const std::string to = source.substr(arrow + 1);
      const auto slash = from.find('/');
      std::string from_id = input_id(workflow, from);
      if (slash != std::string::npos) {
        const auto step = std::ranges::find(workflow.steps, from.substr(0, slash), &CrateStep::name);
        if (step == workflow.steps.end()) continue;
        from_id = output_id(description_.tools[step->tool], from.substr(slash + 1));
      }
      const bool is_output = &target == &workflow;
      if (!has_parameter(is_output ? target.outputs : target.inputs, to)) continue;  // of the step alone
      const std::string to_id = is_output ? output_id(target, to) : input_id(target, to);
      std::string id = "#connection/" + fragment(owner) + "/" + fragment(source);
      std::replace(id.begin() + 1, id.end(), '#', '/');
      graph_.add(Object{{"@id", id},
                        {"@type", "ParameterConnection"},
                        {"sourceParameter", reference(from_id)},
                        {"targetParameter", reference(to_id)}});
      ids.push_back(std::move(id));
    }
    return ids;
  }

  static bool has_parameter(const std::vector<CrateParameter>& parameters, const std::string& name) {
    return std::ranges::find(parameters, name, &CrateParameter::name) != parameters.end();
  }

  const WorkflowDescription& description_;
  GraphFile& graph_;
  std::set<std::string> file_tools_;
};

}  // namespace

std::string input_id(const CrateTool& tool, const std::string& name) { return member_id(tool, "inputs/" + name); }
std::string output_id(const CrateTool& tool, const std::string& name) { return member_id(tool, "outputs/" + name); }
std::string step_id(const CrateTool& tool, const CrateStep& step) { return member_id(tool, "steps/" + step.name); }

void append_references(Object& object, const char* key, const std::vector<std::string>& ids) {
  if (!ids.empty()) object.append(key, references(ids));
}

/// "docker.io", "biocontainers/samtools", "1.9" for "biocontainers/samtools:1.9".
Object image_entity(const std::string& id, const std::string& image) {
  std::string name = image;
  std::string registry = "docker.io";
  if (const auto slash = name.find('/'); slash != std::string::npos) {
    const std::string first = name.substr(0, slash);
    if (first.find_first_of(".:") != std::string::npos || first == "localhost") {
      registry = first;
      name = name.substr(slash + 1);
    }
  }
  std::string tag = "latest";
  std::string digest;
  if (const auto at = name.find("@sha256:"); at != std::string::npos) {
    digest = name.substr(at + 8);
    name.resize(at);
    tag.clear();
  }
  if (const auto colon = name.rfind(':'); colon != std::string::npos) {
    tag = name.substr(colon + 1);
    name.resize(colon);
  }
  Object entity{{"@id", id},
                {"@type", "ContainerImage"},
                {"additionalType", reference("https://w3id.org/ro/terms/workflow-run#DockerImage")},
                {"registry", registry},
                {"name", name}};
  if (!tag.empty()) entity.append("tag", tag);
  if (!digest.empty()) entity.append("sha256", digest);
  return entity;
}

void write_plan(const WorkflowDescription& description, GraphFile& graph) {
  PlanWriter writer(description, graph);
  writer.add_tools();
  writer.add_documents();
}

}  // namespace alveus::report
