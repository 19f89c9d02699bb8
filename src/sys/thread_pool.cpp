// SPDX-License-Identifier: Apache-2.0
#include "sys/thread_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace alveus::sys {

struct ThreadPool::State {
  explicit State(std::size_t limit) : queue_limit(limit) {}

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      arrived.wait(lock, [this] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      auto task = std::move(queue.front());
      queue.pop_front();
      room.notify_one();
      lock.unlock();
      task();
      task = nullptr;  // what it holds goes before it counts as finished, and without the lock
      lock.lock();
      --pending;
    }
  }

  mutable std::mutex mutex;
  std::condition_variable arrived;
  std::condition_variable room;
  std::deque<std::function<void()>> queue;
  std::size_t queue_limit;
  std::size_t pending = 0;
  bool ending = false;
  std::vector<std::jthread> threads;
};

ThreadPool::ThreadPool(std::size_t thread_count, std::size_t queue_limit)
    : state_(std::make_unique<State>(std::max<std::size_t>(1, queue_limit))) {
  for (std::size_t index = 0; index < std::max<std::size_t>(1, thread_count); ++index) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->ending = true;
    state_->arrived.notify_all();
  }
  state_->threads.clear();
}

void ThreadPool::add(std::function<void()> task) {
  std::unique_lock lock(state_->mutex);
  state_->room.wait(lock, [this] { return state_->queue.size() < state_->queue_limit; });
  state_->queue.push_back(std::move(task));
  ++state_->pending;
  state_->arrived.notify_one();
}

std::size_t ThreadPool::pending() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->pending;
}

}  // namespace alveus::sys
