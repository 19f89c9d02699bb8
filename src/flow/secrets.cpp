// SPDX-License-Identifier: Apache-2.0
#include "flow/secrets.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

namespace alveus::flow {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

bool is_shell(std::string_view program) {
  return program == "sh" || program.ends_with("/sh") || program.ends_with("bash");
}

/// Knows, character by character, whether a place of a shell's text lies in single quotes.
class ShellQuotes {
 public:
  void read(char letter) {
    if (skips_) {
      skips_ = false;
    } else if (letter == '\\' && state_ != State::kSingle) {
      skips_ = true;
    } else if (letter == '\'' && state_ != State::kDouble) {
      state_ = state_ == State::kSingle ? State::kPlain : State::kSingle;
    } else if (letter == '"' && state_ != State::kSingle) {
      state_ = state_ == State::kDouble ? State::kPlain : State::kDouble;
    }
  }
  bool in_single() const { return state_ == State::kSingle; }

 private:
  enum class State { kPlain, kSingle, kDouble };
  State state_ = State::kPlain;
  bool skips_ = false;
};

}  // namespace

core::Result<core::Value> Secrets::hide(std::string_view input, const core::Value& value) {
  switch (value.kind()) {
    case core::Value::Kind::kNull: return value;
    case core::Value::Kind::kString: {
      if (value.as_string().empty()) return value;
      const auto known = std::ranges::find(values_, value.as_string());
      const auto index = static_cast<std::size_t>(known - values_.begin());
      if (known == values_.end()) values_.push_back(value.as_string());
      return core::Value(marker(index));
    }
    case core::Value::Kind::kArray: {
      core::Array hidden;
      for (const core::Value& item : value.as_array()) {
        ALVEUS_TRY_ASSIGN(core::Value one, hide(input, item));
        hidden.push_back(std::move(one));
      }
      return core::Value(std::move(hidden));
    }
    case core::Value::Kind::kObject:
    case core::Value::Kind::kBool:
    case core::Value::Kind::kInteger:
    case core::Value::Kind::kReal: break;
  }
  return core::fail(core::ErrorCode::kInvalidInput,
                    "input '" + std::string(input) + "' is a secret, so it must be a text or a list of texts, not a " +
                        std::string(name_of(value.kind())));
}

bool Secrets::stands_in(std::string_view text) const {
  return !values_.empty() && text.find(prefix_) != std::string_view::npos;
}

/// `insert(value, before)` yields what stands for a value; `before` is the text from the marker before it.
template <typename Insert>
std::string Secrets::replaced(std::string_view text, Insert insert) const {
  std::string result;
  while (true) {
    const std::size_t begin = text.find(prefix_);
    if (begin == std::string_view::npos) break;
    const char* digits = text.data() + begin + prefix_.size();
    std::size_t index = 0;
    const auto [end, failure] = std::from_chars(digits, text.data() + text.size(), index);
    const bool is_marker =
        failure == std::errc() && end != text.data() + text.size() && *end == ')' && index < values_.size();
    const std::size_t stop = is_marker ? static_cast<std::size_t>(end - text.data()) + 1 : begin + prefix_.size();
    result += text.substr(0, begin);
    if (is_marker) {
      result += insert(values_[index], text.substr(0, begin));
    } else {
      result += text.substr(begin, stop - begin);
    }
    text.remove_prefix(stop);
  }
  return result += text;
}

std::string Secrets::reveal(std::string_view text) const {
  if (!stands_in(text)) return std::string(text);
  return replaced(text, [](const std::string& value, std::string_view) { return value; });
}

std::string Secrets::reveal_in_shell(std::string_view text) const {
  if (!stands_in(text)) return std::string(text);
  ShellQuotes quotes;
  return replaced(text, [&quotes](std::string value, std::string_view before) {
    for (const char letter : before) quotes.read(letter);
    if (quotes.in_single()) replace_all(value, "'", "'\"'\"'");
    return value;
  });
}

std::vector<std::string> Secrets::reveal(const std::vector<std::string>& arguments) const {
  std::vector<std::string> revealed;
  revealed.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool shell_text = i >= 2 && arguments[i - 1] == "-c" && is_shell(arguments[i - 2]);
    revealed.push_back(shell_text ? reveal_in_shell(arguments[i]) : reveal(arguments[i]));
  }
  return revealed;
}

std::string Secrets::conceal(std::string text) const {
  std::vector<std::size_t> order(values_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The longest first: one value may stand in another.
  std::ranges::stable_sort(order, std::greater<>(), [this](std::size_t index) { return values_[index].size(); });
  for (const std::size_t index : order) replace_all(text, values_[index], marker(index));
  return text;
}

core::Error Secrets::conceal(core::Error error) const {
  error.message = conceal(std::move(error.message));
  for (std::string& line : error.context) line = conceal(std::move(line));
  return error;
}

core::Value Secrets::conceal(const core::Value& outputs) const {
  if (values_.empty()) return outputs;
  if (outputs.is_string()) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (outputs.as_string() == values_[i]) return marker(i);
    }
    std::string text = outputs.as_string();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].size() >= kInnerBytesMin) replace_all(text, values_[i], marker(i));
    }
    return text;
  }
  core::Value result = outputs;
  if (outputs.is_array()) {
    for (core::Value& item : result.mutable_array()) item = conceal(item);
  } else if (outputs.is_object()) {
    const std::string kind = outputs.string_or("class", "");
    const bool is_file = kind == "File" || kind == "Directory";
    for (auto& [name, member] : result.mutable_object()) {
      if (!is_file || !member.is_string() || name == "contents") member = conceal(member);
    }
  }
  return result;
}

core::Value Secrets::to_value() const {
  core::Array values(values_.begin(), values_.end());
  return core::Object{{"prefix", prefix_}, {"values", std::move(values)}};
}

core::Result<Secrets> Secrets::from_value(const core::Value& value) {
  const core::Value* values = value.find("values");
  Secrets secrets;
  secrets.prefix_ = value.string_or("prefix", "");
  const bool is_whole = !secrets.prefix_.empty() && values != nullptr && values->is_array() &&
                        std::ranges::all_of(values->as_array(), [](const auto& one) { return one.is_string(); });
  if (!is_whole) return core::fail(core::ErrorCode::kCorrupt, "the secrets of the run cannot be read");
  for (const core::Value& one : values->as_array()) secrets.values_.push_back(one.as_string());
  return secrets;
}

}  // namespace alveus::flow
