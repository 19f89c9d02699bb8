// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"
#include "cwl/detail/check.hpp"
#include "cwl/detail/ontology.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Mark;
using document::Node;

namespace {

/// What every process may have.
constexpr std::array<FieldRule, 10> kProcessRules = {{{"class"},
                                                      {"id"},
                                                      {"label"},
                                                      {"doc"},
                                                      {"inputs"},
                                                      {"outputs"},
                                                      {"requirements"},
                                                      {"hints"},
                                                      {"cwlVersion"},
                                                      {"intent", Version::kV12}}};

/// The same and a class's own fields.
template <typename... Names>
constexpr auto process_rules_and(Names... names) {
  std::array<FieldRule, kProcessRules.size() + sizeof...(names)> rules{};
  std::size_t count = 0;
  for (const FieldRule& rule : kProcessRules) rules[count++] = rule;
  for (const char* const name : {names...}) rules[count++] = FieldRule{name};
  return rules;
}

constexpr auto kCommandLineToolRules = process_rules_and("baseCommand", "arguments", "stdin", "stdout", "stderr",
                                                         "successCodes", "temporaryFailCodes", "permanentFailCodes");
constexpr auto kExpressionToolRules = process_rules_and("expression");
constexpr auto kWorkflowRules = process_rules_and("steps");

constexpr std::array<FieldRule, 11> kInputRules = {{{"id"},
                                                    {"type"},
                                                    {"label"},
                                                    {"doc"},
                                                    {"secondaryFiles"},
                                                    {"streamable"},
                                                    {"format"},
                                                    {"default"},
                                                    {"inputBinding"},
                                                    {"loadContents", Version::kV11},
                                                    {"loadListing", Version::kV11}}};
constexpr std::array<FieldRule, 11> kOutputRules = {{{"id"},
                                                     {"type"},
                                                     {"label"},
                                                     {"doc"},
                                                     {"secondaryFiles"},
                                                     {"streamable"},
                                                     {"format"},
                                                     {"outputBinding"},
                                                     {"outputSource"},
                                                     {"linkMerge"},
                                                     {"pickValue", Version::kV12}}};
/// An output has no source outside workflows.
constexpr std::span<const FieldRule> kToolOutputRules = std::span(kOutputRules).first(8);

constexpr std::array<std::string_view, 4> kClasses = {"CommandLineTool", "ExpressionTool", "Workflow", "Operation"};

std::span<const FieldRule> rules_of(std::size_t class_index) {
  constexpr std::array<std::span<const FieldRule>, 4> kRules = {kCommandLineToolRules, kExpressionToolRules,
                                                                kWorkflowRules, kProcessRules};
  return kRules[class_index];
}

std::string_view article_of(std::string_view word) {
  return word.starts_with('E') || word.starts_with('O') ? "an " : "a ";
}

/// "#main" and "main" to "main"; "x.cwl#main" to "main".
std::string process_id(const Node& node) {
  const Node* id = node.find("id");
  if (id == nullptr || !id->is_string()) return "";
  return id->string().find('#') == std::string::npos ? id->string() : fragment_of(id->string());
}

bool names_format(const Parameter& parameter);

bool names_format(const Type& type) {
  return std::any_of(type.alternatives.begin(), type.alternatives.end(),
                     [](const Type& t) { return names_format(t); }) ||
         std::any_of(type.fields.begin(), type.fields.end(),
                     [](const RecordField& f) { return names_format(static_cast<const Parameter&>(f)); });
}

bool names_format(const Parameter& parameter) { return !parameter.formats.empty() || names_format(parameter.type); }

template <typename Parameters>
void report_twice(const Parameters& parameters, std::string_view what, Findings& findings) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (parameters[k].name != parameters[i].name) continue;
      findings.error(parameters[i].mark, "the " + std::string(what) + " '" + parameters[i].name +
                                             "' is defined twice, first at " + parameters[k].mark.text());
      break;
    }
  }
}

