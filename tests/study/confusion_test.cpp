// SPDX-License-Identifier: Apache-2.0
#include "study/confusion.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "study/cases.hpp"

namespace alveus::study {
namespace {

Confusion twenty() {
  const auto cases = patient_cases(kTwentyProbabilities, kTwentyTargets);
  return count_calls(cases.targets, cases.calls);
}

TEST(ConfusionTest, CountsCallsAgainstTruth) {
  EXPECT_EQ(twenty(),
            (Confusion{.true_positives = 7, .false_negatives = 2, .false_positives = 3, .true_negatives = 8}));
}

TEST(ConfusionTest, AgreesWithScikitLearn) {
  const auto counts = twenty();
  EXPECT_DOUBLE_EQ(sensitivity(counts), 0.7777777777777778);
  EXPECT_DOUBLE_EQ(specificity(counts), 8.0 / 11);
  EXPECT_DOUBLE_EQ(positive_predictive_value(counts), 0.7);
  EXPECT_DOUBLE_EQ(negative_predictive_value(counts), 0.8);
  EXPECT_DOUBLE_EQ(accuracy(counts), 0.75);
  EXPECT_DOUBLE_EQ(balanced_accuracy(counts), 0.7525252525252526);
  EXPECT_DOUBLE_EQ(f1_score(counts), 0.7368421052631577);
  EXPECT_DOUBLE_EQ(matthews_correlation(counts), 0.502518907629606);
}

TEST(ConfusionTest, IsUndefinedWithoutCases) {
  const Confusion none_called{.true_positives = 0, .false_negatives = 3, .false_positives = 0, .true_negatives = 4};
  EXPECT_TRUE(std::isnan(positive_predictive_value(none_called)));
  EXPECT_TRUE(std::isnan(matthews_correlation(none_called)));
  EXPECT_EQ(sensitivity(none_called), 0);
  const Confusion no_positives{.true_positives = 0, .false_negatives = 0, .false_positives = 1, .true_negatives = 4};
  EXPECT_TRUE(std::isnan(sensitivity(no_positives)));
  EXPECT_TRUE(std::isnan(balanced_accuracy(no_positives)));
}

TEST(OddsRatioTest, AddsAHalfToEveryCell) {
  const Confusion perfect{.true_positives = 6, .false_negatives = 0, .false_positives = 0, .true_negatives = 4};
  EXPECT_DOUBLE_EQ(diagnostic_odds_ratio(perfect), 117);
}

TEST(OddsRatioTest, HasWoolfsInterval) {
  const auto interval = diagnostic_odds_ratio_interval(twenty());
  const double ratio = 7.5 * 8.5 / (3.5 * 2.5);
  const double error = std::sqrt(1 / 7.5 + 1 / 8.5 + 1 / 3.5 + 1 / 2.5);
  EXPECT_NEAR(interval.low, ratio / std::exp(1.959963984540054 * error), 1e-12);
  EXPECT_NEAR(interval.high, ratio * std::exp(1.959963984540054 * error), 1e-10);
}

TEST(PredictiveValueTest, FollowsThePrevalence) {
  // By hand: 0.9 * 0.05 / (0.9 * 0.05 + 0.2 * 0.95).
  EXPECT_NEAR(ppv_at(0.9, 0.8, 0.05), 0.19148936170212766, 1e-15);
  EXPECT_NEAR(npv_at(0.9, 0.8, 0.05), 0.993464052287582, 1e-15);
  EXPECT_DOUBLE_EQ(ppv_at(1, 1, 0.2), 1);
  EXPECT_TRUE(std::isnan(ppv_at(0, 1, 0.2)));
}

}  // namespace
}  // namespace alveus::study
