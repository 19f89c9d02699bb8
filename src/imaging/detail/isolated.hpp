// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "core/result.hpp"

namespace alveus::imaging::detail {

/// What a piece of work may use.
struct IsolationLimits {
  std::size_t memory_bytes = std::size_t{4} << 30;  ///< beyond what this process has mapped
  std::chrono::milliseconds time{60'000};
};

/// Runs `work` in a child process made by fork, so that a library that aborts, runs away or writes to standard error
/// takes nothing else with it, and yields what it yielded. `work` may throw and must neither start threads nor take
/// locks that other threads of this process may hold; so several threads may call this, but none may run ITK outside.
/// kCorrupt when the child ended otherwise: the message says how, and with which last words. kUnavailable when there is
/// no process or memory to spare.
core::Result<std::string> run_isolated(const std::function<core::Result<std::string>()>& work,
                                       const IsolationLimits& limits);

}  // namespace alveus::imaging::detail
