// SPDX-License-Identifier: Apache-2.0
#include "cli/live_view.hpp"

#include <gtest/gtest.h>

namespace alveus::cli {
namespace {

using std::chrono::seconds;

TEST(LiveViewTest, WritesDurationsForPeople) {
  EXPECT_EQ(duration_text(seconds(4)), "4 s");
  EXPECT_EQ(duration_text(seconds(125)), "2:05 min");
  EXPECT_EQ(duration_text(seconds(3723)), "1:02:03 h");
}

TEST(LiveViewTest, ShowsAStepWithItsBarAndCounts) {
  const auto line = step_line("train", {.waiting = 1, .running = 1, .done = 1, .failed = 1}, 8);
  EXPECT_EQ(line, "  train     ██████████░░░░░░░░░░  2/4  1 running  1 failed");
}

TEST(LiveViewTest, ShowsAnEmptyScatterWithoutDividingByZero) {
  EXPECT_EQ(step_line("a", {}, 1), "  a  ░░░░░░░░░░░░░░░░░░░░  0/0");
}

}  // namespace
}  // namespace alveus::cli
