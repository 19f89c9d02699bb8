// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/fields.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cwl {

using document::Node;

std::string_view name_of(Version version) {
  switch (version) {
    case Version::kV10: return "v1.0";
    case Version::kV11: return "v1.1";
    case Version::kV12: return "v1.2";
  }
  return "";
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const auto near = core::nearest(word, candidates);
  return near ? "; did you mean '" + *near + "'?" : "";
}

namespace {

/// "{type: enum, symbols: …}" where "{type: {type: enum, symbols: …}}" is meant: reported at the type.
bool belongs_into_type(const Node& node, std::string_view key) {
  const Node* type = node.find("type");
  if (type == nullptr || !type->is_string()) return false;
  const std::string& word = type->string();
  return (word == "enum" && key == "symbols") || (word == "array" && key == "items") ||
         (word == "record" && key == "fields");
}

}  // namespace

Fields::Fields(const Node& node, std::string_view what, std::span<const FieldRule> rules, Version version,
               Findings& findings)
    : node_(node), what_(what), version_(version), findings_(findings) {
  if (!node.is_mapping()) {
    findings.error(node.mark(), what_ + " must be a mapping, not a " + std::string(node.kind_name()));
    return;
  }
  std::vector<std::string> known;
  for (const FieldRule& rule : rules) {
    if (rule.since <= version) known.emplace_back(rule.name);
  }
  for (const Node::Member& member : node.members()) {
    if (member.key.find(':') != std::string::npos || member.key.starts_with('$')) continue;
    if (belongs_into_type(node, member.key)) continue;
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.name == member.key; });
    if (rule == rules.end()) {
      findings.error(member.key_mark,
                     "field '" + member.key + "' is not known in " + what_ + suggestion(member.key, known));
    } else if (rule->since > version) {
      findings.error(member.key_mark, "field '" + member.key + "' of " + what_ + " needs cwlVersion " +
                                          std::string(name_of(rule->since)) + " or later, but the document is " +
                                          std::string(name_of(version)));
    }
  }
}

const Node* Fields::find(std::string_view name) const {
  const Node* found = node_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

const Node* Fields::require(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr && node_.is_mapping()) {
    findings_.error(node_.mark(), what_ + " needs the field '" + std::string(name) + "'");
  }
  return found;
}

void Fields::wrong(const Node& node, std::string_view name, std::string_view expected) const {
  findings_.error(node.mark(), "field '" + std::string(name) + "' of " + what_ + " must be " + std::string(expected) +
                                   ", not a " + std::string(node.kind_name()));
}

std::optional<std::string> Fields::string(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->string();
  wrong(*found, name, "a string");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_scalar() && found->scalar().is_bool()) return found->scalar().as_bool();
  wrong(*found, name, "true or false");
  return std::nullopt;
}

std::vector<std::string> Fields::strings(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return {};
  if (found->is_string()) return {found->string()};
  std::vector<std::string> texts;
  if (!found->is_sequence()) wrong(*found, name, "a string or a list of strings");
  for (const Node& item : found->items()) {
    if (item.is_string()) {
      texts.push_back(item.string());
    } else {
      wrong(item, name, "a list of strings");
    }
  }
  return texts;
}

std::vector<int> Fields::integers(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return {};
  std::vector<int> numbers;
  if (!found->is_sequence()) wrong(*found, name, "a list of integers");
  for (const Node& item : found->items()) {
    if (item.is_scalar() && item.scalar().is_integer()) {
      numbers.push_back(static_cast<int>(item.scalar().as_integer()));
    } else {
      wrong(item, name, "a list of integers");
    }
  }
  return numbers;
}

std::string Fields::text(std::string_view name) const {
  std::string joined;
  for (const std::string& line : strings(name)) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

std::optional<Expression> Fields::expression(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return Expression{found->scalar(), found->mark()};
  wrong(*found, name, "a string or an expression");
  return std::nullopt;
}

std::optional<Expression> Fields::boolean_expression(std::string_view name) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_scalar() &&
      (found->scalar().is_bool() || (found->is_string() && expr::has_expression(found->string())))) {
    return Expression{found->scalar(), found->mark()};
  }
  wrong(*found, name, "true, false or an expression");
  return std::nullopt;
}

std::optional<Expression> Fields::number_expression(std::string_view name, Version fraction_since) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (found->is_string() && expr::has_expression(found->string())) return Expression{found->scalar(), found->mark()};
  const bool integer = found->is_scalar() && found->scalar().is_integer();
  const bool real = found->is_scalar() && found->scalar().is_real();
  if (real && version_ < fraction_since) {
    findings_.error(found->mark(), "field '" + std::string(name) + "' of " + what_ +
                                       " may have a fraction from cwlVersion " + std::string(name_of(fraction_since)) +
                                       " on, but the document is " + std::string(name_of(version_)));
    return std::nullopt;
  }
  if (!integer && !real) {
    wrong(*found, name, "a number or an expression");
    return std::nullopt;
  }
  if (found->scalar().as_real() < 0) {
    findings_.error(found->mark(), "field '" + std::string(name) + "' of " + what_ + " must not be negative" +
                                       (name == "timelimit" ? "; 0 is no limit" : ""));
    return std::nullopt;
  }
  return Expression{found->scalar(), found->mark()};
}

std::optional<std::size_t> Fields::word(std::string_view name, std::span<const std::string_view> words) const {
  const Node* found = find(name);
  if (found == nullptr) return std::nullopt;
  const std::vector<std::string> known(words.begin(), words.end());
  if (found->is_string()) {
    const auto place = std::find(known.begin(), known.end(), found->string());
    if (place != known.end()) return static_cast<std::size_t>(place - known.begin());
  }
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  findings_.error(found->mark(), "field '" + std::string(name) + "' of " + what_ + " must be one of: " + list +
                                     (found->is_string() ? suggestion(found->string(), known) : ""));
  return std::nullopt;
}

std::vector<Named> read_id_map(const Node& node, std::string_view key, std::string_view predicate,
                               std::string_view what, Findings& findings) {
  std::vector<Named> entries;
  if (node.is_sequence()) {
    for (const Node& item : node.items()) {
      const Node* name = item.find(key);
      if (name != nullptr && name->is_string() && !name->string().empty()) {
        entries.push_back({name->string(), name->mark(), item});
      } else if (!item.is_mapping()) {
        findings.error(item.mark(), std::string(what) + " must be a mapping, not a " + std::string(item.kind_name()));
      } else {
        findings.error(item.mark(), std::string(what) + " needs the field '" + std::string(key) + "'");
      }
    }
    return entries;
  }
  if (!node.is_mapping()) {
    if (!node.is_null()) {
      findings.error(node.mark(), "a list or a map is expected here, not a " + std::string(node.kind_name()));
    }
    return entries;
  }
  for (const Node::Member& member : node.members()) {
    Node value = member.value;
    if (!predicate.empty() && !value.is_mapping()) {
      value = Node::mapping({{std::string(predicate), member.value.mark(), member.value}}, member.value.mark());
    }
    entries.push_back({member.key, member.key_mark, std::move(value)});
  }
  return entries;
}

}  // namespace alveus::cwl
