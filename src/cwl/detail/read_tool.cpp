// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "cwl/detail/read.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

std::vector<CommandLineBinding> read_arguments(const Fields& fields, const ReadScope& scope) {
  std::vector<CommandLineBinding> arguments;
  const Node* list = fields.find("arguments");
  if (list == nullptr) return arguments;
  if (!list->is_sequence()) fields.wrong(*list, "arguments", "a list");
  for (const Node& item : list->items()) {
    if (item.is_string()) {
      CommandLineBinding binding;
      binding.value_from = Expression{item.scalar(), item.mark()};
      binding.mark = item.mark();
      arguments.push_back(std::move(binding));
    } else if (item.is_mapping()) {
      arguments.push_back(read_binding(item, scope));
      if (!arguments.back().value_from) scope.findings.error(item.mark(), "an argument needs the field 'valueFrom'");
    } else {
      fields.wrong(item, "arguments", "a list of strings and bindings");
    }
  }
  return arguments;
}

/// The type of a parameter that is written as one word.
std::string type_word(const Node& parameter) {
  const Node* type = parameter.find("type");
  return type != nullptr && type->is_string() ? type->string() : "";
}

/// The value without labels and documentation.
core::Value without_words(const core::Value& value) {
  if (value.is_array()) {
    core::Array items;
    for (const core::Value& item : value.as_array()) items.push_back(without_words(item));
    return items;
  }
  if (!value.is_object()) return value;
  core::Object members;
  for (const auto& [name, member] : value.as_object()) {
    if (name != "label" && name != "doc") members.append(name, without_words(member));
  }
  return members;
}

/// A name for the file of a standard stream that the document leaves unnamed: the same for the same command, whatever
/// is said about it.
Expression made_up_name(const Fields& fields, std::string_view stream) {
  std::string text(stream);
  for (const char* part : {"baseCommand", "arguments", "inputs"}) {
    const Node* node = fields.find(part);
    if (node != nullptr) text += core::to_json(without_words(node->value()));
  }
  const std::string digest = core::hash_text(core::HashKind::kSha256, text).substr(0, 16);
  return {core::Value(digest + "." + std::string(stream)), fields.mark()};
}

void resolve_stream_output(const Node& written, OutputParameter& output, const Fields& fields, CommandLineTool& tool,
                           Findings& findings) {
  const std::string word = type_word(written);
  if (word != "stdout" && word != "stderr") return;
  std::optional<Expression>& name = word == "stdout" ? tool.stdout_name : tool.stderr_name;
  if (!name) name = made_up_name(fields, word);
  if (output.binding) {
    findings.error(output.binding->mark,
                   "the output '" + output.name + "' of type " + word + " must not have an 'outputBinding'");
  }
  output.binding = CommandOutputBinding{};
  output.binding->glob.push_back(*name);
  output.binding->mark = output.mark;
}

void resolve_stream_input(const Node& written, InputParameter& input, CommandLineTool& tool, Findings& findings) {
  if (type_word(written) != "stdin") return;
  if (input.binding) {
    findings.error(input.binding->mark, "the input '" + input.name + "' of type stdin must not have an 'inputBinding'");
  }
  if (tool.stdin_path) {
    findings.error(input.mark, "the input '" + input.name + "' of type stdin and the field 'stdin' exclude each other");
  }
  tool.stdin_path = Expression{core::Value("$(inputs." + input.name + ".path)"), input.mark};
}

}  // namespace

CommandLineTool read_command_line_tool(const Fields& fields, const ReadScope& scope, Process& process) {
  CommandLineTool tool;
  tool.base_command = fields.strings("baseCommand");
  tool.arguments = read_arguments(fields, scope);
  tool.stdin_path = fields.expression("stdin");
  tool.stdout_name = fields.expression("stdout");
  tool.stderr_name = fields.expression("stderr");
  tool.success_codes = fields.integers("successCodes");
  tool.temporary_fail_codes = fields.integers("temporaryFailCodes");
  tool.permanent_fail_codes = fields.integers("permanentFailCodes");
  Findings ignored;  // entries without a name were reported when the parameters were read
  const Node none;
  const Node* inputs = fields.find("inputs");
  const auto written_inputs = read_id_map(inputs == nullptr ? none : *inputs, "id", "type", "an input", ignored);
  for (std::size_t i = 0; i < process.inputs.size(); ++i) {
    resolve_stream_input(written_inputs[i].value, process.inputs[i], tool, scope.findings);
  }
  const Node* outputs = fields.find("outputs");
  const auto written_outputs = read_id_map(outputs == nullptr ? none : *outputs, "id", "type", "an output", ignored);
  for (std::size_t i = 0; i < process.outputs.size(); ++i) {
    resolve_stream_output(written_outputs[i].value, process.outputs[i], fields, tool, scope.findings);
  }
  return tool;
}

}  // namespace alveus::cwl
