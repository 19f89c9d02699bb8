// SPDX-License-Identifier: Apache-2.0
#include "cli/crate_description.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/text.hpp"

namespace alveus::cli {
namespace {

using report::CrateParameter;
using report::CrateStep;
using report::CrateTool;

std::string without_fragment(const std::string& uri) { return uri.substr(0, uri.find('#')); }

/// How many bytes the folders that all documents share take in their URIs.
std::size_t shared_folder(const std::map<std::string, document::Source>& documents) {
  std::string shared;
  bool is_first = true;
  for (const auto& [uri, text] : documents) {
    const std::string folder = uri.substr(0, uri.rfind('/') + 1);
    if (is_first) shared = folder;
    is_first = false;
    while (!folder.starts_with(shared)) shared.resize(shared.rfind('/', shared.size() - 2) + 1);
  }
  return shared.size();
}

void add_types(const cwl::Type& type, CrateParameter& parameter) {
  using Kind = cwl::Type::Kind;
  const auto add = [&](const char* name) {
    if (std::ranges::find(parameter.types, name) == parameter.types.end()) parameter.types.emplace_back(name);
  };
  switch (type.kind) {
    case Kind::kNull: parameter.is_required = false; return;
    case Kind::kBoolean: return add("Boolean");
    case Kind::kInt:
    case Kind::kLong: return add("Integer");
    case Kind::kFloat:
    case Kind::kDouble: return add("Float");
    case Kind::kString:
    case Kind::kEnum: return add("Text");
    case Kind::kFile: return add("File");
    case Kind::kDirectory: return add("Dataset");
    case Kind::kAny: return add("DataType");
    case Kind::kRecord: return add("PropertyValue");
    case Kind::kArray: {
      parameter.is_list = true;
      const bool was_required = parameter.is_required;
      add_types(type.items(), parameter);
      parameter.is_required = was_required;  // nulls in the list do not make the list optional
      return;
    }
    case Kind::kUnion:
      for (const cwl::Type& alternative : type.alternatives) add_types(alternative, parameter);
      return;
  }
}

CrateParameter parameter_of(const cwl::Parameter& from) {
  CrateParameter parameter{.name = from.name, .types = {}, .description = from.doc.empty() ? from.label : from.doc};
  add_types(from.type, parameter);
  const bool has_others = !from.secondary_files.empty();
  if (has_others) std::ranges::replace(parameter.types, "File", "Collection");
  if (parameter.types.empty()) parameter.types.emplace_back("DataType");
  return parameter;
}

/// Walks the tree of processes; one that several steps run is one tool.
class Describer {
 public:
  explicit Describer(const RunDocument& document)
      : document_(document), shared_(shared_folder(document.snapshot.documents)) {}

  report::WorkflowDescription describe() {
    const cwl::Process& root = *document_.process;
    const std::string uri = without_fragment(document_.snapshot.process);
    for (const auto& [place, source] : document_.snapshot.documents) {
      if (place != without_fragment(place)) continue;
      result_.documents.push_back({.id = crate_id(place), .text = source.text});
    }
    result_.main_document = crate_id(uri);
    result_.cwl_version = root.version == cwl::Version::kV10   ? "v1.0"
                          : root.version == cwl::Version::kV11 ? "v1.1"
                                                               : "v1.2";
    const bool is_workflow = std::holds_alternative<cwl::Workflow>(root.body);
    result_.root = is_workflow ? add(root, result_.main_document, true) : add_wrapped(root);
    return std::move(result_);
  }

 private:
  std::string crate_id(const std::string& uri) const {
    const std::string plain = without_fragment(uri);
    return "workflow/" + (plain.size() > shared_ ? plain.substr(shared_) : plain.substr(plain.rfind('/') + 1));
  }

  static std::string name_of(const cwl::Process& process, const std::string& id) {
    if (!process.label.empty()) return process.label;
    return core::decode_uri(id.substr(id.find_last_of("/#") + 1));
  }

  CrateTool outline(const cwl::Process& process, const std::string& id, bool is_file) const {
    CrateTool tool{.id = id, .is_file = is_file, .name = name_of(process, id), .description = process.doc};
    if (process.requirements.docker) tool.container = process.requirements.docker->image;
    for (const auto& input : process.inputs) {
      CrateParameter parameter = parameter_of(input);
      if (input.fallback) {
        parameter.fallback = *input.fallback;
        parameter.is_required = false;
      }
      tool.inputs.push_back(std::move(parameter));
    }
    for (const auto& output : process.outputs) tool.outputs.push_back(parameter_of(output));
    return tool;
  }