InputParameter read_input(const Named& entry, StreamTypes streams, const ReadScope& scope) {
  const Fields fields(entry.value, "an input", kInputRules, scope.version, scope.findings);
  InputParameter input;
  input.name = short_name(entry.name);
  input.mark = entry.mark;
  read_parameter(fields, Side::kInput, streams, scope, input);
  if (const Node* binding = fields.find("inputBinding")) input.binding = read_binding(*binding, scope);
  if (input.binding && input.binding->load_contents) input.load_contents = true;
  if (const Node* value = fields.find("default")) input.fallback = read_value(*value, scope.documents);
  return input;
}

OutputParameter read_output(const Named& entry, std::span<const FieldRule> rules, StreamTypes streams,
                            const std::string& process, const ReadScope& scope) {
  const Fields fields(entry.value, "an output", rules, scope.version, scope.findings);
  OutputParameter output;
  output.name = short_name(entry.name);
  output.mark = entry.mark;
  read_parameter(fields, Side::kOutput, streams, scope, output);
  if (const Node* binding = fields.find("outputBinding")) output.binding = read_output_binding(*binding, scope);
  output.source = read_source(fields, "outputSource", process, scope);
  return output;
}

void check_secrets(const Secrets& secrets, const std::vector<InputParameter>& inputs, Findings& findings) {
  std::vector<std::string> known;
  for (const InputParameter& input : inputs) known.push_back(input.name);
  for (const std::string& name : secrets.names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    findings.error(secrets.mark, "'Secrets' names '" + name + "', which is no input here" + suggestion(name, known));
  }
}

}  // namespace

Header ProcessReader::read_header(const Node& root, std::optional<Version> outer_version) {
  Header header;
  header.version = outer_version;
  const std::string base = documents_.uri_of(root.mark());
  if (const Node* namespaces = root.find("$namespaces")) {
    for (const Node::Member& member : namespaces->members()) {
      if (member.value.is_string()) header.namespaces[member.key] = member.value.string();
    }
  }
  if (const Node* schemas = root.find("$schemas")) {
    for (const Node& schema : schemas->items()) {
      if (schema.is_string()) header.schemas.push_back(resolve_uri(base, schema.string()));
    }
  }
  return header;
}

std::optional<Node> ProcessReader::select(const Node& root, const std::string& uri, const Mark& asked_from) {
  const Mark& mark = asked_from.source == nullptr ? root.mark() : asked_from;
  const std::string fragment = core::decode_uri(fragment_of(uri));
  const Node* graph = root.find("$graph");
  if (graph == nullptr) {
    if (fragment.empty() || fragment == process_id(root)) return root;
    findings_.error(mark, "'" + short_document(document_of(uri)) + "' has no process '" + fragment + "'");
    return std::nullopt;
  }
  const std::string wanted = fragment.empty() ? "main" : fragment;
  std::vector<std::string> known;
  for (const Node& item : graph->items()) {
    if (process_id(item) == wanted) return item;
    known.push_back(process_id(item));
  }
  if (fragment.empty() && graph->items().size() == 1) return graph->items().front();
  const std::string document = "'" + short_document(document_of(uri)) + "'";
  if (fragment.empty() && !known.empty()) {
    findings_.error(mark, document + " has several processes and none named 'main'; name the one to run, as in '#" +
                              known.front() + "'");
  } else {
    findings_.error(mark, document + " has no process '" + wanted + "'" + suggestion(wanted, known));
  }
  return std::nullopt;
}

