// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// Gives an error of `expr` its place in the document. Where its context starts with a line of a script and a caret,
/// and that line is found at or below `mark` (the start of the field), the place is the caret's, else it is `mark`.
core::Error place_in_text(const document::Mark& mark, core::Error error);

}  // namespace alveus::cwl
