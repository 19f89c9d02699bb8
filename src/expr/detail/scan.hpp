// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::expr::detail {

/// A part of a CWL string.
struct Piece {
  enum class Kind {
    kText,       ///< taken as it is, escapes resolved
    kReference,  ///< $(…): a parameter reference or an expression
    kBody,       ///< ${…}: a function body
  };
  Kind kind = Kind::kText;
  std::string text;  ///< without the brackets

  friend bool operator==(const Piece&, const Piece&) = default;
};

/// Takes a CWL string apart. Brackets inside JavaScript's strings, templates, comments and regular expressions do not
/// count. With `escapes` "\$(", "\${" and "\\" stand for "$(", "${" and "\" (CWL v1.2); else a backslash vanishes and
/// what follows it is text (v1.0, v1.1). kInvalidInput when a bracket stays open; names its place.
core::Result<std::vector<Piece>> scan(std::string_view text, bool escapes);

}  // namespace alveus::expr::detail