  std::size_t add(const cwl::Process& process, const std::string& id, bool is_file) {
    // Documents that several steps run are read once for each; their id tells that they are one.
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    CrateTool tool = outline(process, id, is_file);
    const std::size_t index = result_.tools.size();
    known_[id] = index;
    result_.tools.emplace_back();
    if (std::holds_alternative<cwl::ExpressionTool>(process.body)) tool.kind = CrateTool::Kind::kExpressionTool;
    if (const auto* workflow = std::get_if<cwl::Workflow>(&process.body)) {
      tool.kind = CrateTool::Kind::kWorkflow;
      tool.container.clear();  // inherited by its tools, where it counts
      add_steps(process, *workflow, tool);
    }
    result_.tools[index] = std::move(tool);
    return index;
  }

  /// A run of a single tool is a workflow of one step.
  std::size_t add_wrapped(const cwl::Process& process) {
    const std::string id =
        result_.main_document + "#" + (process.id.empty() ? "tool" : core::encode_uri_path(process.id));
    const std::size_t tool = add(process, id, false);
    CrateTool wrapper = outline(process, result_.main_document, true);
    wrapper.kind = CrateTool::Kind::kWorkflow;
    wrapper.is_wrapper = true;
    wrapper.container.clear();
    CrateStep step{.name = "run", .tool = tool, .position = 0, .sources = {}};
    for (const auto& input : wrapper.inputs) step.sources.push_back(input.name + ">" + input.name);
    for (const auto& output : wrapper.outputs)
      wrapper.output_sources.push_back("run/" + output.name + ">" + output.name);
    wrapper.steps.push_back(std::move(step));
    result_.tools.push_back(std::move(wrapper));
    return result_.tools.size() - 1;
  }

  void add_steps(const cwl::Process& process, const cwl::Workflow& workflow, CrateTool& tool) {
    const auto positions = positions_of(workflow);
    for (const cwl::WorkflowStep& from : workflow.steps) {
      CrateStep step{.name = from.name, .tool = 0, .position = positions.at(from.name), .sources = {}};
      for (const auto& input : from.inputs) {
        for (const std::string& source : input.source.names) step.sources.push_back(source + ">" + input.name);
      }
      const bool own_document = without_fragment(from.run->uri) != without_fragment(process.uri);
      const std::string document = crate_id(from.run->uri);
      const bool is_file = own_document && from.run->id.empty();
      const std::string place =
          from.run->id.empty()
              ? tool.id.substr(tool.id.find('#') == std::string::npos ? tool.id.size() : tool.id.find('#') + 1)
              : std::string();
      const std::string inline_place = (place.empty() ? "" : place + "/") + from.name + "/run";
      const std::string id = is_file ? document
                                     : document + "#" +
                                           (from.run->id.empty() ? core::encode_uri_path(inline_place)
                                                                 : core::encode_uri_path(from.run->id));
      step.tool = add(*from.run, id, is_file);
      tool.steps.push_back(std::move(step));
    }
    for (const auto& output : process.outputs) {
      for (const std::string& source : output.source.names) tool.output_sources.push_back(source + ">" + output.name);
    }
  }

  /// The longest way to a step from one that waits for none.
  static std::map<std::string, std::size_t> positions_of(const cwl::Workflow& workflow) {
    std::map<std::string, std::size_t> positions;
    for (const auto& step : workflow.steps) positions[step.name] = 0;
    // Links close no cycle, so this settles after as many rounds as the longest way has steps.
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& step : workflow.steps) {
        for (const auto& input : step.inputs) {
          for (const std::string& source : input.source.names) {
            const auto slash = source.find('/');
            if (slash == std::string::npos) continue;
            const std::size_t behind = positions[source.substr(0, slash)] + 1;
            if (positions[step.name] >= behind) continue;
            positions[step.name] = behind;
            changed = true;
          }
        }
      }
    }
    return positions;
  }

  const RunDocument& document_;
  std::size_t shared_;
  report::WorkflowDescription result_;
  std::map<std::string, std::size_t> known_;  ///< tools by id
};

}  // namespace

report::WorkflowDescription describe_for_crate(const RunDocument& document) { return Describer(document).describe(); }

}  // namespace alveus::cli
