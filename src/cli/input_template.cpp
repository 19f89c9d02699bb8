// SPDX-License-Identifier: Apache-2.0
#include "cli/input_template.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "cli/input_text.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace alveus::cli {
namespace {

using core::Value;
using cwl::Type;
using Kind = cwl::Type::Kind;

constexpr std::size_t kCommentWidth = 100;

/// A key that YAML reads as this very text.
std::string key_of(const std::string& name) {
  constexpr std::array kWords = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](char letter) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  });
  const bool is_plain =
      !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
      std::ranges::all_of(name, [](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '-' || letter == '.';
      });
  return is_plain && std::ranges::find(kWords, lower) == kWords.end() ? name : core::to_json(Value(name));
}

/// "fast, slow" of an enum, alone or in an array.
std::string symbols_of(const Type& type) {
  const Type& items = type.kind == Kind::kArray ? without_null(type.items()) : type;
  std::string list;
  for (const auto& symbol : items.symbols) list += (list.empty() ? "" : ", ") + symbol;
  return list;
}

std::string patterns_of(const cwl::Parameter& parameter) {
  std::string list;
  for (const auto& file : parameter.secondary_files) {
    if (file.pattern.value.is_string()) list += (list.empty() ? "" : ", ") + file.pattern.value.as_string();
  }
  return list;
}

std::string formats_of(const cwl::Parameter& parameter) {
  std::string list;
  for (const auto& format : parameter.formats) {
    if (format.value.is_string()) list += (list.empty() ? "" : " or ") + format.value.as_string();
  }
  return list;
}

/// A value of the type, for an input that need not be given.
Value example_of(const Type& type) {
  switch (type.kind) {
    case Kind::kNull: return {};
    case Kind::kBoolean: return true;
    case Kind::kInt:
    case Kind::kLong: return 1;
    case Kind::kFloat:
    case Kind::kDouble: return 0.5;
    case Kind::kString:
    case Kind::kAny: return "text";
    case Kind::kFile: return core::Object{{"class", "File"}, {"path", "path/of/file"}};
    case Kind::kDirectory: return core::Object{{"class", "Directory"}, {"path", "path/of/folder"}};
    case Kind::kArray: return core::Array{example_of(without_null(type.items()))};
    case Kind::kEnum: return type.symbols.empty() ? Value("") : Value(type.symbols.front());
    case Kind::kUnion: {
      const auto first = std::ranges::find_if(type.alternatives, [](const Type& t) { return t.kind != Kind::kNull; });
      return first == type.alternatives.end() ? Value() : example_of(*first);
    }
    case Kind::kRecord: break;
  }
  core::Object record;
  for (const cwl::RecordField& field : type.fields) record.set(field.name, example_of(without_null(field.type)));
  return record;
}

/// Writes comments and entries with their indentation.
class Writer {
 public:
  void comment(std::string_view text, std::size_t indent) {
    for (const auto& paragraph : core::split(core::trim(text), '\n')) wrapped(paragraph, indent);
  }
  void line(std::string_view text, std::size_t indent) { text_ += std::string(indent, ' ') + std::string(text) + "\n"; }
  void gap() { text_ += "\n"; }
  std::string take() { return std::move(text_); }

 private:
  void wrapped(std::string_view paragraph, std::size_t indent) {
    std::string open;
    const auto finish = [&] { line(open.empty() ? "#" : "# " + open, indent); };
    for (const auto& word : core::split(paragraph, ' ')) {
      if (word.empty()) continue;
      if (!open.empty() && indent + 3 + open.size() + word.size() > kCommentWidth) {
        finish();
        open.clear();
      }
      open += (open.empty() ? "" : " ") + word;
    }
    finish();
  }

  std::string text_;
};

void describe(const cwl::Parameter& parameter, bool is_required, const Value* fallback, std::size_t indent,
              Writer& out) {
  if (!parameter.label.empty()) out.comment(parameter.label, indent);
  if (!parameter.doc.empty()) out.comment(parameter.doc, indent);
  const Type& type = without_null(parameter.type);
  std::string facts = cwl::name_of(type);
  facts += is_required ? ", required" : ", optional";
  if (const auto symbols = symbols_of(type); !symbols.empty()) facts += "; one of: " + symbols;
  if (const auto formats = formats_of(parameter); !formats.empty()) facts += "; format: " + formats;
  if (const auto patterns = patterns_of(parameter); !patterns.empty()) facts += "; with it: " + patterns;
  if (fallback != nullptr) facts += "; default: " + shown_value(*fallback);
  out.comment(facts, indent);
}

void entry(const cwl::Parameter& parameter, const Value* fallback, std::size_t indent, Writer& out);

