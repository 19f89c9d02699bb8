// SPDX-License-Identifier: Apache-2.0
#include "study/threshold.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "study/confusion.hpp"

namespace alveus::study {
namespace {

struct ThresholdCase {
  std::string name;
  ThresholdRule rule;
  std::vector<double> probabilities;
  std::vector<int> targets;
  std::optional<double> threshold;
};

class ThresholdTest : public testing::TestWithParam<ThresholdCase> {};

TEST_P(ThresholdTest, IsChosenFromTheScores) {
  const auto& [name, rule, probabilities, targets, expected] = GetParam();
  const auto threshold = choose_threshold(rule, probabilities, targets);
  ASSERT_EQ(threshold.has_value(), expected.has_value());
  EXPECT_DOUBLE_EQ(threshold.value_or(-1), expected.value_or(-1));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ThresholdTest,
    testing::Values(
        ThresholdCase{"Half", ThresholdRule::kHalf, {}, {}, 0.5},
        ThresholdCase{"YoudenBetweenPartedClasses", ThresholdRule::kYouden, {0.1, 0.3, 0.7, 0.9}, {0, 0, 1, 1}, 0.5},
        ThresholdCase{"YoudenTakesTheBestIndex", ThresholdRule::kYouden, {0.1, 0.2, 0.3, 0.4}, {0, 0, 1, 1}, 0.25},
        // Calling 0.9 alone, or all down to 0.2, is equally good: the threshold nearer to 0.5 wins.
        ThresholdCase{"YoudenPrefersTheMiddle", ThresholdRule::kYouden, {0.1, 0.2, 0.75, 0.9}, {0, 1, 0, 1}, 0.825},
        ThresholdCase{"YoudenIsLostOnConstants", ThresholdRule::kYouden, {0.4, 0.4}, {0, 1}, std::nullopt},
        ThresholdCase{"YoudenIsLostOnReversedScores", ThresholdRule::kYouden, {0.9, 0.1}, {0, 1}, std::nullopt},
        ThresholdCase{"YoudenNeedsBothClasses", ThresholdRule::kYouden, {0.9, 0.1}, {1, 1}, std::nullopt},
        ThresholdCase{"SensitivityTakesTheHighest",
                      ThresholdRule::kSensitivity95,
                      {0.1, 0.2, 0.5, 0.6, 0.8},
                      {0, 1, 0, 1, 1},
                      0.15},
        ThresholdCase{"SensitivityMayCallAll", ThresholdRule::kSensitivity95, {0.1, 0.2, 0.5}, {1, 0, 1}, 0.1},
        ThresholdCase{"SensitivityNeedsBothClasses", ThresholdRule::kSensitivity95, {0.9}, {1}, std::nullopt}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(ThresholdRuleTest, HasANameThatReadsBack) {
  for (const auto rule : {ThresholdRule::kHalf, ThresholdRule::kYouden, ThresholdRule::kSensitivity95}) {
    EXPECT_EQ(find_threshold_rule(name_of(rule)), rule);
  }
  EXPECT_FALSE(find_threshold_rule("best").has_value());
}

double youden(const std::vector<double>& probabilities, const std::vector<int>& targets, double threshold) {
  std::vector<int> calls;
  for (const double probability : probabilities) calls.push_back(probability >= threshold ? 1 : 0);
  const auto counts = count_calls(targets, calls);
  return sensitivity(counts) + specificity(counts) - 1;
}

TEST(YoudenTest, NoOtherThresholdIsBetter) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    core::Random random(seed, "threshold_test");
    std::vector<double> probabilities;
    std::vector<int> targets;
    for (int i = 0; i < 25; ++i) {
      targets.push_back(i % 2);
      probabilities.push_back(static_cast<double>(random.below(20) + 4 * static_cast<unsigned>(i % 2)) / 24);
    }
    const auto chosen = choose_threshold(ThresholdRule::kYouden, probabilities, targets);
    double best = 0;
    for (int step = 0; step <= 1000; ++step) best = std::max(best, youden(probabilities, targets, step / 1000.0));
    EXPECT_NEAR(youden(probabilities, targets, chosen.value_or(0.5)), best, 1e-12) << seed;
  }
}

TEST(YoudenTest, PartsNeighbouringDoubles) {
  const double low = 0.7;
  const double high = std::nextafter(low, 1.0);
  const auto threshold = choose_threshold(ThresholdRule::kYouden, std::vector{low, high}, std::vector{0, 1});
  ASSERT_TRUE(threshold.has_value());
  EXPECT_GT(*threshold, low);
  EXPECT_LE(*threshold, high);
}

}  // namespace
}  // namespace alveus::study
