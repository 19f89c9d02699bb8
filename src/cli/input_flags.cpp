// SPDX-License-Identifier: Apache-2.0
#include "cli/input_flags.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli/input_text.hpp"
#include "core/text.hpp"
#include "cwl/file_value.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cli {
namespace {

using cmdline::Flag;
using core::Value;
using cwl::Type;
using Kind = cwl::Type::Kind;

/// The positional for the file of inputs: no input of a process has a name with a space.
constexpr const char* kInputsFile = "inputs file";

/// One flag and what it sets.
struct InputFlag {
  Flag flag;
  const Type* type;
  const cwl::Parameter* parameter;
  std::vector<std::string> path;  ///< the input's name, then the fields of records down to the value
};

/// The first paragraph on one line.
std::string first_paragraph(const std::string& text) {
  std::string line;
  for (const auto& part : core::split(core::trim(text), '\n')) {
    const auto words = core::trim(part);
    if (words.empty() && !line.empty()) break;
    line += (line.empty() ? "" : " ") + std::string(words);
  }
  return line;
}

std::string help_of(const cwl::Parameter& parameter, const Type& type) {
  std::string label = first_paragraph(parameter.label);
  const std::string doc = first_paragraph(parameter.doc);
  if (!label.empty() && !doc.empty() && !label.ends_with('.')) label += '.';
  std::string help = label + (label.empty() || doc.empty() ? "" : " ") + doc;
  const TextForm form = text_form_of(type);
  if (form == TextForm::kYaml || form == TextForm::kRecord) {
    help += (help.empty() ? "" : " ") + std::string("YAML or JSON: ") + cwl::name_of(without_null(type)) + ".";
  }
  std::string beside;
  for (const auto& file : parameter.secondary_files) {
    if (!file.pattern.value.is_string() || expr::has_expression(file.pattern.value.as_string())) continue;
    beside += (beside.empty() ? "" : ", ") + file.pattern.value.as_string();
  }
  if (!beside.empty()) help += (help.empty() ? "" : " ") + std::string("With ") + beside + " beside it.";
  return help;
}

std::string value_name_of(const Type& type) {
  switch (type.kind) {
    case Kind::kInt:
    case Kind::kLong: return "INT";
    case Kind::kFloat:
    case Kind::kDouble: return "NUMBER";
    case Kind::kFile: return "FILE";
    case Kind::kDirectory: return "FOLDER";
    case Kind::kEnum: return "CHOICE";
    case Kind::kBoolean: return "BOOLEAN";
    case Kind::kArray:
      return text_form_of(type) == TextForm::kList ? value_name_of(without_null(type.items())) : "YAML";
    case Kind::kRecord:
    case Kind::kAny: return "YAML";
    case Kind::kUnion: break;
    case Kind::kString:
    case Kind::kNull: return "TEXT";
  }
  if (text_form_of(type) != TextForm::kList) return text_form_of(type) == TextForm::kWord ? "VALUE" : "YAML";
  for (const Type& alternative : type.alternatives) {
    if (alternative.kind == Kind::kArray) return value_name_of(without_null(alternative.items()));
  }
  return "VALUE";
}

std::vector<std::string> choices_of(const Type& type) {
  const Type& items = type.kind == Kind::kArray ? without_null(type.items()) : type;
  return items.kind == Kind::kEnum ? items.symbols : std::vector<std::string>();
}

/// Where a flag comes from: the names that lead to its value, and the default of that value.
struct Place {
  std::vector<std::string> path;
  const Value* fallback = nullptr;
  bool may_be_required = true;
};

void add_flags(const cwl::Parameter& parameter, Place place, std::vector<InputFlag>& flags) {
  const Type& type = without_null(parameter.type);
  const TextForm form = text_form_of(type);
  InputFlag entry{.flag = {}, .type = &type, .parameter = &parameter, .path = place.path};
  Flag& flag = entry.flag;
  for (const auto& name : place.path) flag.name += (flag.name.empty() ? "" : ".") + name;
  if (flag.name.size() == 1) flag.short_name = flag.name;
  const bool is_toggle = type.kind == Kind::kBoolean;
  flag.kind = is_toggle ? Flag::Kind::kToggle : form == TextForm::kList ? Flag::Kind::kTextList : Flag::Kind::kText;
  flag.value_name = is_toggle ? "" : value_name_of(type);
  flag.help = help_of(parameter, type);
  flag.choices = choices_of(type);
  const bool has_fallback = place.fallback != nullptr && !place.fallback->is_null();
  if (has_fallback) flag.fallback = shown_value(*place.fallback);
  flag.required = place.may_be_required && !has_fallback && !parameter.type.is_optional();
  const bool is_required = flag.required;
  flags.push_back(std::move(entry));
  if (type.kind != Kind::kRecord) return;
  for (const cwl::RecordField& field : type.fields) {
    Place inner{.path = place.path,
                .fallback = has_fallback ? place.fallback->find(field.name) : nullptr,
                .may_be_required = is_required};
    inner.path.push_back(field.name);
    add_flags(field, std::move(inner), flags);
  }
}

std::vector<InputFlag> flags_of(const cwl::Process& process) {
  std::vector<InputFlag> flags;
  for (const cwl::InputParameter& input : process.inputs) {
    add_flags(input, {.path = {input.name}, .fallback = input.fallback ? &*input.fallback : nullptr}, flags);
  }
  return flags;
}

bool is_taken(std::span<const Flag> engine_flags, std::string_view name) {
  return name == "help" ||
         std::ranges::any_of(engine_flags, [&](const Flag& flag) { return !flag.positional && flag.name == name; });
}

/// -q of the engine stays the engine's; -h is the help.
void drop_taken_short_name(std::span<const Flag> engine_flags, Flag& flag) {
  const bool taken = flag.short_name == "h" ||
                     std::ranges::find(engine_flags, flag.short_name, &Flag::short_name) != engine_flags.end();
  if (taken) flag.short_name.clear();
}

/// What the user says with a flag is a file of the format that the input asks for.
void set_format(const cwl::Parameter& parameter, Value& value) {
  if (parameter.formats.empty() || !parameter.formats.front().value.is_string()) return;
  const std::string& format = parameter.formats.front().value.as_string();
  if (expr::has_expression(format)) return;
  cwl::for_each_file(value, [&](Value& object) {
    if (cwl::is_file(object) && object.find("format") == nullptr) object.set("format", format);
  });
}

void set_at(Value& object, std::span<const std::string> path, Value value) {
  if (path.size() == 1) return object.set(path.front(), std::move(value));
  Value inner = object.find(path.front()) == nullptr ? Value(core::Object{}) : *object.find(path.front());
  if (!inner.is_object()) inner = core::Object{};
  set_at(inner, path.subspan(1), std::move(value));
  object.set(path.front(), std::move(inner));
}

core::Status read_values(const std::vector<InputFlag>& inputs, const cmdline::Flags& given, Value& values) {
  for (const InputFlag& input : inputs) {
    if (!given.has(input.flag.name)) continue;
    const auto words = given.list(input.flag.name);
    ALVEUS_TRY_ASSIGN(Value value, value_of_text("--" + input.flag.name, *input.type, words));
    set_format(*input.parameter, value);
    set_at(values, input.path, std::move(value));
  }
  return {};
}

/// A flag without default and need, so that only what was given is there.
Flag bare(Flag flag) {
  flag.fallback.clear();
  flag.required = false;
  return flag;
}

core::Result<cmdline::ParsedCommand> parse(std::vector<Flag> flags, std::span<const std::string> arguments) {
  cmdline::Command command;
  command.flags = std::move(flags);
  return cmdline::parse_flags(command, arguments);
}

}  // namespace

