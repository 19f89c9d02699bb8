// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "core/result.hpp"
#include "sys/process.hpp"

namespace alveus::sys::detail {

/// The program's path as the child, which stands in the working directory, will name it. kNotFound, kDenied.
core::Result<std::string> find_program(const ProcessCommand& command);

/// Starts the program as leader of a new process group, with default signal actions, no signal blocked and no open
/// file but the standard three. The caller waits for it. Errors as ProcessRunner::start.
core::Result<pid_t> spawn(const ProcessCommand& command);

}  // namespace alveus::sys::detail
