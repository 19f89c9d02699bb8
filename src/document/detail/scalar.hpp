// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/value.hpp"

namespace alveus::document {

/// The value of a plain (unquoted) scalar in YAML 1.2's core schema (chapter 10.3): null, boolean, integer (decimal,
/// 0o octal, 0x hexadecimal), real (".inf" and ".nan" included), else the text itself. An integer that 64 bits cannot
/// hold becomes a real.
core::Value resolve_plain(std::string_view text);

/// True for what resolves to null: "", "~", "null", "Null", "NULL".
bool is_null_text(std::string_view text);

/// The number that `text` spells, which must match JSON's grammar for numbers.
core::Value json_number(std::string_view text);

}  // namespace alveus::document
