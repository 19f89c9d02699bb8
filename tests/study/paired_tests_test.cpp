// SPDX-License-Identifier: Apache-2.0
#include "study/paired_tests.hpp"

#include <gtest/gtest.h>

namespace alveus::study {
namespace {

TEST(McNemarTest, IsExactBelow25DiscordantCases) {
  const auto test = mcnemar_test(6, 18);
  EXPECT_EQ(test.method, "exact");
  EXPECT_FALSE(test.statistic.has_value());
  EXPECT_NEAR(test.p, 0.022655844688415527, 1e-14);
}

TEST(McNemarTest, UsesTheContinuityCorrectionFrom25On) {
  const auto test = mcnemar_test(10, 20);
  EXPECT_EQ(test.method, "continuity");
  EXPECT_DOUBLE_EQ(*test.statistic, 81.0 / 30);
  EXPECT_NEAR(test.p, 0.10034824646229054, 1e-14);
  EXPECT_EQ(mcnemar_test(13, 13).p, 1);
}

TEST(McNemarTest, CountsWhoAloneIsRight) {
  const std::vector<int> targets = {1, 1, 0, 0, 1};
  const std::vector<int> first = {1, 1, 0, 1, 0};
  const std::vector<int> second = {1, 0, 1, 0, 0};
  const auto test = mcnemar_test(targets, first, second);
  EXPECT_EQ(test.only_first_right, 2);
  EXPECT_EQ(test.only_second_right, 1);
  EXPECT_EQ(test.p, 1);
}

TEST(McNemarTest, FindsEqualCallsEqual) { EXPECT_EQ(mcnemar_test(0, 0).p, 1); }

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
TEST(HolmTest, StepsDown) {
  const std::vector<std::optional<double>> p = {0.01, 0.04, 0.03, 0.005};
  const auto adjusted = holm(p);
  EXPECT_DOUBLE_EQ(*adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(*adjusted[1], 0.06);
  EXPECT_DOUBLE_EQ(*adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(*adjusted[3], 0.02);
}

TEST(HolmTest, NeverExceedsOneAndSkipsTheAbsent) {
  const std::vector<std::optional<double>> p = {0.9, std::nullopt, 0.6};
  const auto adjusted = holm(p);
  EXPECT_EQ(*adjusted[0], 1);
  EXPECT_FALSE(adjusted[1].has_value());
  EXPECT_EQ(*adjusted[2], 1);
  EXPECT_TRUE(holm({}).empty());
}

TEST(BootstrapPTest, IsTwiceTheSmallerTail) {
  std::vector<double> differences(99, 0.1);
  EXPECT_DOUBLE_EQ(bootstrap_p(differences), 0.02);
  differences[0] = -0.1;
  differences[1] = -0.2;
  EXPECT_DOUBLE_EQ(bootstrap_p(differences), 0.06);
  EXPECT_EQ(bootstrap_p(std::vector<double>(99, 0.0)), 1);
}

}  // namespace
}  // namespace alveus::study
