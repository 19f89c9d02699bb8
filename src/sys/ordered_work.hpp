// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace alveus::sys {

/// As `work_in_order`, for results that the functions keep themselves.
core::Status run_in_order(std::size_t count, std::size_t thread_count,
                          const std::function<void(std::size_t thread, std::size_t index)>& make,
                          const std::function<core::Status(std::size_t index)>& take);

/// Makes the results 0 to `count` - 1 on several threads and takes them on the calling thread in their order, so that
/// what comes out is the same for any number of threads. `make` is called for one index at a time with each `thread`
/// (below `thread_count`), which may therefore name a state of its own; `take` never runs beside itself. Two results
/// for each thread wait at most. The first error of `take` ends the work: nothing more is begun, what has begun is
/// waited for. With one thread all happens on the calling one, each result made just before it is taken.
template <typename T>
core::Status work_in_order(std::size_t count, std::size_t thread_count,
                           const std::function<T(std::size_t thread, std::size_t index)>& make,
                           const std::function<core::Status(std::size_t index, T result)>& take) {
  std::vector<std::optional<T>> results(count);
  return run_in_order(
      count, thread_count, [&](std::size_t thread, std::size_t index) { results[index].emplace(make(thread, index)); },
      [&](std::size_t index) {
        T result = std::move(*results[index]);
        results[index].reset();
        return take(index, std::move(result));
      });
}

}  // namespace alveus::sys
