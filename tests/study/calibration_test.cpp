// SPDX-License-Identifier: Apache-2.0
#include "study/calibration.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "study/cases.hpp"
#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

TEST(CalibrationLineTest, IsTheMaximumLikelihoodLine) {
  const auto line = calibration_line(kTwentyProbabilities, kTwentyTargets);
  ASSERT_TRUE(line.has_value());
  EXPECT_NEAR(line->slope.value, 0.9908832597231152, 1e-11);
  EXPECT_NEAR(line->slope.standard_error, 0.4977684003474183, 1e-11);
  EXPECT_NEAR(line->intercept.value, -0.19592456506048614, 1e-11);
  EXPECT_NEAR(line->intercept.standard_error, 0.5300568333114973, 1e-11);
}

TEST(CalibrationLineTest, FindsBackAKnownDistortion) {
  core::Random random(1, "calibration_test");
  std::vector<double> probabilities;
  std::vector<int> targets;
  for (int i = 0; i < 20000; ++i) {
    const double truth = 2 * random.normal();
    targets.push_back(random.chance(logistic(truth)) ? 1 : 0);
    probabilities.push_back(logistic((truth - 0.5) / 0.8));  // truth = 0.5 + 0.8 logit
  }
  const auto line = calibration_line(probabilities, targets);
  EXPECT_NEAR(line->slope.value, 0.8, 4 * line->slope.standard_error);
  EXPECT_NEAR(line->intercept.value, 0.5, 4 * line->intercept.standard_error);
}

TEST(CalibrationLineTest, HasNoMaximumWhereTheClassesAreParted) {
  EXPECT_FALSE(calibration_line(std::vector{0.1, 0.2, 0.8}, std::vector{0, 0, 1}).has_value());
  EXPECT_FALSE(calibration_line(std::vector{0.1, 0.4, 0.4, 0.8}, std::vector{0, 0, 1, 1}).has_value());
  EXPECT_FALSE(calibration_line(std::vector{0.9, 0.1}, std::vector{0, 1}).has_value());
  EXPECT_FALSE(calibration_line(std::vector{0.1, 0.2}, std::vector{0, 0}).has_value());
  EXPECT_FALSE(calibration_line(std::vector{0.3, 0.3, 0.3}, std::vector{0, 1, 0}).has_value());
}

TEST(CalibrationLineTest, TakesProbabilitiesOfZeroAndOne) {
  const auto line = calibration_line(std::vector<double>{0, 0, 1, 1, 0.5, 0.5}, std::vector<int>{0, 1, 1, 1, 0, 1});
  ASSERT_TRUE(line.has_value());
  EXPECT_GT(line->slope.value, 0);
}

TEST(CalibrationInTheLargeTest, HoldsTheSlopeAtOne) {
  const auto intercept = calibration_in_the_large(kTwentyProbabilities, kTwentyTargets);
  ASSERT_TRUE(intercept.has_value());
  EXPECT_NEAR(intercept->value, -0.19623975863770154, 1e-11);
  EXPECT_NEAR(intercept->standard_error, 0.5308385023742329, 1e-11);
  EXPECT_FALSE(calibration_in_the_large(std::vector{0.1, 0.2}, std::vector{1, 1}).has_value());
}

TEST(CalibrationBinsTest, HaveEqualMass) {
  std::vector<double> probabilities;
  std::vector<int> targets;
  for (int i = 0; i < 32; ++i) {
    probabilities.push_back((31 - i) / 32.0);
    targets.push_back(i % 3 == 0 ? 1 : 0);
  }
  const auto bins = calibration_bins(probabilities, targets, 15);
  ASSERT_EQ(bins.size(), 15U);
  EXPECT_EQ(bins[0].count, 3U);
  EXPECT_EQ(bins[1].count, 3U);
  EXPECT_EQ(bins[2].count, 2U);
  EXPECT_DOUBLE_EQ(bins[0].low, 0);
  EXPECT_DOUBLE_EQ(bins[0].high, 2 / 32.0);
  EXPECT_DOUBLE_EQ(bins[0].mean_probability, 1 / 32.0);
  // The three least are cases 31, 30, 29, of which 30 is positive.
  EXPECT_DOUBLE_EQ(bins[0].observed, 1.0 / 3);
}

TEST(CalibrationBinsTest, NeverPartEqualProbabilities) {
  const std::vector<double> probabilities = {0.1, 0.5, 0.5, 0.5, 0.5, 0.9};
  const std::vector<int> targets = {0, 0, 1, 0, 1, 1};
  const auto bins = calibration_bins(probabilities, targets, 3);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].count, 5U);
  EXPECT_EQ(bins[1].count, 1U);
  EXPECT_DOUBLE_EQ(bins[1].observed, 1);
}

TEST(CalibrationErrorTest, IsTheMeanGapWeightedByMass) {
  const std::vector<double> probabilities = {0.1, 0.2, 0.6, 0.9};
  const std::vector<int> targets = {0, 1, 1, 1};
  // Bins (0.1, 0.2) and (0.6, 0.9): gaps 0.35 and 0.25.
  EXPECT_NEAR(expected_calibration_error(calibration_bins(probabilities, targets, 2)), 0.3, 1e-15);
  EXPECT_EQ(expected_calibration_error({}), 0);
}

TEST(ClippedTest, KeepsLogarithmsFinite) {
  EXPECT_EQ(clipped(0), 0x1.0p-23);
  EXPECT_EQ(clipped(1), 1 - 0x1.0p-23);
  EXPECT_EQ(clipped(0.3), 0.3);
}

}  // namespace
}  // namespace alveus::study
