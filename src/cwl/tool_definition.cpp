// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "cwl/detail/definition.hpp"
#include "cwl/detail/fields.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cwl::detail {
namespace {

using core::Array;
using core::Object;
using core::Value;

std::string_view name_of(LoadListing listing) {
  switch (listing) {
    case LoadListing::kNone: return "no_listing";
    case LoadListing::kShallow: return "shallow_listing";
    case LoadListing::kDeep: return "deep_listing";
  }
  return "";
}

/// An object without the members that say nothing.
class Parts {
 public:
  void add(std::string_view name, Value value) {
    const bool says_nothing = value.is_null() || (value.is_bool() && !value.as_bool()) ||
                              (value.is_array() && value.as_array().empty()) ||
                              (value.is_object() && value.as_object().empty());
    if (!says_nothing) parts_.append(std::string(name), std::move(value));
  }
  void add(std::string_view name, const std::optional<Expression>& field) {
    if (field) add(name, field->value);
  }
  Value take() { return std::move(parts_); }

 private:
  Object parts_;
};

template <typename Items, typename Describe>
Value list_of(const Items& items, const Describe& describe) {
  Array list;
  for (const auto& item : items) list.push_back(describe(item));
  return list;
}

Value describe_binding(const std::optional<CommandLineBinding>& binding) {
  if (!binding) return {};
  Parts parts;
  parts.add("position", binding->position);
  if (binding->prefix) parts.add("prefix", Value(*binding->prefix));
  if (!binding->separate) parts.add("separate", Value("no"));
  if (binding->item_separator) parts.add("itemSeparator", Value(*binding->item_separator));
  parts.add("valueFrom", binding->value_from);
  if (!binding->shell_quote) parts.add("shellQuote", Value("no"));
  Value described = parts.take();
  // An empty binding puts its input on the command line; no binding does not.
  return described.as_object().empty() ? Value("plain") : described;
}

Value describe_output_binding(const std::optional<CommandOutputBinding>& binding) {
  if (!binding) return {};
  Parts parts;
  parts.add("glob", list_of(binding->glob, [](const Expression& glob) { return glob.value; }));
  parts.add("loadContents", Value(binding->load_contents));
  parts.add("loadListing", Value(name_of(binding->load_listing)));
  parts.add("outputEval", binding->output_eval);
  return parts.take();
}

Value describe_type(const Type& type);

void add_parameter(Parts& parts, const Parameter& parameter) {
  parts.add("type", describe_type(parameter.type));
  parts.add("secondaryFiles", list_of(parameter.secondary_files, [](const SecondaryFile& file) {
              return Value(Object{{"pattern", file.pattern.value}, {"required", file.required.value}});
            }));
  parts.add("loadContents", Value(parameter.load_contents));
  if (parameter.load_listing != LoadListing::kNone) parts.add("loadListing", Value(name_of(parameter.load_listing)));
}

Value describe_field(const RecordField& field) {
  Parts parts;
  parts.add("name", Value(field.name));
  add_parameter(parts, field);
  parts.add("inputBinding", describe_binding(field.binding));
  parts.add("outputBinding", describe_output_binding(field.output_binding));
  return parts.take();
}

Value describe_type(const Type& type) {
  Parts parts;
  parts.add("kind", Value(static_cast<std::int64_t>(type.kind)));
  parts.add("of", list_of(type.alternatives, describe_type));
  parts.add("symbols", list_of(type.symbols, [](const std::string& symbol) { return Value(symbol); }));
  parts.add("fields", list_of(type.fields, describe_field));
  parts.add("binding", describe_binding(type.binding));
  return parts.take();
}

Value describe_inputs(const Process& process) {
  Object inputs;
  for (const InputParameter& input : process.inputs) {
    Parts parts;
    add_parameter(parts, input);
    parts.add("inputBinding", describe_binding(input.binding));
    inputs.append(input.name, parts.take());
  }
  return inputs;
}

Value describe_outputs(const Process& process) {
  Object outputs;
  for (const OutputParameter& output : process.outputs) {
    Parts parts;
    add_parameter(parts, output);
    parts.add("format", list_of(output.formats, [](const Expression& format) { return format.value; }));
    parts.add("outputBinding", describe_output_binding(output.binding));
    outputs.append(output.name, parts.take());
  }
  return outputs;
}

Value describe_work_dir(const std::optional<InitialWorkDir>& work_dir) {
  if (!work_dir) return {};
  return list_of(work_dir->listing, [](const auto& item) -> Value {
    if (const auto* field = std::get_if<Expression>(&item)) return field->value;
    const auto& entry = std::get<Dirent>(item);
    Parts parts;
    parts.add("entry", entry.entry.value);
    parts.add("entryname", entry.entryname);
    parts.add("writable", Value(entry.writable));
    return parts.take();
  });
}

Value describe_environment(const std::optional<EnvVar>& environment) {
  Object variables;
  if (environment) {
    for (const auto& [name, value] : environment->definitions) variables.set(name, value.value);
  }
  return variables;
}

Value codes_of(const std::vector<int>& codes) {
  return list_of(codes, [](int code) { return Value(code); });
}

/// What the texts of a tool ask of `runtime`.
class RuntimeUse {
 public:
  explicit RuntimeUse(flow::Definition& definition) : definition_(definition) {}

