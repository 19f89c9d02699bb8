// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/process.hpp"

namespace alveus::flow {

/// The value a sink gets from the values of its sources, in their order: merged when the link is a list or has several
/// sources, then picked. No source gives null. kInvalidInput names `sink` when no value, or more than one where only
/// one may be, is left to pick. Picking looks at the first level of a list; any other value is passed as it is.
core::Result<core::Value> merge_link(const Link& link, std::vector<core::Value> sources, std::string_view sink);

}  // namespace alveus::flow
