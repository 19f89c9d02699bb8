// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <utility>

#include "document/detail/json_reader.hpp"
#include "document/detail/positions.hpp"
#include "document/detail/scalar.hpp"
#include "document/detail/tree.hpp"

namespace alveus::document {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads by recursive descent; depth is bounded by the limits. Every `read_…` starts at the first byte of its thing and
/// returns false after it noted an error.
class JsonReader {
 public:
  JsonReader(const std::shared_ptr<const Source>& source, const ParseLimits& limits)
      : text_(source->text), positions_(source), limits_(limits) {}

  JsonOutcome read() {
    Node node;
    skip_space();
    if (read_node(node, 1)) {
      skip_space();
      if (at_ == text_.size()) {
        outcome_.node = std::move(node);
      } else {
        static_cast<void>(no_json("text after the end of the document"));
      }
    }
    return std::move(outcome_);
  }

 private:
  bool read_node(Node& node, std::size_t depth) {
    Mark mark = positions_.at(at_);
    if (depth > limits_.depth_max) {
      return fault(std::move(mark), "nested deeper than " + std::to_string(limits_.depth_max) + " levels");
    }
    if (++count_ > limits_.nodes_max) {
      return fault(std::move(mark), "more than " + std::to_string(limits_.nodes_max) + " nodes");
    }
    switch (peek()) {
      case '{': return read_object(node, std::move(mark), depth);
      case '[': return read_array(node, std::move(mark), depth);
      case '"': {
        std::string text;
        if (!read_string(text)) return false;
        node = Node(std::move(text), std::move(mark));
        return true;
      }
      case 't': return read_word(node, "true", true, std::move(mark));
      case 'f': return read_word(node, "false", false, std::move(mark));
      case 'n': return read_word(node, "null", {}, std::move(mark));
      default: return read_number(node, std::move(mark));
    }
  }

  bool read_object(Node& node, Mark mark, std::size_t depth) {
    std::vector<Node::Member> members;
    ++at_;
    skip_space();
    if (peek() == '}') {
      ++at_;
      node = Node::mapping({}, std::move(mark));
      return true;
    }
    while (true) {
      Node::Member& member = members.emplace_back();
      if (!read_member(member, depth)) return false;
      skip_space();
      if (peek() == '}') break;
      if (peek() != ',') return no_json("expected ',' or '}' after a member");
      ++at_;
      skip_space();
    }
    ++at_;
    if (auto error = find_duplicate_key(members)) {
      outcome_.error = *std::move(error);
      return false;
    }
    node = Node::mapping(std::move(members), std::move(mark));
    return true;
  }

  bool read_member(Node::Member& member, std::size_t depth) {
    if (peek() != '"') return no_json("expected a key in double quotes");
    member.key_mark = positions_.at(at_);
    if (!read_string(member.key)) return false;
    skip_space();
    if (peek() != ':') return no_json("expected ':' after the key '" + member.key + "'");
    ++at_;
    skip_space();
    return read_node(member.value, depth + 1);
  }

  bool read_array(Node& node, Mark mark, std::size_t depth) {
    std::vector<Node> items;
    ++at_;
    skip_space();
    if (peek() == ']') {
      ++at_;
      node = Node::sequence({}, std::move(mark));
      return true;
    }
    while (true) {
      if (!read_node(items.emplace_back(), depth + 1)) return false;
      skip_space();
      if (peek() == ']') break;
      if (peek() != ',') return no_json("expected ',' or ']' after an item");
      ++at_;
      skip_space();
    }
    ++at_;
    node = Node::sequence(std::move(items), std::move(mark));
    return true;
  }

  bool read_word(Node& node, std::string_view word, core::Value value, Mark mark) {
    if (!text_.substr(at_).starts_with(word)) return no_json("expected a value");
    at_ += word.size();
    node = Node(std::move(value), std::move(mark));
    return true;
  }

  bool read_number(Node& node, Mark mark) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (!is_digit(peek())) {
      at_ = begin;
      return no_json("expected a value");
    }
    if (peek() == '0') {
      ++at_;
    } else {
      skip_digits();
    }
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek())) return no_json("expected a digit after the point");
      skip_digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!is_digit(peek())) return no_json("expected a digit in the exponent");
      skip_digits();
    }
    node = Node(json_number(text_.substr(begin, at_ - begin)), std::move(mark));
    return true;
  }

  bool read_string(std::string& out) {
    const std::size_t opening = at_;
    ++at_;
    while (true) {
      const std::size_t run = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && !is_control(text_[at_])) ++at_;
      out.append(text_, run, at_ - run);
      if (at_ == text_.size()) {
        at_ = opening;
        return no_json("this string has no closing quote");
      }
      if (text_[at_] == '"') break;
      if (text_[at_] != '\\') return no_json("a control character in a string; write it as an escape");
      if (!read_escape(out)) return false;
    }
    ++at_;
    return true;
  }

  bool read_escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (const auto index = kLetters.find(letter); letter != '\0' && index != std::string_view::npos) {
      out += kMeanings[index];
      at_ += 2;
      return true;
    }
    if (letter != 'u') return no_json("an unknown escape in a string");
    const auto unit = hex_at(at_ + 2);
    if (!unit) return no_json("expected four hexadecimal digits after \\u");
    if (*unit < 0xD800 || *unit > 0xDFFF) {
      append_utf8(out, *unit);
      at_ += 6;
      return true;
    }
    const bool paired = *unit < 0xDC00 && text_.substr(at_ + 6).starts_with("\\u");
    const auto low = paired ? hex_at(at_ + 8) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) {
      return fault(positions_.at(at_), "half of a surrogate pair, which is no character");
    }
    append_utf8(out, 0x10000U + ((*unit - 0xD800U) << 10U) + (*low - 0xDC00U));
    at_ += 12;
    return true;
  }

  std::optional<std::uint32_t> hex_at(std::size_t offset) const {
    if (offset + 4 > text_.size()) return std::nullopt;
    std::uint32_t unit = 0;
    for (const char c : text_.substr(offset, 4)) {
      unit <<= 4U;
      if (is_digit(c)) {
        unit += static_cast<std::uint32_t>(c - '0');
      } else if (const char lower = static_cast<char>(c | 0x20); lower >= 'a' && lower <= 'f') {
        unit += static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    return unit;
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_digits() {
    while (is_digit(peek())) ++at_;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool no_json(std::string message) {
    if (at_ >= text_.size()) message = "the text ends here; " + message;
    outcome_.may_be_yaml = true;
    return fault(positions_.at(at_), std::move(message));
  }

  bool fault(Mark mark, std::string message) {
    outcome_.error = error_at(mark, core::ErrorCode::kInvalidInput, std::move(message));
    outcome_.error_mark = std::move(mark);
    return false;
  }

  std::string_view text_;
  Positions positions_;
  const ParseLimits& limits_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  JsonOutcome outcome_;
};

}  // namespace

JsonOutcome read_json(const std::shared_ptr<const Source>& source, const ParseLimits& limits) {
  return JsonReader(source, limits).read();
}

}  // namespace alveus::document
