// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cwl/detail/findings.hpp"
#include "cwl/model.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// A field that a mapping may have, and the first version of CWL that knows it.
struct FieldRule {
  std::string_view name;
  Version since = Version::kV10;
};

std::string_view name_of(Version version);

/// Reads the members of one mapping and reports those of a wrong kind. The constructor reports the fields that no rule
/// names; those with a namespace ("dct:creator", "http://…") are extensions and accepted.
class Fields {
 public:
  /// `what` names the mapping in messages: "a CommandLineTool". A node that is no mapping is reported and reads as an
  /// empty one.
  Fields(const document::Node& node, std::string_view what, std::span<const FieldRule> rules, Version version,
         Findings& findings);

  /// The member, or null when it is absent or null.
  const document::Node* find(std::string_view name) const;
  /// The same; its absence is reported.
  const document::Node* require(std::string_view name) const;

  std::optional<std::string> string(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  /// A string or a list of strings; empty when absent.
  std::vector<std::string> strings(std::string_view name) const;
  /// A list of integers; empty when absent.
  std::vector<int> integers(std::string_view name) const;
  /// A string, or a list of strings joined by line breaks (`doc`).
  std::string text(std::string_view name) const;
  /// A string, taken as it is.
  std::optional<Expression> expression(std::string_view name) const;
  /// The same; a literal must be a boolean.
  std::optional<Expression> boolean_expression(std::string_view name) const;
  /// The same; a literal must be a number, or from v1.2 on a number with a fraction where `fraction_since` allows it.
  std::optional<Expression> number_expression(std::string_view name, Version fraction_since) const;
  /// One of the words; the index of the one that is there.
  std::optional<std::size_t> word(std::string_view name, std::span<const std::string_view> words) const;

  void wrong(const document::Node& node, std::string_view name, std::string_view expected) const;
  const document::Node& node() const { return node_; }
  const document::Mark& mark() const { return node_.mark(); }

 private:
  document::Node node_;
  std::string what_;
  Version version_;
  Findings& findings_;
};

/// One entry of a CWL list that may also be written as a map.
struct Named {
  std::string name;      ///< as written
  document::Mark mark;   ///< of the name
  document::Node value;  ///< the entry's mapping, or in a map whatever stands behind the name
};

/// Reads "[{id: a, …}]" or "{a: {…}}". `key` is the field that holds the name ("id", "class", "name"); `what` names an
/// entry in messages ("an input"). Entries without a name are reported and left out. A map's value that is no mapping
/// becomes "{predicate: value}" where `predicate` is not empty.
std::vector<Named> read_id_map(const document::Node& node, std::string_view key, std::string_view predicate,
                               std::string_view what, Findings& findings);

/// ", did you mean 'x'?" with a leading semicolon, or "".
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace alveus::cwl
