// SPDX-License-Identifier: Apache-2.0
#include "cli/input_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <vector>

#include "cli/file_source.hpp"
#include "cli/nearest_file.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "cwl/file_value.hpp"
#include "cwl/load.hpp"
#include "cwl/type_check.hpp"
#include "document/parse.hpp"

namespace alveus::cli {
namespace {

using core::ErrorCode;
using core::Result;
using core::Value;
using cwl::Type;
using Kind = cwl::Type::Kind;

bool is_simple(const Type& type) {
  switch (type.kind) {
    case Kind::kBoolean:
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kFloat:
    case Kind::kDouble:
    case Kind::kString:
    case Kind::kEnum:
    case Kind::kFile:
    case Kind::kDirectory: return true;
    case Kind::kNull:
    case Kind::kAny:
    case Kind::kArray:
    case Kind::kRecord:
    case Kind::kUnion: return false;
  }
  return false;
}

bool is_path(const Type& type) { return type.kind == Kind::kFile || type.kind == Kind::kDirectory; }

/// A type whose value one word tells without doubt: a path and a text are not told apart.
bool is_one_word(const Type& type) {
  if (type.kind != Kind::kUnion) return is_simple(type);
  std::size_t paths = 0;
  bool has_string = false;
  for (const Type& alternative : type.alternatives) {
    if (alternative.kind == Kind::kNull) continue;
    if (!is_simple(alternative)) return false;
    paths += is_path(alternative) ? 1 : 0;
    has_string = has_string || alternative.kind == Kind::kString;
  }
  return paths == 0 || (paths == 1 && !has_string);
}

bool is_list(const Type& type) {
  if (type.kind == Kind::kArray) return is_one_word(without_null(type.items()));
  return type.kind == Kind::kUnion && std::ranges::all_of(type.alternatives, [](const Type& alternative) {
           return alternative.kind == Kind::kNull || is_simple(alternative) ||
                  (alternative.kind == Kind::kArray && is_one_word(without_null(alternative.items())));
         });
}

auto wrong(std::string_view subject, std::string_view expected, std::string_view word) {
  return core::fail(ErrorCode::kInvalidInput,
                    std::string(subject) + " takes " + std::string(expected) + ", not '" + std::string(word) + "'");
}

Result<Value> whole_number(std::string_view subject, const Type& type, std::string_view word) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failure == std::errc::invalid_argument || end != word.data() + word.size()) {
    return wrong(subject, "a whole number", word);
  }
  const bool is_int = type.kind == Kind::kInt;
  if (failure != std::errc() || (is_int && static_cast<std::int32_t>(number) != number)) {
    return wrong(subject,
                 is_int ? "an int, from -2147483648 to 2147483647" : "a long, a whole number of at most 64 bits", word);
  }
  return Value(number);
}

Result<Value> real_number(std::string_view subject, std::string_view word) {
  // As in a file of inputs, "3" is the whole number.
  std::int64_t whole = 0;
  if (const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), whole);
      failure == std::errc() && end == word.data() + word.size()) {
    return Value(whole);
  }
  double number = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failure != std::errc() || end != word.data() + word.size() || !std::isfinite(number)) {
    return wrong(subject, "a number", word);
  }
  return Value(number);
}

Result<Value> symbol(std::string_view subject, const Type& type, const std::string& word) {
  if (std::ranges::find(type.symbols, word) != type.symbols.end()) return Value(word);
  std::string list;
  for (const auto& choice : type.symbols) list += (list.empty() ? "" : ", ") + choice;
  const auto likely = core::nearest(word, type.symbols);
  return core::fail(ErrorCode::kInvalidInput, std::string(subject) + " is one of " + list + "; not '" + word + "'" +
                                                  (likely ? "; did you mean '" + *likely + "'?" : ""));
}

Result<Value> path_value(std::string_view subject, const Type& type, const std::string& word) {
  const bool wants_file = type.kind == Kind::kFile;
  const auto object = [&](std::string location) {
    return Value(core::Object{{"class", wants_file ? "File" : "Directory"}, {"location", std::move(location)}});
  };
  std::error_code failure;
  const auto status = std::filesystem::status(word, failure);
  if (std::filesystem::exists(status)) {
    if (std::filesystem::is_directory(status) == wants_file) {
      return core::fail(ErrorCode::kInvalidInput, std::string(subject) + " takes a " +
                                                      (wants_file ? "file, but '" : "folder, but '") + word +
                                                      "' is a " + (wants_file ? "folder" : "file"));
    }
    return object(uri_of_argument(word));
  }
  if (word.find("://") != std::string::npos) return object(word);
  return core::fail(ErrorCode::kNotFound,
                    std::string(subject) + ": " + no_such_file(word, wants_file ? "file" : "folder"));
}

