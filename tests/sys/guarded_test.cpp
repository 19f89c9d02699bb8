// SPDX-License-Identifier: Apache-2.0
#include "sys/guarded.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace alveus::sys {
namespace {

TEST(GuardedTest, ChangesOfSeveralThreadsAllCount) {
  Guarded<int> count(1);
  {
    std::vector<std::jthread> threads;
    for (int index = 0; index < 4; ++index) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 1000; ++turn) count.with_lock([](int& value) { ++value; });
      });
    }
  }
  EXPECT_EQ(count.with_lock([](const int& value) { return value; }), 4001);
}

}  // namespace
}  // namespace alveus::sys
