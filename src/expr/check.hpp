// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "expr/interpolate.hpp"

namespace alveus::expr {

/// What is wrong with a CWL string before anything is evaluated.
struct TextFault {
  core::Error error;
  /// False for what only looks like a mistake: JavaScript makes undefined of a name that is not there.
  bool is_certain = true;
};

/// Reads a CWL string and compiles its scripts; runs nothing. Finds an open bracket, JavaScript where there is none, a
/// script that does not compile, and a reference to a name that the context's variables or their member "inputs" (of
/// which only the names count) do not have.
std::optional<TextFault> check_text(std::string_view text, const Context& context);

/// Compiles the texts of expressionLib.
core::Status check_library(std::span<const std::string> library, Javascript& javascript);

}  // namespace alveus::expr
