// SPDX-License-Identifier: Apache-2.0
#include "cwl/type.hpp"

#include <algorithm>
#include <utility>

#include "cwl/detail/make_type.hpp"

namespace alveus::cwl {

Type of_kind(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type array_of(Type items) {
  Type type = of_kind(Type::Kind::kArray);
  type.alternatives.push_back(std::move(items));
  return type;
}

bool Type::is_optional() const {
  if (kind == Kind::kNull) return true;
  return kind == Kind::kUnion &&
         std::any_of(alternatives.begin(), alternatives.end(), [](const Type& one) { return one.is_optional(); });
}

namespace {

std::string name_of_union(const Type& type) {
  std::vector<std::string> names;
  for (const Type& alternative : type.alternatives) {
    if (alternative.kind != Type::Kind::kNull) names.push_back(name_of(alternative));
  }
  if (names.size() == 1 && type.is_optional()) return names.front() + "?";
  std::string text = "one of: ";
  if (type.is_optional()) text += "null, ";
  for (std::size_t index = 0; index < names.size(); ++index) text += (index == 0 ? "" : ", ") + names[index];
  return text;
}

}  // namespace

std::string name_of(const Type& type) {
  using Kind = Type::Kind;
  const auto named = [&](std::string word) { return type.name.empty() ? word : word + " " + type.name; };
  switch (type.kind) {
    case Kind::kNull: return "null";
    case Kind::kBoolean: return "boolean";
    case Kind::kInt: return "int";
    case Kind::kLong: return "long";
    case Kind::kFloat: return "float";
    case Kind::kDouble: return "double";
    case Kind::kString: return "string";
    case Kind::kFile: return "File";
    case Kind::kDirectory: return "Directory";
    case Kind::kAny: return "Any";
    case Kind::kArray: {
      const std::string items = name_of(type.items());
      return items.find(' ') == std::string::npos ? items + "[]" : "array of (" + items + ")";
    }
    case Kind::kEnum: return named("enum");
    case Kind::kRecord: return named("record");
    case Kind::kUnion: return name_of_union(type);
  }
  return "unknown";
}

}  // namespace alveus::cwl
