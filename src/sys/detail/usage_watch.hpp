// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "sys/detail/job_usage.hpp"

namespace alveus::sys::detail {

/// A thread that looks now and then what the running jobs use, and finds those that use too much. It sleeps while
/// nobody wants to know, and spends at most a fiftieth of one core: where a look is slow, looks are rare.
class UsageWatch {
 public:
  /// Called on the watch's thread, never under a lock of its own.
  struct Owner {
    std::function<std::vector<WatchedJob>()> jobs;
    std::function<void(std::span<const JobUsage>)> on_usage;
    std::function<void(const Excess&)> on_excess;
  };

  /// `total_bytes`: what all jobs may use together; zero: no such rule.
  UsageWatch(std::int64_t total_bytes, Owner owner);

  /// Somebody wants figures, for some seconds from here on.
  void ask();
  /// A job has a limit of its own: all are watched from here on.
  void enforce_limits();

 private:
  using SteadyClock = std::chrono::steady_clock;

  void watch(const std::stop_token& end);
  /// How long until the next look; empty: nobody wants one.
  std::optional<std::chrono::microseconds> interval() const;
  void look();

  std::int64_t total_bytes_;
  Owner owner_;
  UsageSampler sampler_;
  bool is_near_ = false;
  std::chrono::microseconds last_cost_{0};
  std::mutex mutex_;  // guards the four below
  std::condition_variable_any changed_;
  bool has_limits_;
  bool is_asked_anew_ = false;
  SteadyClock::time_point asked_until_{};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace alveus::sys::detail