std::vector<Flag> input_flags(const cwl::Process& process) {
  std::vector<Flag> flags;
  for (InputFlag& input : flags_of(process)) flags.push_back(std::move(input.flag));
  return flags;
}

core::Result<InputArguments> read_input_arguments(const cwl::Process& process, std::span<const Flag> engine_flags,
                                                  std::span<const std::string> arguments) {
  const std::vector<InputFlag> inputs = flags_of(process);
  std::vector<Flag> all;
  std::vector<Flag> alone;
  for (const InputFlag& input : inputs) {
    Flag flag = bare(input.flag);
    flag.choices.clear();  // `value_of_text` has the better words
    alone.push_back(flag);
    drop_taken_short_name(engine_flags, flag);
    if (!is_taken(engine_flags, flag.name)) all.push_back(std::move(flag));
  }
  for (Flag flag : engine_flags) {
    flag = bare(std::move(flag));
    if (flag.positional) flag.name = kInputsFile;
    all.push_back(std::move(flag));
  }
  const auto dashes = std::ranges::find(arguments, "--");
  const auto count = static_cast<std::size_t>(dashes - arguments.begin());
  ALVEUS_TRY_ASSIGN(const auto first, parse(std::move(all), arguments.first(count)));
  InputArguments read{.inputs_file = {}, .values = core::Object{}, .engine_flags = {}, .wants_help = first.wants_help};
  if (read.wants_help) return read;
  read.inputs_file = first.flags.text(kInputsFile);
  for (const Flag& flag : engine_flags) {
    if (first.flags.has(flag.name)) read.engine_flags.set(flag.name, first.flags.list(flag.name));
  }
  std::vector<InputFlag> free;
  std::ranges::copy_if(inputs, std::back_inserter(free),
                       [&](const InputFlag& input) { return !is_taken(engine_flags, input.flag.name); });
  ALVEUS_TRY(read_values(free, first.flags, read.values));
  if (count < arguments.size()) {
    ALVEUS_TRY_ASSIGN(const auto second, parse(std::move(alone), arguments.subspan(count + 1)));
    ALVEUS_TRY(read_values(inputs, second.flags, read.values));
    read.wants_help = second.wants_help;
  }
  return read;
}

std::string input_help(const cwl::Process& process, std::string_view document, std::span<const Flag> engine_flags) {
  std::vector<Flag> free;
  std::vector<Flag> behind_dashes;
  for (Flag& flag : input_flags(process)) {
    if (is_taken(engine_flags, flag.name)) {
      behind_dashes.push_back(std::move(flag));
    } else {
      drop_taken_short_name(engine_flags, flag);
      free.push_back(std::move(flag));
    }
  }
  std::string text = "\nInputs of " + std::string(document);
  if (!process.label.empty()) text += " (" + first_paragraph(process.label) + ")";
  text += free.empty() && behind_dashes.empty() ? ": none\n" : ":\n";
  text += cmdline::help_rows(free);
  if (!behind_dashes.empty()) {
    text += "\nInputs whose names are flags of Alveus; they stand behind \"--\":\n" + cmdline::help_rows(behind_dashes);
  }
  return text;
}

std::string flag_of_input(const cwl::InputParameter& input, std::span<const Flag> engine_flags) {
  const Type& type = without_null(input.type);
  const std::string value = type.kind == Kind::kBoolean ? "" : " " + value_name_of(type);
  return (is_taken(engine_flags, input.name) ? "-- --" : "--") + input.name + value;
}

}  // namespace alveus::cli
