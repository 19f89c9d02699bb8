// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/result.hpp"

namespace alveus::sys {

/// How a foreground program ended.
struct ForegroundEnd {
  int exit_code = 0;       ///< 128 + signal when a signal ended it
  int signal = 0;          ///< the signal that ended it, or 0
  std::string error_tail;  ///< the end of what it wrote to standard error
};

/// Becomes the program: same process, streams and environment. Returns only when that fails (kNotFound, kDenied).
core::Error replace_process(const std::filesystem::path& program, std::span<const std::string> arguments);

/// Runs the program with this process's streams and environment and waits for it. What it writes to standard error is
/// passed on and its last `tail_bytes` bytes are kept. It shares this process's group, so that whoever ends the group
/// ends both. kNotFound, kDenied, kUnavailable when it cannot be started.
core::Result<ForegroundEnd> run_foreground(const std::filesystem::path& program, std::span<const std::string> arguments,
                                           std::size_t tail_bytes);

}  // namespace alveus::sys
