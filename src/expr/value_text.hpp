// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/value.hpp"

namespace alveus::expr {

/// A value as CWL puts it into a text, a file or a command line: a string as it is, the rest as JSON on one line with
/// ", " and ": " between its parts and its members sorted. Numbers have no exponent: 0.00001, 1230000.
std::string value_text(const core::Value& value);

}  // namespace alveus::expr
