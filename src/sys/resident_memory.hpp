// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace alveus::sys {

/// Memory of this process that stands in RAM, shared pages and mapped files included: VmRSS of /proc. 0 where the
/// system does not tell.
std::int64_t resident_bytes();

}  // namespace alveus::sys
