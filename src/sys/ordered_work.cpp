// SPDX-License-Identifier: Apache-2.0
#include "sys/ordered_work.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>

#include "sys/thread_pool.hpp"

namespace alveus::sys {
namespace {

constexpr std::size_t kAheadOfEachThread = 2;

/// What the threads and the caller tell each other.
class Exchange {
 public:
  Exchange(std::size_t count, std::size_t thread_count) : made_(count), idle_(thread_count) {
    std::iota(idle_.begin(), idle_.end(), std::size_t{0});
  }

  /// On a thread of the pool.
  void make(std::size_t index, const std::function<void(std::size_t, std::size_t)>& make_one) {
    std::unique_lock lock(mutex_);
    if (ending_) return;
    const std::size_t thread = idle_.back();
    idle_.pop_back();
    lock.unlock();
    std::exception_ptr failure;
    try {
      make_one(thread, index);
    } catch (...) {
      failure = std::current_exception();  // want of memory, which is the caller's to know
    }
    lock.lock();
    idle_.push_back(thread);
    made_[index] = true;
    if (failure && !failure_) failure_ = failure;
    arrived_.notify_one();
  }

  void wait_for(std::size_t index) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return made_[index] || failure_; });
    if (failure_) std::rethrow_exception(failure_);
  }

  void end() {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<bool> made_;
  std::vector<std::size_t> idle_;  ///< numbers of threads that make nothing
  std::exception_ptr failure_;
  bool ending_ = false;
};

/// What is queued and not begun when the caller leaves, for whatever reason, stays undone.
class EndOnLeaving {
 public:
  explicit EndOnLeaving(Exchange& exchange) : exchange_(exchange) {}
  ~EndOnLeaving() { exchange_.end(); }
  EndOnLeaving(const EndOnLeaving&) = delete;
  EndOnLeaving& operator=(const EndOnLeaving&) = delete;

 private:
  Exchange& exchange_;
};

}  // namespace

core::Status run_in_order(std::size_t count, std::size_t thread_count,
                          const std::function<void(std::size_t thread, std::size_t index)>& make,
                          const std::function<core::Status(std::size_t index)>& take) {
  thread_count = std::min(thread_count, count);
  if (thread_count <= 1) {
    for (std::size_t index = 0; index < count; ++index) {
      make(0, index);
      ALVEUS_TRY(take(index));
    }
    return {};
  }
  const std::size_t ahead = kAheadOfEachThread * thread_count;
  Exchange exchange(count, thread_count);
  ThreadPool pool(thread_count, ahead);
  const EndOnLeaving leaving(exchange);
  std::size_t added = 0;
  for (std::size_t index = 0; index < count; ++index) {
    for (; added < std::min(count, index + ahead); ++added) {
      pool.add([&exchange, &make, added] { exchange.make(added, make); });
    }
    exchange.wait_for(index);
    ALVEUS_TRY(take(index));
  }
  return {};
}

}  // namespace alveus::sys
