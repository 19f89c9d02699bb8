// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/pure.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace alveus::expr::detail {
namespace {

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool is_word(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || is_digit(letter) || letter == '_' ||
         letter == '$';
}

/// Words after which a bracket holds an operand and is no call.
constexpr std::array<std::string_view, 10> kBeforeOperand = {"case",   "else",   "if",     "in",   "instanceof",
                                                             "return", "switch", "typeof", "void", "while"};

/// Words that make, change or reach what others share.
constexpr std::array<std::string_view, 27> kDoubtful = {
    "Proxy",  "Reflect",     "Symbol",    "__proto__", "arguments", "async",  "await",   "catch",    "class",
    "const",  "constructor", "debugger",  "delete",    "eval",      "export", "for",     "function", "globalThis",
    "import", "new",         "prototype", "super",     "this",      "toJSON", "valueOf", "with",     "yield"};

template <typename Words>
bool is_among(std::string_view word, const Words& words) {
  return std::ranges::find(words, word) != words.end();
}

class Reader {
 public:
  explicit Reader(std::string_view code) : code_(code) {}

  bool run() {
    while (at_ < code_.size()) {
      if (!take()) return false;
    }
    return true;
  }

 private:
  enum class Last { kNothing, kOperator, kOperand, kClosed, kBlock };

  char next(std::size_t ahead) const { return at_ + ahead < code_.size() ? code_[at_ + ahead] : '\0'; }

  /// One token. False when it may leave something.
  bool take() {
    const char letter = code_[at_];
    if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') return skip(1);
    if (is_word(letter)) return take_word();
    if (letter == '"' || letter == '\'') return take_string(letter);
    return take_sign(letter);
  }

  bool skip(std::size_t count) {
    at_ += count;
    return true;
  }

  bool took(std::size_t count, Last last) {
    last_ = last;
    return skip(count);
  }

  bool take_word() {
    std::size_t end = at_;
    while (end < code_.size() && (is_word(code_[end]) || (is_digit(code_[at_]) && code_[end] == '.'))) ++end;
    const std::string_view word = code_.substr(at_, end - at_);
    if (is_among(word, kDoubtful)) return false;
    return took(word.size(), is_among(word, kBeforeOperand) ? Last::kOperator : Last::kOperand);
  }

  bool take_string(char quote) {
    for (std::size_t end = at_ + 1; end < code_.size() && code_[end] != '\n'; ++end) {
      if (code_[end] == '\\') {
        ++end;
      } else if (code_[end] == quote) {
        return took(end + 1 - at_, Last::kOperand);
      }
    }
    return false;
  }

  bool take_sign(char sign) {
    switch (sign) {
      case '=': return next(1) == '=' && took(next(2) == '=' ? 3 : 2, Last::kOperator);
      case '!': return took(next(1) == '=' ? (next(2) == '=' ? 3U : 2U) : 1U, Last::kOperator);
      case '<':
      case '>': return take_angles(sign);
      case '+':
      case '-': return next(1) != sign && took(1, Last::kOperator);
      case '(': return last_ < Last::kOperand && took(1, Last::kOperator);  // else it is a call
      case '/': return divides() && took(1, Last::kOperator);
      case '.': return next(1) != '(' && took(1, Last::kOperator);  // "?.(" is a call
      case ')': return took(1, Last::kClosed);
      case ']': return took(1, Last::kOperand);
      case '}': return took(1, Last::kBlock);
      default: break;
    }
    constexpr std::string_view kHarmless = "[{,;:?%*&|^~";
    return kHarmless.find(sign) != std::string_view::npos && took(1, Last::kOperator);
  }

  /// Whether a slash is a division for sure: read as one, a regular expression could hide the end of a string.
  bool divides() const {
    const bool has_strings = code_.find_first_of("\"'") != std::string_view::npos;
    const bool follows_value = last_ == Last::kOperand || (last_ == Last::kClosed && !has_strings);
    return follows_value && next(1) != '/' && next(1) != '*';
  }

  /// Comparisons and shifts, but no shift that assigns.
  bool take_angles(char angle) {
    std::size_t count = 1;
    while (next(count) == angle) ++count;
    if (next(count) != '=') return took(count, Last::kOperator);
    return count == 1 && took(2, Last::kOperator);
  }

  std::string_view code_;
  std::size_t at_ = 0;
  Last last_ = Last::kNothing;
};

}  // namespace

bool leaves_nothing(std::string_view code) { return Reader(code).run(); }

}  // namespace alveus::expr::detail
