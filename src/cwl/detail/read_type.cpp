// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "core/text.hpp"
#include "cwl/detail/make_type.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Node;
using Kind = Type::Kind;

namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 10> kSimpleTypes = {{
    {"null", Kind::kNull},
    {"boolean", Kind::kBoolean},
    {"int", Kind::kInt},
    {"long", Kind::kLong},
    {"float", Kind::kFloat},
    {"double", Kind::kDouble},
    {"string", Kind::kString},
    {"File", Kind::kFile},
    {"Directory", Kind::kDirectory},
    {"Any", Kind::kAny},
}};
constexpr int kTypeDepthMax = 32;

/// A union without unions inside and without the same simple type twice.
Type union_of(std::vector<Type> alternatives) {
  Type type = of_kind(Kind::kUnion);
  for (Type& alternative : alternatives) {
    if (alternative.kind == Kind::kUnion) {
      for (Type& inner : alternative.alternatives) type.alternatives.push_back(std::move(inner));
    } else {
      type.alternatives.push_back(std::move(alternative));
    }
  }
  if (type.alternatives.size() == 1) {
    Type only = std::move(type.alternatives.front());
    return only;
  }
  return type;
}

/// How a type of this name is written, which needs fields of its own; "" for any other name.
std::string_view schema_example(std::string_view name) {
  if (name == "array") return "{type: array, items: …}";
  if (name == "enum") return "{type: enum, symbols: […]}";
  return name == "record" ? "{type: record, fields: …}" : "";
}

const Node* find_named_type(const std::string& name, const Node& at, const ReadScope& scope) {
  const std::string base = scope.documents.uri_of(at.mark());
  const TypeNames& types = scope.layer.types;
  for (const std::string& candidate : {resolve_uri(base, name), resolve_uri(base, "#" + name)}) {
    if (const auto found = types.find(candidate); found != types.end()) return &found->second;
  }
  for (const auto& [uri, node] : types) {
    if (short_name(uri) == short_name(name)) return &node;
  }
  return nullptr;
}

Type read_type_name(const std::string& name, const Node& at, Side side, const ReadScope& scope) {
  for (const auto& [word, kind] : kSimpleTypes) {
    if (word == name) return of_kind(kind);
  }
  if (const Node* named = find_named_type(name, at, scope)) {
    if (scope.type_depth >= kTypeDepthMax) {
      scope.findings.error(at.mark(), "the type '" + short_name(name) + "' contains itself");
      return of_kind(Kind::kAny);
    }
    if (!scope.documents.count_type()) {
      scope.findings.error(at.mark(), "the types of SchemaDefRequirement use one another too often");
      return of_kind(Kind::kAny);
    }
    ReadScope inner = scope;
    ++inner.type_depth;
    return read_type(*named, side, inner);
  }
  if (const auto inside = schema_example(name); !inside.empty()) {
    scope.findings.error(at.mark(),
                         "'" + name + "' stands inside the field 'type': write type: " + std::string(inside));
    return of_kind(Kind::kAny);
  }
  std::vector<std::string> known;
  for (const auto& [word, kind] : kSimpleTypes) known.emplace_back(word);
  for (const auto& [uri, node] : scope.layer.types) known.push_back(short_name(uri));
  scope.findings.error(at.mark(), "the type '" + name + "' is not known" + suggestion(name, known));
  return of_kind(Kind::kAny);
}

Type read_type_text(const Node& node, Side side, const ReadScope& scope) {
  std::string_view text = node.string();
  const bool optional = text.ends_with('?');
  if (optional) text.remove_suffix(1);
  int arrays = 0;
  for (; text.ends_with("[]"); text.remove_suffix(2)) ++arrays;
  Type type = read_type_name(std::string(text), node, side, scope);
  for (; arrays > 0; --arrays) type = array_of(std::move(type));
  if (!optional) return type;
  return union_of({of_kind(Kind::kNull), std::move(type)});
}

constexpr std::array<FieldRule, 7> kArrayRules = {
    {{"type"}, {"items"}, {"name"}, {"label"}, {"doc"}, {"inputBinding"}, {"outputBinding"}}};
constexpr std::array<FieldRule, 7> kEnumRules = {
    {{"type"}, {"symbols"}, {"name"}, {"label"}, {"doc"}, {"inputBinding"}, {"outputBinding"}}};
constexpr std::array<FieldRule, 7> kRecordRules = {
    {{"type"}, {"fields"}, {"name"}, {"label"}, {"doc"}, {"inputBinding"}, {"outputBinding"}}};

void read_schema_head(const Fields& fields, const ReadScope& scope, Type& type) {
  type.name = short_name(fields.string("name").value_or(""));
  if (const Node* binding = fields.find("inputBinding")) type.binding = read_binding(*binding, scope);
}

Type read_array(const Node& node, Side side, const ReadScope& scope) {
  const Fields fields(node, "an array type", kArrayRules, scope.version, scope.findings);
  Type type = of_kind(Kind::kArray);
  read_schema_head(fields, scope, type);
  const Node* items = fields.require("items");
  type.alternatives.push_back(items == nullptr ? of_kind(Kind::kAny) : read_type(*items, side, scope));
  return type;
}

Type read_enum(const Node& node, const ReadScope& scope) {
  const Fields fields(node, "an enum type", kEnumRules, scope.version, scope.findings);
  Type type = of_kind(Kind::kEnum);
  read_schema_head(fields, scope, type);
  fields.require("symbols");
  for (const std::string& symbol : fields.strings("symbols")) {
    type.symbols.push_back(symbol.find('#') == std::string::npos ? symbol : short_name(symbol));
  }
  return type;
}

Type read_record(const Node& node, Side side, const ReadScope& scope) {
  const Fields fields(node, "a record type", kRecordRules, scope.version, scope.findings);
  Type type = of_kind(Kind::kRecord);
  read_schema_head(fields, scope, type);
  const Node* members = fields.find("fields");
  if (members == nullptr) return type;
  for (const Named& entry : read_id_map(*members, "name", "type", "a record field", scope.findings)) {
    RecordField field = read_record_field(entry, side, scope);
    for (const RecordField& earlier : type.fields) {
      if (earlier.name == field.name) {
        scope.findings.error(entry.mark, "the record field '" + field.name + "' is defined twice");
      }
    }
    type.fields.push_back(std::move(field));
  }
  return type;
}

}  // namespace

Type read_type(const Node& node, Side side, const ReadScope& scope) {
  if (node.is_string()) return read_type_text(node, side, scope);
  // An unquoted `null` in a list of types is the type of that name.
  if (node.is_null()) return of_kind(Kind::kNull);
  if (node.is_sequence()) {
    std::vector<Type> alternatives;
    for (const Node& item : node.items()) alternatives.push_back(read_type(item, side, scope));
    if (alternatives.empty()) scope.findings.error(node.mark(), "a list of types must not be empty");
    return union_of(std::move(alternatives));
  }
  const Node* kind = node.find("type");
  if (kind == nullptr) {
    scope.findings.error(node.mark(), "a type must be a name, a list of types or a schema with the field 'type'");
    return of_kind(Kind::kAny);
  }
  const std::string word = kind->is_string() ? kind->string() : "";
  if (word == "array") return read_array(node, side, scope);
  if (word == "enum") return read_enum(node, scope);
  if (word == "record") return read_record(node, side, scope);
  return read_type(*kind, side, scope);
}

}  // namespace alveus::cwl
