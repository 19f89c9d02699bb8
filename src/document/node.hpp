// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::document {

/// The text a node was read from; kept for messages.
struct Source {
  std::string name;  ///< as messages show it: the path as the user wrote it, or a URL
  std::string text;
};

/// A place in a source. Lines and columns count from 1.
struct Mark {
  std::shared_ptr<const Source> source;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  /// "main.cwl:12:9", or the source's name alone when the line is 0, or "" without a source.
  std::string text() const;
};

/// A YAML or JSON node with the place it was read from. A plain value, cheap to copy (children are shared, immutable).
/// Scalars follow YAML 1.2's core schema: null, true/false, integers, reals, everything else a string; quoted scalars
/// are strings. Merge keys ("<<") and anchors are resolved. Keys are strings, each once in a mapping.
class Node {
 public:
  struct Member;

  Node() = default;
  Node(core::Value scalar, Mark mark);
  static Node sequence(std::vector<Node> items, Mark mark);
  static Node mapping(std::vector<Member> members, Mark mark);

  bool is_scalar() const { return kind_ == Kind::kScalar; }
  bool is_null() const { return is_scalar() && scalar_.is_null(); }
  bool is_string() const { return is_scalar() && scalar_.is_string(); }
  bool is_sequence() const { return kind_ == Kind::kSequence; }
  bool is_mapping() const { return kind_ == Kind::kMapping; }

  const core::Value& scalar() const;             ///< must be a scalar
  const std::string& string() const;             ///< must be a string
  const std::vector<Node>& items() const;        ///< empty unless a sequence
  const std::vector<Member>& members() const;    ///< empty unless a mapping; in the document's order
  const Node* find(std::string_view key) const;  ///< null when absent or no mapping
  const Mark& mark() const { return mark_; }

  /// Without the positions.
  core::Value value() const;
  /// "mapping", "sequence", or the scalar's kind.
  std::string_view kind_name() const;

 private:
  enum class Kind { kScalar, kSequence, kMapping };
  Kind kind_ = Kind::kScalar;
  core::Value scalar_;
  std::shared_ptr<const std::vector<Node>> items_;
  std::shared_ptr<const std::vector<Member>> members_;
  Mark mark_;
};

struct Node::Member {
  std::string key;
  Mark key_mark;
  Node value;
};

/// A node made from a value that no file holds; every part carries `mark`.
Node node_of(const core::Value& value, const Mark& mark);

/// An error at a place: `where` is the mark, the context the source line and a caret below its column.
core::Error error_at(const Mark& mark, core::ErrorCode code, std::string message);

}  // namespace alveus::document
