// SPDX-License-Identifier: Apache-2.0
#include "expr/value_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/json.hpp"

namespace alveus::expr {
namespace {

std::string real_text(double number) {
  if (!std::isfinite(number)) return "null";
  std::array<char, 512> buffer{};  // the longest double without exponent has 309 digits, the smallest about 340
  const auto [end, failure] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return failure == std::errc{} ? std::string(buffer.data(), end) : core::to_json(core::Value(number));
}

void append(std::string& out, const core::Value& value) {
  if (value.is_array()) {
    out += '[';
    const char* separator = "";
    for (const core::Value& item : value.as_array()) {
      out += separator;
      append(out, item);
      separator = ", ";
    }
    out += ']';
  } else if (value.is_object()) {
    std::vector<const core::Object::Member*> members;
    for (const auto& member : value.as_object()) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* left, const auto* right) { return left->first < right->first; });
    out += '{';
    const char* separator = "";
    for (const auto* member : members) {
      out += separator;
      out += core::to_json(core::Value(member->first)) + ": ";
      append(out, member->second);
      separator = ", ";
    }
    out += '}';
  } else if (value.is_real()) {
    out += real_text(value.as_real());
  } else {
    out += core::to_json(value);
  }
}

}  // namespace

std::string value_text(const core::Value& value) {
  if (value.is_string()) return value.as_string();
  std::string out;
  append(out, value);
  return out;
}

}  // namespace alveus::expr
