// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "core/result.hpp"
#include "sys/process.hpp"

namespace alveus::sys::detail {

/// Starts the program as leader of a new process group, with default signal actions, no signal blocked and no open
/// file but the standard three. The caller waits for it. Errors as ProcessRunner::start.
core::Result<pid_t> spawn(const ProcessCommand& command);

}  // namespace alveus::sys::detail
