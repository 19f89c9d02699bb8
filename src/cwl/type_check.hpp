// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/type.hpp"

namespace alveus::cwl {

/// True when `value` is a value of `type`. Members of a record that it does not declare are accepted.
bool matches(const Type& type, const core::Value& value);

/// kInvalidInput when `value` is none of `type`: "input 'reads' is a string, but must be File[]"; for arrays and
/// records the message names the part that is wrong. `subject` starts the message: "input 'reads'".
core::Status check_type(std::string_view subject, const Type& type, const core::Value& value);

/// The alternative of a union that `value` is of, `type` itself when it is no union, null when nothing matches.
const Type* matching_type(const Type& type, const core::Value& value);

}  // namespace alveus::cwl