Result<Value> one_word(std::string_view subject, const Type& type, const std::string& word);

/// The narrowest alternative that the word fits: "3" is a number before it is a text.
Result<Value> word_of_union(std::string_view subject, const Type& type, const std::string& word) {
  constexpr std::array kOrder = {Kind::kBoolean, Kind::kInt,  Kind::kLong,   Kind::kFloat,    Kind::kDouble,
                                 Kind::kEnum,    Kind::kFile, Kind::kString, Kind::kDirectory};
  std::optional<core::Error> refusal;
  for (const Kind kind : kOrder) {
    const auto alternative = std::ranges::find(type.alternatives, kind, &Type::kind);
    if (alternative == type.alternatives.end()) continue;
    auto value = one_word(subject, *alternative, word);
    if (value) return value;
    refusal = std::move(value).error();
  }
  const bool only_one = std::ranges::count_if(type.alternatives, is_simple) == 1;
  if (only_one && refusal) return core::fail(*std::move(refusal));
  return wrong(subject, cwl::name_of(type), word);
}

Result<Value> one_word(std::string_view subject, const Type& type, const std::string& word) {
  switch (type.kind) {
    case Kind::kBoolean:
      if (word == "true" || word == "false") return Value(word == "true");
      return wrong(subject, "true or false", word);
    case Kind::kInt:
    case Kind::kLong: return whole_number(subject, type, word);
    case Kind::kFloat:
    case Kind::kDouble: return real_number(subject, word);
    case Kind::kString: return Value(word);
    case Kind::kEnum: return symbol(subject, type, word);
    case Kind::kFile:
    case Kind::kDirectory: return path_value(subject, type, word);
    case Kind::kUnion: return word_of_union(subject, type, word);
    case Kind::kNull:
    case Kind::kAny:
    case Kind::kArray:
    case Kind::kRecord: break;
  }
  return core::fail(ErrorCode::kInternal, std::string(subject) + " is no single word");
}

Result<Value> yaml_value(std::string_view subject, const Type& type, const std::string& word) {
  ALVEUS_TRY_ASSIGN(const auto node, document::parse(std::string(subject), word));
  Value value = node.value();
  const bool is_text = !cwl::matches(type, value) && cwl::matches(type, Value(word));
  if (is_text) return Value(word);
  cwl::resolve_files(value, uri_of_argument("inputs"));
  ALVEUS_TRY(cwl::check_type(subject, type, value));
  return value;
}

Result<Value> list_value(std::string_view subject, const Type& type, std::span<const std::string> words) {
  const Type* array = &type;
  if (type.kind == Kind::kUnion) {
    const bool has_simple = std::ranges::any_of(type.alternatives, is_simple);
    if (words.size() == 1 && has_simple) return word_of_union(subject, type, words.front());
    array = &*std::ranges::find(type.alternatives, Kind::kArray, &Type::kind);
  }
  core::Array items;
  for (const std::string& word : words) {
    ALVEUS_TRY_ASSIGN(auto item, one_word(subject, without_null(array->items()), word));
    items.push_back(std::move(item));
  }
  return Value(std::move(items));
}

}  // namespace

const Type& without_null(const Type& type) {
  if (type.kind != Kind::kUnion) return type;
  const Type* only = nullptr;
  for (const Type& alternative : type.alternatives) {
    if (alternative.kind == Kind::kNull) continue;
    if (only != nullptr) return type;
    only = &alternative;
  }
  return only == nullptr ? type : *only;
}

TextForm text_form_of(const Type& type) {
  const Type& plain = without_null(type);
  if (is_one_word(plain)) return TextForm::kWord;
  if (is_list(plain)) return TextForm::kList;
  return plain.kind == Kind::kRecord ? TextForm::kRecord : TextForm::kYaml;
}

Result<Value> value_of_text(std::string_view subject, const Type& type, std::span<const std::string> words) {
  const Type& plain = without_null(type);
  switch (text_form_of(plain)) {
    case TextForm::kWord: return one_word(subject, plain, words.back());
    case TextForm::kList: return list_value(subject, plain, words);
    case TextForm::kRecord:
    case TextForm::kYaml: break;
  }
  return yaml_value(subject, plain, words.back());
}

std::string shown_value(const Value& value) {
  constexpr std::size_t kShownMax = 60;
  std::string text = value.is_string() ? value.as_string() : core::to_json(value);
  if (cwl::is_file(value) || cwl::is_directory(value)) {
    text = value.string_or("basename", cwl::basename_of(value.string_or("location", "")));
    if (text.empty()) text = value.string_or("class", "");
  }
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= kShownMax) return text;
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not inside a UTF-8 character
  return text.substr(0, end) + "...";
}

}  // namespace alveus::cli
