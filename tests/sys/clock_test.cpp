// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.hpp"

#include <gtest/gtest.h>

namespace alveus::sys {
namespace {

TEST(RealClockTest, GoesForwardAndKnowsTheCentury) {
  const RealClock clock;
  const SteadyTime first = clock.steady();
  EXPECT_GE(clock.steady(), first);
  EXPECT_GT(clock.wall(), std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
}

}  // namespace
}  // namespace alveus::sys
