// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace alveus::sys {

/// A bounded queue from many threads to one. `post` waits while it is full; `take_all` hands over everything at once,
/// so that the reader pays one lock for a burst.
template <typename Event>
class Mailbox {
 public:
  explicit Mailbox(std::size_t limit) : limit_(limit) {}

  /// Adds an event, waiting for room. False when the mailbox was closed: the event is dropped.
  bool post(Event event) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || events_.size() < limit_; });
    if (closed_) return false;
    events_.push_back(std::move(event));
    arrived_.notify_one();
    return true;
  }

  /// All events that wait, in order; waits for the first one until `deadline`. Empty when none came in time.
  template <typename Clock, typename Duration>
  std::vector<Event> take_all(std::chrono::time_point<Clock, Duration> deadline) {
    std::unique_lock lock(mutex_);
    arrived_.wait_until(lock, deadline, [&] { return closed_ || !events_.empty(); });
    std::vector<Event> taken(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
    events_.clear();
    room_.notify_all();
    return taken;
  }

  /// Wakes everyone; later posts are dropped.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    arrived_.notify_all();
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  std::deque<Event> events_;
  std::size_t limit_;
  bool closed_ = false;
};

}  // namespace alveus::sys
