// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::core {

enum class JsonStyle {
  kCompact,   ///< One line, no spaces.
  kIndented,  ///< Four spaces a level, for files and people.
};

/// JSON text of a value. Members stand in their order; reals are the shortest text that reads back the same
/// (whole ones from 2^63 to 1e64 without exponent); NaN and infinities become null. Bytes that are not UTF-8 become
/// U+FFFD. No final newline.
std::string to_json(const Value& value, JsonStyle style = JsonStyle::kCompact);

/// Reads one JSON text (RFC 8259). kInvalidInput with "line:column" in `where`. Nesting is limited to 512 levels.
/// Text with positions for messages is `document`'s matter.
Result<Value> parse_json(std::string_view text);

/// The same for the text of a file, "name:line:column" in `where`.
Result<Value> parse_json_file(std::string_view name, std::string_view text);

}  // namespace alveus::core
