// SPDX-License-Identifier: Apache-2.0
#include "expr/value_text.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/json.hpp"
#include "core/text.hpp"

namespace alveus::expr {
namespace {

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
    out += std::isfinite(value.as_real()) ? core::decimal_text(value.as_real()) : "null";
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