std::shared_ptr<const Process> ProcessReader::read_at(const std::string& uri, const Mark& asked_from,
                                                      const Layer& outer, std::optional<Version> outer_version) {
  auto root = documents_.open(uri, asked_from);
  if (!root) {
    findings_.error(std::move(root).error());
    return nullptr;
  }
  if (!root->is_mapping()) {
    findings_.error(root->mark(), "'" + short_document(document_of(uri)) + "' is no CWL document: it " +
                                      (root->is_null() ? "is empty" : "holds a " + std::string(root->kind_name())) +
                                      ", not a mapping with 'cwlVersion' and 'class'");
    return nullptr;
  }
  const auto node = select(*root, uri, asked_from);
  if (!node) return nullptr;
  Header header = read_header(*root, outer_version);
  if (const Node* version = root->find("cwlVersion"); version != nullptr && root->find("$graph") != nullptr) {
    header.version = read_version(*version);
    if (!header.version) return nullptr;
  }
  const std::string id = process_id(*node);
  const std::string key = document_of(uri) + (id.empty() ? "" : "#" + id);
  if (std::find(reading_.begin(), reading_.end(), key) != reading_.end()) {
    findings_.error(asked_from, "'" + short_document(key) + "' runs itself");
    return nullptr;
  }
  reading_.push_back(key);
  auto process = read(*node, outer, header);
  reading_.pop_back();
  return process;
}

std::optional<Version> ProcessReader::read_version(const Node& node) {
  constexpr std::array<Version, 3> kVersions = {Version::kV10, Version::kV11, Version::kV12};
  const std::string text = node.is_string() ? node.string() : "";
  for (const Version version : kVersions) {
    if (text == name_of(version)) return version;
  }
  findings_.error(node.mark(), "cwlVersion '" + text + "' is not supported; write v1.0, v1.1 or v1.2",
                  core::ErrorCode::kUnsupported);
  return std::nullopt;
}

void ProcessReader::apply_overrides(ReadScope& scope) {
  const Node overrides = *std::exchange(overrides_, std::nullopt);
  if (scope.version == Version::kV10) {
    findings_.error(overrides.mark(),
                    "'cwl:requirements' in an input object needs a process of cwlVersion v1.1 or later");
  }
  const Layer own = std::exchange(scope.layer, inherit(read_layer(&overrides, nullptr, scope), scope.layer));
  // They are not inherited, but here nothing is inherited: it is the same process.
  if (!scope.layer.required.secrets) scope.layer.required.secrets = own.required.secrets;
  scope.layer.hinted.secrets = own.hinted.secrets;
}

/// The place in kClasses; empty, and reported, for what is no process.
std::optional<std::size_t> ProcessReader::read_class(const Node& node, Version version) {
  const Node* kind = node.find("class");
  const std::string word = kind != nullptr && kind->is_string() ? kind->string() : "";
  const auto place = std::find(kClasses.begin(), kClasses.end(), word);
  if (place != kClasses.end() && (word != "Operation" || version >= Version::kV12)) {
    return static_cast<std::size_t>(place - kClasses.begin());
  }
  const std::vector<std::string> known(kClasses.begin(), kClasses.end());
  if (kind == nullptr) {
    findings_.error(node.mark(),
                    "a process needs the field 'class': CommandLineTool, ExpressionTool, Workflow or Operation");
  } else if (word.ends_with("ProcessGenerator")) {
    findings_.error(kind->mark(), "the class '" + word + "' is not supported", core::ErrorCode::kUnsupported);
  } else {
    findings_.error(kind->mark(), "the class '" + word + "' is no process" + suggestion(word, known));
  }
  return std::nullopt;
}

