// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "expr/javascript.hpp"

namespace alveus::expr {

/// How a CWL string that may hold expressions is evaluated.
struct Context {
  core::Value variables;                 ///< members "inputs", "self", "runtime"
  std::span<const std::string> library;  ///< expressionLib; borrowed
  Javascript* javascript = nullptr;      ///< null: no InlineJavascriptRequirement; parameter references alone
  /// True: "\$(", "\${" and "\\" are escapes and no other backslash is (CWL v1.2 §String interpolation). False: a
  /// backslash takes the meaning from whatever follows it and vanishes (v1.0, v1.1).
  bool escapes = true;
  /// White space around the text does not count. False for the texts of InitialWorkDirRequirement.
  bool trims = true;
};

/// True when `text` holds a parameter reference or an expression: "$(" or "${". A text without is its own value, its
/// backslashes and spaces included.
bool has_expression(std::string_view text);

/// The value of a CWL string: a single reference or expression yields its value as it is; otherwise each is turned to
/// text (`value_text`) and put in its place. A parameter reference such as
/// `$(inputs.file.basename)` is resolved without JavaScript. kInvalidInput on a bad reference, an unknown member, a
/// script's failure, or JavaScript where the document asks for none.
core::Result<core::Value> evaluate(std::string_view text, const Context& context);

}  // namespace alveus::expr
