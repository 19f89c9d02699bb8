// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>

#include "document/detail/scalar.hpp"

namespace alveus::document {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, text) != words.end();
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

double real_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status == std::errc::result_out_of_range) number = std::strtod(std::string(text).c_str(), nullptr);
  return number;
}

core::Value decimal_of(std::string_view text) {
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return status == std::errc() ? core::Value(number) : core::Value(real_of(text));
}

/// "0o17", "0x1F": without a sign, as the core schema has them.
std::optional<core::Value> based_of(std::string_view text) {
  if (text.size() < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x')) return std::nullopt;
  const int base = text[1] == 'o' ? 8 : 16;
  const std::string_view digits = text.substr(2);
  if (digits.find_first_not_of(base == 8 ? "01234567" : "0123456789abcdefABCDEF") != std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t exact = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), exact, base);
  if (status == std::errc()) return core::Value(exact);
  double number = 0;
  for (const char c : digits) number = number * base + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return core::Value(number);
}

std::optional<core::Value> special_real_of(std::string_view text) {
  static constexpr std::array<std::string_view, 3> kNan = {".nan", ".NaN", ".NAN"};
  static constexpr std::array<std::string_view, 3> kInfinity = {".inf", ".Inf", ".INF"};
  if (is_one_of(text, kNan)) return core::Value(std::numeric_limits<double>::quiet_NaN());
  const double sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (is_one_of(text, kInfinity)) return core::Value(sign * std::numeric_limits<double>::infinity());
  return std::nullopt;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_real_text(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = count_digits(text);
    if (whole == 0 && fraction == 0) return false;
    text.remove_prefix(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && count_digits(text) == text.size();
}

bool is_decimal_text(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && count_digits(text) == text.size();
}

}  // namespace

bool is_null_text(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
  return is_one_of(text, kNull);
}

core::Value resolve_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 3> kTrue = {"true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 3> kFalse = {"false", "False", "FALSE"};
  if (is_null_text(text)) return {};
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  const char first = text.front();
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return text;
  if (is_decimal_text(text)) return decimal_of(text);
  if (auto number = based_of(text)) return *number;
  if (auto number = special_real_of(text)) return *number;
  if (is_real_text(text)) return real_of(text);
  return text;
}

core::Value json_number(std::string_view text) {
  return is_decimal_text(text) ? decimal_of(text) : core::Value(real_of(text));
}

}  // namespace alveus::document
