// SPDX-License-Identifier: Apache-2.0
#include "document/node.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace alveus::document {
namespace {

constexpr std::size_t kExcerptBytesMax = 160;
constexpr std::string_view kCut = "...";

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t current = 1; current < line; ++current) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Byte offset of the character that stands in `column`; the length when the line is shorter.
std::size_t offset_of(std::string_view line, std::uint32_t column) {
  std::size_t offset = 0;
  for (std::uint32_t current = 1; current < column && offset < line.size(); ++current) {
    ++offset;
    while (offset < line.size() && is_continuation(line[offset])) ++offset;
  }
  return offset;
}

/// The source line and a line with a caret below the column. Long lines are cut to the surroundings of the caret;
/// tabs are kept before the caret so that both lines align in any terminal.
std::vector<std::string> excerpt(std::string_view line, std::uint32_t column) {
  std::size_t caret = offset_of(line, column);
  std::string shown;
  std::size_t begin = 0;
  if (line.size() > kExcerptBytesMax && caret > kExcerptBytesMax / 2) {
    begin = std::min(caret - kExcerptBytesMax / 2, line.size() - kExcerptBytesMax);
    while (begin < caret && is_continuation(line[begin])) ++begin;
    shown = kCut;
  }
  std::size_t end = std::min(line.size(), begin + kExcerptBytesMax);
  while (end < line.size() && is_continuation(line[end])) ++end;
  std::string pointer(shown.size(), ' ');
  for (const char byte : line.substr(begin, caret - begin)) {
    if (!is_continuation(byte)) pointer += byte == '\t' ? '\t' : ' ';
  }
  shown += line.substr(begin, end - begin);
  if (end < line.size()) shown += kCut;
  return {std::move(shown), pointer + '^'};
}

}  // namespace

std::string Mark::text() const {
  if (source == nullptr) return {};
  if (line == 0) return source->name;
  return source->name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Node::Node(core::Value scalar, Mark mark) : scalar_(std::move(scalar)), mark_(std::move(mark)) {
  ALVEUS_CHECK(!scalar_.is_array() && !scalar_.is_object(), "a scalar node holds no array and no object");
}

Node Node::sequence(std::vector<Node> items, Mark mark) {
  Node node;
  node.kind_ = Kind::kSequence;
  node.items_ = std::make_shared<const std::vector<Node>>(std::move(items));
  node.mark_ = std::move(mark);
  return node;
}

Node Node::mapping(std::vector<Member> members, Mark mark) {
  Node node;
  node.kind_ = Kind::kMapping;
  node.members_ = std::make_shared<const std::vector<Member>>(std::move(members));
  node.mark_ = std::move(mark);
  return node;
}

const core::Value& Node::scalar() const {
  ALVEUS_CHECK(is_scalar(), "the node is no scalar");
  return scalar_;
}

const std::string& Node::string() const {
  ALVEUS_CHECK(is_string(), "the node is no string");
  return scalar_.as_string();
}

const std::vector<Node>& Node::items() const {
  static const std::vector<Node> kNone;
  return items_ == nullptr ? kNone : *items_;
}

const std::vector<Node::Member>& Node::members() const {
  static const std::vector<Member> kNone;
  return members_ == nullptr ? kNone : *members_;
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(members(), key, &Member::key);
  return found == members().end() ? nullptr : &found->value;
}

core::Value Node::value() const {
  switch (kind_) {
    case Kind::kScalar: return scalar_;
    case Kind::kSequence: {
      core::Array items;
      items.reserve(items_->size());
      for (const auto& item : *items_) items.push_back(item.value());
      return items;
    }
    case Kind::kMapping: {
      core::Object object;
      for (const auto& member : *members_) object.append(member.key, member.value.value());
      return object;
    }
  }
  return {};
}

std::string_view Node::kind_name() const {
  switch (kind_) {
    case Kind::kScalar: return core::name_of(scalar_.kind());
    case Kind::kSequence: return "sequence";
    case Kind::kMapping: return "mapping";
  }
  return "unknown";
}

Node node_of(const core::Value& value, const Mark& mark) {
  if (value.is_array()) {
    std::vector<Node> items;
    items.reserve(value.as_array().size());
    for (const auto& item : value.as_array()) items.push_back(node_of(item, mark));
    return Node::sequence(std::move(items), mark);
  }
  if (value.is_object()) {
    std::vector<Node::Member> members;
    members.reserve(value.as_object().size());
    for (const auto& [key, member] : value.as_object()) {
      members.push_back({.key = key, .key_mark = mark, .value = node_of(member, mark)});
    }
    return Node::mapping(std::move(members), mark);
  }
  return {value, mark};
}

core::Error error_at(const Mark& mark, core::ErrorCode code, std::string message) {
  core::Error error{.code = code, .message = std::move(message), .where = mark.text(), .context = {}};
  if (mark.source == nullptr || mark.line == 0) return error;
  error.context = excerpt(line_of(mark.source->text, mark.line), mark.column);
  return error;
}

}  // namespace alveus::document
