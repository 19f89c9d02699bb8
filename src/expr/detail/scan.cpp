// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/scan.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace alveus::expr::detail {
namespace {

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '$' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

/// Walks over JavaScript just closely enough to find the bracket that closes it.
class CodeReader {
 public:
  CodeReader(std::string_view text, std::size_t position) : text_(text), position_(position) {}

  /// The position behind the `close` that matches the bracket before the start; empty when there is none.
  std::optional<std::size_t> find_end(char open, char close) {
    std::size_t depth = 1;
    while (position_ < text_.size()) {
      const char letter = text_[position_];
      if (skip_literal()) continue;
      ++position_;
      if (letter == open) ++depth;
      if (letter == close && --depth == 0) return position_;
      if (!std::isspace(static_cast<unsigned char>(letter))) last_ = position_ - 1;
    }
    return std::nullopt;
  }

 private:
  bool looks_at(std::string_view word) const { return text_.substr(position_).starts_with(word); }

  /// Moves behind a string, a comment, a template or a regular expression that starts here.
  bool skip_literal() {
    const char letter = text_[position_];
    if (letter == '"' || letter == '\'') {
      skip_quoted(letter);
    } else if (letter == '`') {
      skip_template();
    } else if (looks_at("//")) {
      position_ = std::min(text_.find('\n', position_), text_.size());
      return true;
    } else if (looks_at("/*")) {
      const std::size_t end = text_.find("*/", position_ + 2);
      position_ = end == std::string_view::npos ? text_.size() : end + 2;
      return true;
    } else if (letter != '/' || !expects_operand() || !skip_regex()) {
      return false;
    }
    last_ = position_ - 1;
    return true;
  }

  void skip_quoted(char quote) {
    for (++position_; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\') {
        ++position_;
      } else if (text_[position_] == quote) {
        break;
      }
    }
    position_ = std::min(position_ + 1, text_.size());
  }

  void skip_template() {
    for (++position_; position_ < text_.size(); ++position_) {
      if (text_[position_] == '\\') {
        ++position_;
      } else if (text_[position_] == '`') {
        break;
      } else if (looks_at("${") && nesting_ < kNestingMax) {
        CodeReader inner(text_, position_ + 2);
        inner.nesting_ = nesting_ + 1;
        position_ = inner.find_end('{', '}').value_or(text_.size()) - 1;
      }
    }
    position_ = std::min(position_ + 1, text_.size());
  }

  /// False, and nothing moved, when the line ends first: then it was a division.
  bool skip_regex() {
    bool in_class = false;
    for (std::size_t index = position_ + 1; index < text_.size() && text_[index] != '\n'; ++index) {
      const char letter = text_[index];
      if (letter == '\\') {
        ++index;
      } else if (letter == '[') {
        in_class = true;
      } else if (letter == ']') {
        in_class = false;
      } else if (letter == '/' && !in_class) {
        position_ = index + 1;
        return true;
      }
    }
    return false;
  }

  /// Whether a value may start here, so that "/" opens a regular expression and divides nothing.
  bool expects_operand() const {
    if (last_ == std::string_view::npos) return true;
    const char before = text_[last_];
    if (!is_word(before)) return std::string_view(")]}\"'`.").find(before) == std::string_view::npos;
    std::size_t first = last_;
    while (first > 0 && is_word(text_[first - 1])) --first;
    constexpr std::array<std::string_view, 6> kWords = {"return", "typeof", "case", "in", "of", "void"};
    return std::find(kWords.begin(), kWords.end(), text_.substr(first, last_ + 1 - first)) != kWords.end();
  }

  static constexpr int kNestingMax = 64;

  std::string_view text_;
  std::size_t position_;
  std::size_t last_ = std::string_view::npos;  // the last letter that was neither space nor comment
  int nesting_ = 0;
};

class Scanner {
 public:
  Scanner(std::string_view text, bool escapes) : text_(text), escapes_(escapes) {}

  core::Result<std::vector<Piece>> run() {
    while (position_ < text_.size()) {
      if (text_[position_] == '\\') {
        take_backslash();
      } else if (opens_at(position_)) {
        ALVEUS_TRY(take_code());
      } else {
        literal_ += text_[position_++];
      }
    }
    end_literal();
    return std::move(pieces_);
  }

 private:
  bool opens_at(std::size_t index) const {
    return index + 1 < text_.size() && text_[index] == '$' && (text_[index + 1] == '(' || text_[index + 1] == '{');
  }

  void take_backslash() {
    const std::size_t next = position_ + 1;
    if (next >= text_.size()) {
      literal_ += text_[position_++];
    } else if (!escapes_) {
      literal_ += text_[next];
      position_ = next + 1;
    } else if (opens_at(next)) {
      literal_.append(text_.substr(next, 2));
      position_ = next + 2;
    } else {
      if (text_[next] != '\\') literal_ += '\\';
      literal_ += text_[next];
      position_ = next + 1;
    }
  }

  core::Status take_code() {
    const bool is_body = text_[position_ + 1] == '{';
    const std::size_t start = position_ + 2;
    const auto end = CodeReader(text_, start).find_end(is_body ? '{' : '(', is_body ? '}' : ')');
    if (!end) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "'" + std::string(text_.substr(position_, 2)) + "' at character " +
                            std::to_string(position_ + 1) + " of the string '" + shown() +
                            "' is never closed; write \\" + std::string(text_.substr(position_, 2)) +
                            " where text is meant");
    }
    end_literal();
    pieces_.push_back({.kind = is_body ? Piece::Kind::kBody : Piece::Kind::kReference,
                       .text = std::string(text_.substr(start, *end - 1 - start))});
    position_ = *end;
    return {};
  }

  void end_literal() {
    if (!literal_.empty()) pieces_.push_back({.kind = Piece::Kind::kText, .text = std::exchange(literal_, {})});
  }

  std::string shown() const {
    constexpr std::size_t kShownMax = 80;
    return text_.size() <= kShownMax ? std::string(text_) : std::string(text_.substr(0, kShownMax)) + "…";
  }

  std::string_view text_;
  bool escapes_;
  std::size_t position_ = 0;
  std::string literal_;
  std::vector<Piece> pieces_;
};

}  // namespace

core::Result<std::vector<Piece>> scan(std::string_view text, bool escapes) { return Scanner(text, escapes).run(); }

}  // namespace alveus::expr::detail
