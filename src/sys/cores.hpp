// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::sys {

/// The processors that this process may use: those of its affinity mask, less where its control group has a quota.
/// At least 1; a quota may be no whole number.
double usable_cores();

}  // namespace alveus::sys
