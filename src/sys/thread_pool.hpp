// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace alveus::sys {

/// Threads that run tasks in the order they were added. The queue has a bound: `add` waits for room, so it must not be
/// called from a task. The destructor runs what is queued, then joins.
class ThreadPool {
 public:
  ThreadPool(std::size_t thread_count, std::size_t queue_limit);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// `task` must not throw.
  void add(std::function<void()> task);
  /// Tasks added and not yet finished.
  std::size_t pending() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace alveus::sys
