// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace alveus::sys {

/// A value that several threads share, out of reach without its lock. Nothing that `with_lock` runs may call out to
/// code that could come back here, and no reference to the value may leave it.
template <typename T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <typename Function>
  decltype(auto) with_lock(Function&& function) {
    const std::scoped_lock lock(mutex_);
    return std::invoke(std::forward<Function>(function), value_);
  }

  template <typename Function>
  decltype(auto) with_lock(Function&& function) const {
    const std::scoped_lock lock(mutex_);
    return std::invoke(std::forward<Function>(function), std::as_const(value_));
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace alveus::sys
