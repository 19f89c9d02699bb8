// SPDX-License-Identifier: Apache-2.0
#include "core/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace alveus::core {
namespace {

constexpr int kDepthMax = 512;

/// Builds a Value from the parser's events, so that no second tree is kept.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Value()); }
  bool boolean(bool flag) override { return add(Value(flag)); }
  bool number_integer(number_integer_t number) override { return add(Value(std::int64_t{number})); }
  bool number_unsigned(number_unsigned_t number) override {
    if (number > static_cast<number_unsigned_t>(INT64_MAX)) return add(Value(static_cast<double>(number)));
    return add(Value(static_cast<std::int64_t>(number)));
  }
  bool number_float(number_float_t number, const string_t&) override { return add(Value(number)); }
  bool string(string_t& text) override { return add(Value(std::move(text))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Value(Object{})); }
  bool key(string_t& text) override {
    open_.back().key = std::move(text);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Value(Array{})); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    position_ = position;
    message_ = error.what();
    return false;
  }

  Value take() { return std::move(root_); }
  std::size_t position() const { return position_; }
  const std::string& message() const { return message_; }

 private:
  struct Open {
    Value value;
    std::string key;
  };

  bool add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Open& parent = open_.back(); parent.value.is_array()) {
      parent.value.mutable_array().push_back(std::move(value));
    } else {
      parent.value.mutable_object().set(parent.key, std::move(value));
    }
    return true;
  }

  bool open(Value value) {
    if (open_.size() >= kDepthMax) {
      message_ = "nested deeper than 512 levels";
      return false;
    }
    open_.push_back({.value = std::move(value), .key = {}});
    return true;
  }

  bool close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  Value root_;
  std::vector<Open> open_;
  std::size_t position_ = 0;
  std::string message_;
};

std::string line_and_column(std::string_view text, std::size_t position) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i + 1 < position && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return std::to_string(line) + ":" + std::to_string(column);
}

/// Printable ASCII without a quote or backslash stands for itself.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char letter) { return letter >= ' ' && letter < 0x7f && letter != '"' && letter != '\\'; });
}

void append_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  const nlohmann::json wrapped = std::string(text);
  out += wrapped.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_real(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  // A whole number stays one for readers that tell 1e+42 from it, as Python's does.
  constexpr double kSpeltOutFrom = 0x1p63;
  constexpr double kSpeltOutTo = 1e64;
  if (std::abs(number) >= kSpeltOutFrom && std::abs(number) < kSpeltOutTo) {
    out += decimal_text(number);
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append(std::string& out, const Value& value, JsonStyle style, std::size_t level);

void append_break(std::string& out, JsonStyle style, std::size_t level) {
  if (style == JsonStyle::kIndented) out.append(1, '\n').append(level * 4, ' ');
}

void append_array(std::string& out, const Array& items, JsonStyle style, std::size_t level) {
  if (items.empty()) {
    out += "[]";
    return;
  }
  char separator = '[';
  for (const auto& item : items) {
    out += separator;
    append_break(out, style, level + 1);
    append(out, item, style, level + 1);
    separator = ',';
  }
  append_break(out, style, level);
  out += ']';
}

void append_object(std::string& out, const Object& members, JsonStyle style, std::size_t level) {
  if (members.empty()) {
    out += "{}";
    return;
  }
  char separator = '{';
  for (const auto& [key, member] : members) {
    out += separator;
    append_break(out, style, level + 1);
    append_string(out, key);
    out += style == JsonStyle::kIndented ? ": " : ":";
    append(out, member, style, level + 1);
    separator = ',';
  }
  append_break(out, style, level);
  out += '}';
}

void append(std::string& out, const Value& value, JsonStyle style, std::size_t level) {
  switch (value.kind()) {
    case Value::Kind::kNull: out += "null"; return;
    case Value::Kind::kBool: out += value.as_bool() ? "true" : "false"; return;
    case Value::Kind::kInteger: out += std::to_string(value.as_integer()); return;
    case Value::Kind::kReal: append_real(out, value.as_real()); return;
    case Value::Kind::kString: append_string(out, value.as_string()); return;
    case Value::Kind::kArray: append_array(out, value.as_array(), style, level); return;
    case Value::Kind::kObject: append_object(out, value.as_object(), style, level); return;
  }
}

}  // namespace

std::string to_json(const Value& value, JsonStyle style) {
  std::string out;
  append(out, value, style, 0);
  return out;
}

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalidInput, std::string("the text is no JSON: ") + error.what());
  }
  std::string cause = builder.message();
  // nlohmann's own prefix "[json.exception…] parse error at line 1, column 2: " says again what `where` says.
  if (const auto colon = cause.find(": "); cause.starts_with('[') && colon != std::string::npos) {
    cause.erase(0, colon + 2);
  }
  return fail(ErrorCode::kInvalidInput, "the text is no JSON: " + cause, line_and_column(text, builder.position()));
}

Result<Value> parse_json_file(std::string_view name, std::string_view text) {
  auto value = parse_json(text);
  if (value) return value;
  Error error = std::move(value).error();
  error.where = error.where.empty() ? std::string(name) : std::string(name) + ":" + error.where;
  return fail(std::move(error));
}

}  // namespace alveus::core
