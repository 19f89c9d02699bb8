// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace alveus::core {

/// Reports a programmer's mistake on standard error and aborts. Called by ALVEUS_CHECK alone.
[[noreturn]] void check_failed(std::string_view condition, std::string_view message, std::string_view file, int line);

}  // namespace alveus::core

/// Stops the program when `condition` does not hold, in every build. For mistakes of the programmer only:
/// what input, a network or a disk can cause is an `Error`.
#define ALVEUS_CHECK(condition, message)                                       \
  do {                                                                         \
    if (!(condition)) [[unlikely]]                                             \
      ::alveus::core::check_failed(#condition, (message), __FILE__, __LINE__); \
  } while (false)

/// As ALVEUS_CHECK, in builds without NDEBUG alone. For hot loops.
#ifdef NDEBUG
#define ALVEUS_DCHECK(condition, message) static_cast<void>(0)
#else
#define ALVEUS_DCHECK(condition, message) ALVEUS_CHECK(condition, message)
#endif
