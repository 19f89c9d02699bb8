// SPDX-License-Identifier: Apache-2.0
#include "sys/cores.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstddef>

namespace alveus::sys {
namespace {

TEST(CoresTest, AProcessBoundToOneProcessorHasOne) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), CPU_COUNT(&before));
  std::size_t first = 0;
  while (CPU_ISSET(first, &before) == 0) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  EXPECT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace alveus::sys