std::shared_ptr<const Process> ProcessReader::read(const Node& node, const Layer& outer, const Header& header) {
  constexpr std::size_t kProcessesMax = 100'000;  // workflows that run one another twice grow without end
  if (++process_count_ > kProcessesMax) {
    findings_.error(node.mark(), "more than " + std::to_string(kProcessesMax) + " processes once all steps are read");
    return nullptr;
  }
  Header own = header;
  if (const Node* version = node.find("cwlVersion")) {
    own.version = read_version(*version);
    if (!own.version) return nullptr;
  }
  if (!own.version) {
    findings_.error(node.mark(), "the document needs the field 'cwlVersion', as in cwlVersion: v1.2");
    return nullptr;
  }
  const auto class_index = read_class(node, *own.version);
  if (!class_index) return nullptr;
  const std::string word(kClasses[*class_index]);
  const Fields fields(node, std::string(article_of(word)) + word, rules_of(*class_index), *own.version, findings_);
  ReadScope scope{findings_, documents_, *own.version, own.namespaces, {}, {}, 0};
  scope.layer = inherit(read_layer(fields.find("requirements"), fields.find("hints"), scope), outer);
  if (const auto& loop = scope.layer.required.loop) {
    findings_.error(loop->mark, "'Loop' belongs into the requirements of a workflow step, not of a process");
  }
  if (reading_.size() == 1 && overrides_) apply_overrides(scope);
  scope.effective = effective(scope.layer);
  if (*own.version == Version::kV10 && !scope.effective.network_access) {
    scope.effective.network_access = Expression{core::Value(true), node.mark()};
  }
  auto process = std::make_shared<Process>();
  process->id = process_id(node);
  process->uri = documents_.uri_of(node.mark());
  process->version = *own.version;
  process->namespaces = own.namespaces;
  process->requirements = scope.effective;
  process->mark = node.mark();
  process->label = fields.string("label").value_or("");
  process->doc = fields.text("doc");
  if (word == "CommandLineTool") process->body = CommandLineTool{};
  if (word == "ExpressionTool") process->body = ExpressionTool{};
  if (word == "Workflow") process->body = Workflow{};
  if (word == "Operation") process->body = Operation{};
  read_parameters(fields, scope, *process);
  if (const auto& secrets = scope.effective.secrets) check_secrets(*secrets, process->inputs, findings_);
  read_body(fields, scope, own, *process);
  process->ontology = read_ontology(own, *process);
  return process;
}

void ProcessReader::read_parameters(const Fields& fields, const ReadScope& scope, Process& process) {
  const bool workflow = std::holds_alternative<Workflow>(process.body);
  const StreamTypes streams =
      std::holds_alternative<CommandLineTool>(process.body) ? StreamTypes::kYes : StreamTypes::kNo;
  if (const Node* inputs = fields.require("inputs")) {
    for (const Named& entry : read_id_map(*inputs, "id", "type", "an input", findings_)) {
      process.inputs.push_back(read_input(entry, streams, scope));
    }
  }
  const std::span<const FieldRule> rules = workflow ? std::span<const FieldRule>(kOutputRules) : kToolOutputRules;
  if (const Node* outputs = fields.require("outputs")) {
    for (const Named& entry : read_id_map(*outputs, "id", "type", "an output", findings_)) {
      process.outputs.push_back(read_output(entry, rules, streams, process.id, scope));
    }
  }
  report_twice(process.inputs, "input", findings_);
  report_twice(process.outputs, "output", findings_);
}

void ProcessReader::read_body(const Fields& fields, const ReadScope& scope, const Header& header, Process& process) {
  if (std::holds_alternative<CommandLineTool>(process.body)) {
    process.body = read_command_line_tool(fields, scope, process);
  } else if (std::holds_alternative<ExpressionTool>(process.body)) {
    ExpressionTool tool;
    fields.require("expression");
    if (auto expression = fields.expression("expression")) tool.expression = *std::move(expression);
    process.body = std::move(tool);
  } else if (std::holds_alternative<Workflow>(process.body)) {
    process.body = read_workflow(fields, scope, header, process);
    check_workflow(process, findings_);
  }
}

std::shared_ptr<const Ontology> ProcessReader::read_ontology(const Header& header, const Process& process) {
  const bool wanted = std::any_of(process.inputs.begin(), process.inputs.end(),
                                  [](const InputParameter& input) { return names_format(input); });
  if (!wanted || header.schemas.empty()) return nullptr;
  auto ontology = std::make_shared<Ontology>();
  for (const std::string& schema : header.schemas) {
    const auto fetched = documents_.fetch(schema);
    if (fetched) {
      add_ontology(fetched->text, *ontology);
    } else {
      findings_.warning(process.mark, "cannot read the schema '" + schema + "': " + fetched.error().message);
    }
  }
  return ontology;
}

}  // namespace alveus::cwl
