// SPDX-License-Identifier: Apache-2.0
#include "sys/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace alveus::sys {
namespace {

TEST(ThreadPoolTest, RunsAllThatIsQueuedBeforeItGoes) {
  std::atomic<int> done{0};
  {
    ThreadPool pool(4, 8);
    for (int index = 0; index < 1000; ++index) pool.add([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(ThreadPoolTest, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    ThreadPool pool(1, 2);
    for (int index = 0; index < 100; ++index) pool.add([&order, index] { order.push_back(index); });
  }
  for (int index = 0; index < 100; ++index) ASSERT_EQ(order[static_cast<std::size_t>(index)], index);
}

TEST(ThreadPoolTest, AddWaitsWhileTheQueueIsFull) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::promise<void> started;
  std::atomic<bool> added{false};
  {
    ThreadPool pool(1, 1);
    pool.add([&] {
      started.set_value();
      opened.wait();
    });
    started.get_future().wait();
    pool.add([opened] { opened.wait(); });
    EXPECT_EQ(pool.pending(), 2U);
    std::jthread third([&] {
      pool.add([] {});
      added = true;
    });
    EXPECT_FALSE(added);
    gate.set_value();
    third.join();
    EXPECT_TRUE(added);
  }
}

TEST(ThreadPoolTest, CountsATaskUntilItsCapturesAreGone) {
  ThreadPool pool(2, 4);
  auto kept = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = kept;
  pool.add([held = std::move(kept)] { static_cast<void>(held); });
  while (pool.pending() != 0) std::this_thread::yield();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace alveus::sys