  /// `is_script`: all of a text is JavaScript, not only what stands in "$(…)" and "${…}".
  void look(const Value& value, bool is_script) {
    if (value.is_string() && (is_script || expr::has_expression(value.as_string()))) look_at_text(value.as_string());
    if (value.is_array()) {
      for (const Value& item : value.as_array()) look(item, is_script);
    }
    if (value.is_object()) {
      for (const auto& [name, member] : value.as_object()) look(member, is_script);
    }
  }

 private:
  void look_at_text(std::string_view text) {
    constexpr std::string_view kWord = "runtime";
    for (std::size_t at = text.find(kWord); at != std::string_view::npos; at = text.find(kWord, at + 1)) {
      note(member_at(text.substr(at + kWord.size())));
    }
  }

  /// "cores" for ".cores + 1" and "['cores']"; empty for a use that does not name its member.
  static std::string member_at(std::string_view text) {
    std::string_view opening;
    for (const std::string_view candidate : {".", "['", "[\""}) {
      if (text.starts_with(candidate)) opening = candidate;
    }
    if (opening.empty()) return {};
    text.remove_prefix(opening.size());
    std::size_t length = 0;
    while (length < text.size() && (std::isalnum(static_cast<unsigned char>(text[length])) != 0 || text[length] == '_'))
      ++length;
    return std::string(text.substr(0, length));
  }

  void note(const std::string& member) {
    if (member == "outdir" || member == "tmpdir" || member == "exitCode") return;  // paths and what follows the job
    const bool is_all = member != "cores" && member != "ram" && member != "tmpdirSize" && member != "outdirSize";
    definition_.sees_cores |= is_all || member == "cores";
    definition_.sees_ram |= is_all || member == "ram";
    definition_.sees_tmpdir_size |= is_all || member == "tmpdirSize";
    definition_.sees_outdir_size |= is_all || member == "outdirSize";
  }

  flow::Definition& definition_;
};

}  // namespace

flow::Definition definition_of(const Process& process) {
  const auto& tool = std::get<CommandLineTool>(process.body);
  const Requirements& requirements = process.requirements;
  Parts parts;
  parts.add("cwlVersion", Value(cwl::name_of(process.version)));
  parts.add("baseCommand", list_of(tool.base_command, [](const std::string& word) { return Value(word); }));
  parts.add("arguments", list_of(tool.arguments, describe_binding));
  parts.add("stdin", tool.stdin_path);
  parts.add("stdout", tool.stdout_name);
  parts.add("stderr", tool.stderr_name);
  parts.add("successCodes", codes_of(tool.success_codes));
  parts.add("temporaryFailCodes", codes_of(tool.temporary_fail_codes));
  parts.add("permanentFailCodes", codes_of(tool.permanent_fail_codes));
  parts.add("inputs", describe_inputs(process));
  parts.add("outputs", describe_outputs(process));
  parts.add("InitialWorkDirRequirement", describe_work_dir(requirements.initial_work_dir));
  parts.add("EnvVarRequirement", describe_environment(requirements.environment));
  parts.add("ShellCommandRequirement", Value(requirements.shell_command));
  parts.add("NetworkAccess", requirements.network_access);
  parts.add("ShmSize", requirements.shm_size);
  if (requirements.docker) {
    parts.add("DockerRequirement", requirements.docker->requirement);
    parts.add("container is required", Value(requirements.docker->required));
  }
  Value library;
  if (requirements.javascript) {
    parts.add("InlineJavascriptRequirement", Value(true));
    library = list_of(requirements.javascript->library, [](const std::string& script) { return Value(script); });
  }
  flow::Definition definition{.parts = parts.take()};
  RuntimeUse use(definition);
  use.look(definition.parts, false);
  use.look(library, true);
  if (library.is_array() && !library.as_array().empty()) definition.parts.set("expressionLib", std::move(library));
  return definition;
}

}  // namespace alveus::cwl::detail