/// What stands behind "key:" for a value that has to be given.
void blank(const std::string& key, const Type& type, std::size_t indent, Writer& out) {
  const Type& plain = without_null(type);
  out.line(key, indent);
  switch (plain.kind) {
    case Kind::kFile:
    case Kind::kDirectory:
      out.line(plain.kind == Kind::kFile ? "class: File" : "class: Directory", indent + 2);
      out.line("path:", indent + 2);
      break;
    case Kind::kRecord:
      for (const cwl::RecordField& field : plain.fields) entry(field, nullptr, indent + 2, out);
      break;
    case Kind::kArray: blank("-", plain.items(), indent + 2, out); break;
    case Kind::kNull:
    case Kind::kBoolean:
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kFloat:
    case Kind::kDouble:
    case Kind::kString:
    case Kind::kAny:
    case Kind::kEnum:
    case Kind::kUnion: break;
  }
}

void entry(const cwl::Parameter& parameter, const Value* fallback, std::size_t indent, Writer& out) {
  const bool is_required = fallback == nullptr && !parameter.type.is_optional();
  describe(parameter, is_required, fallback, indent, out);
  const std::string key = key_of(parameter.name) + ":";
  if (is_required) return blank(key, parameter.type, indent, out);
  const Value shown = fallback != nullptr ? *fallback : example_of(without_null(parameter.type));
  out.line("# " + key + " " + core::to_json(shown), indent);
}

const Value* fallback_of(const cwl::InputParameter& input) {
  return input.fallback && !input.fallback->is_null() ? &*input.fallback : nullptr;
}

Value described(const cwl::Parameter& parameter, const Value* fallback) {
  const Type& type = without_null(parameter.type);
  core::Object object{{"name", parameter.name},
                      {"type", cwl::name_of(parameter.type)},
                      {"required", fallback == nullptr && !parameter.type.is_optional()}};
  if (fallback != nullptr) object.set("default", *fallback);
  if (!parameter.label.empty()) object.set("label", parameter.label);
  if (!parameter.doc.empty()) object.set("doc", parameter.doc);
  if (const auto formats = formats_of(parameter); !formats.empty()) object.set("format", formats);
  if (const auto patterns = patterns_of(parameter); !patterns.empty()) object.set("secondaryFiles", patterns);
  const Type& items = type.kind == Kind::kArray ? without_null(type.items()) : type;
  if (items.kind == Kind::kEnum) object.set("symbols", core::Array(items.symbols.begin(), items.symbols.end()));
  if (items.kind == Kind::kRecord) {
    core::Array fields;
    for (const cwl::RecordField& field : items.fields) fields.push_back(described(field, nullptr));
    object.set("fields", std::move(fields));
  }
  return object;
}

}  // namespace

std::string input_template(const cwl::Process& process, std::string_view document) {
  Writer out;
  out.comment("Inputs of " + std::string(document), 0);
  if (!process.label.empty()) out.comment(process.label, 0);
  out.comment("Fill in what is empty. Take the # from a line to give what is optional.", 0);
  for (const cwl::InputParameter& input : process.inputs) {
    out.gap();
    entry(input, fallback_of(input), 0, out);
  }
  // A file of comments alone would be no mapping.
  const bool has_entry = std::ranges::any_of(process.inputs, [](const cwl::InputParameter& input) {
    return fallback_of(input) == nullptr && !input.type.is_optional();
  });
  std::string text = out.take();
  if (!has_entry && process.inputs.empty()) text += "\n{}\n";
  return text;
}

std::string input_table(const cwl::Process& process) {
  std::vector<std::array<std::string, 3>> rows;
  std::array<std::size_t, 3> widths{};
  for (const cwl::InputParameter& input : process.inputs) {
    const Value* fallback = fallback_of(input);
    const bool is_required = fallback == nullptr && !input.type.is_optional();
    rows.push_back({input.name, cwl::name_of(input.type),
                    is_required           ? "required"
                    : fallback == nullptr ? "optional"
                                          : "default " + shown_value(*fallback)});
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], rows.back()[i].size());
  }
  std::string text;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const cwl::InputParameter& input = process.inputs[row];
    const std::string& words = input.label.empty() ? input.doc : input.label;
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line += rows[row][i] + std::string(widths[i] - rows[row][i].size() + 2, ' ');
    }
    line += core::trim(words).substr(0, core::trim(words).find('\n'));
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

Value input_list(const cwl::Process& process) {
  core::Array list;
  for (const cwl::InputParameter& input : process.inputs) list.push_back(described(input, fallback_of(input)));
  return list;
}

}  // namespace alveus::cli
