// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "cmdline/command.hpp"

namespace alveus::lab {

/// --threads N of commands that read or write many files, whose results do not depend on it.
cmdline::Flag file_threads_flag();

/// Its value; without it as many as this process may use, 16 at most, because each thread holds a scan in memory.
/// kInvalidInput outside 1 to 1024.
core::Result<std::size_t> file_threads(const cmdline::Flags& flags);

}  // namespace alveus::lab
