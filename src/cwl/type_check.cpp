// SPDX-License-Identifier: Apache-2.0
#include "cwl/type_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/text.hpp"
#include "cwl/file_value.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl {
namespace {

bool is_whole(const core::Value& value, double least, double most) {
  if (!value.is_number()) return false;
  const double number = value.as_real();
  return std::trunc(number) == number && number >= least && number <= most;
}

bool matches_record(const Type& type, const core::Value& value) {
  if (!value.is_object()) return false;
  return std::all_of(type.fields.begin(), type.fields.end(), [&](const RecordField& field) {
    const core::Value* member = value.find(field.name);
    return matches(field.type, member == nullptr ? core::Value() : *member);
  });
}

std::string_view word_of(const core::Value& value) {
  if (is_file(value)) return "File";
  if (is_directory(value)) return "Directory";
  return name_of(value.kind());
}

core::Status wrong_symbol(const std::string& subject, const Type& type, const std::string& word) {
  std::string list;
  for (const std::string& symbol : type.symbols) list += (list.empty() ? "" : ", ") + symbol;
  const auto near = core::nearest(word, type.symbols);
  return core::fail(core::ErrorCode::kInvalidInput, subject + " is '" + word + "', but must be one of: " + list +
                                                        (near ? "; did you mean '" + *near + "'?" : ""));
}

core::Status wrong(const std::string& subject, const Type& type, const core::Value& value) {
  if (type.kind == Type::Kind::kEnum && value.is_string()) return wrong_symbol(subject, type, value.as_string());
  constexpr std::size_t kShownMax = 80;
  std::string shown = expr::value_text(value);
  if (shown.size() > kShownMax) shown = shown.substr(0, kShownMax) + "…";
  const bool is_plain = !value.is_null() && !value.is_array() && !value.is_object();
  return core::fail(core::ErrorCode::kInvalidInput,
                    subject + (value.is_null() ? " has no value" : " is of type " + std::string(word_of(value))) +
                        (is_plain ? " ('" + shown + "')" : "") + ", but must be " + name_of(type));
}

core::Status check(const std::string& subject, const Type& type, const core::Value& value) {
  if (matches(type, value)) return {};
  if (type.kind == Type::Kind::kArray && value.is_array()) {
    const core::Array& items = value.as_array();
    for (std::size_t index = 0; index < items.size(); ++index) {
      ALVEUS_TRY(check(subject + "[" + std::to_string(index) + "]", type.items(), items[index]));
    }
  }
  if (type.kind == Type::Kind::kRecord && value.is_object()) {
    for (const RecordField& field : type.fields) {
      const core::Value* member = value.find(field.name);
      ALVEUS_TRY(check(subject + "." + field.name, field.type, member == nullptr ? core::Value() : *member));
    }
  }
  return wrong(subject, type, value);
}

}  // namespace

bool matches(const Type& type, const core::Value& value) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::kNull: return value.is_null();
    case Kind::kBoolean: return value.is_bool();
    case Kind::kInt:
      return is_whole(value, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
    case Kind::kLong: return value.is_integer() || is_whole(value, -0x1p63, 0x1p63);
    case Kind::kFloat:
    case Kind::kDouble: return value.is_number();
    case Kind::kString: return value.is_string();
    case Kind::kFile: return is_file(value);
    case Kind::kDirectory: return is_directory(value);
    case Kind::kAny: return !value.is_null();
    case Kind::kArray:
      return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                             [&](const core::Value& item) { return matches(type.items(), item); });
    case Kind::kEnum:
      return value.is_string() &&
             std::find(type.symbols.begin(), type.symbols.end(), value.as_string()) != type.symbols.end();
    case Kind::kRecord: return matches_record(type, value);
    case Kind::kUnion: return matching_type(type, value) != nullptr;
  }
  return false;
}

const Type* matching_type(const Type& type, const core::Value& value) {
  if (type.kind != Type::Kind::kUnion) return matches(type, value) ? &type : nullptr;
  for (const Type& alternative : type.alternatives) {
    if (const Type* found = matching_type(alternative, value)) return found;
  }
  return nullptr;
}

core::Status check_type(std::string_view subject, const Type& type, const core::Value& value) {
  return check(std::string(subject), type, value);
}

}  // namespace alveus::cwl
