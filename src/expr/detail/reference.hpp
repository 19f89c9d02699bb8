// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::expr::detail {

/// A parameter reference (CWL v1.2 §Parameter references): a symbol and the way from it.
struct Reference {
  std::string symbol;                                         ///< "inputs"
  std::vector<std::variant<std::string, std::size_t>> steps;  ///< names and indices
  /// A quoted name held a backslash other than before its quote: JavaScript reads it otherwise.
  bool has_backslash = false;
};

/// Reads what stands between "$(" and ")". Empty when it is no parameter reference.
std::optional<Reference> parse_reference(std::string_view text);

/// The value a reference leads to. "null" alone is null. Empty when the way leads nowhere; `missing`, where given, then
/// says what is missing.
std::optional<core::Value> resolve(const Reference& reference, const core::Value& variables, std::string* missing);

}  // namespace alveus::expr::detail
