// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cwl/type.hpp"

namespace alveus::cwl {

/// A type of that kind and nothing more.
Type of_kind(Type::Kind kind);
Type array_of(Type items);

}  // namespace alveus::cwl
