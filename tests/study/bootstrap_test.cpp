// SPDX-License-Identifier: Apache-2.0
#include "study/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "study/cases.hpp"

namespace alveus::study {
namespace {

TEST(PatientResamplerTest, KeepsTheSizeOfEachClass) {
  const std::vector<int> targets = {1, 0, 0, 1, 0, 0, 0};
  const PatientResampler resampler(targets, 7);
  std::vector<double> weights(targets.size());
  bool left_one_out = false;
  for (std::size_t index = 0; index < 50; ++index) {
    resampler.draw(index, weights);
    EXPECT_EQ(weights[0] + weights[3], 2) << index;
    EXPECT_EQ(std::accumulate(weights.begin(), weights.end(), 0.0), 7) << index;
    left_one_out = left_one_out || weights[1] == 0;
  }
  EXPECT_TRUE(left_one_out);
}

TEST(PatientResamplerTest, DrawsTheSameForTheSameSeedAndIndex) {
  const std::vector<int> targets(30, 1);
  std::vector<double> first(30);
  std::vector<double> again(30);
  std::vector<double> other(30);
  PatientResampler(targets, 7).draw(3, first);
  const PatientResampler resampler(targets, 7);
  resampler.draw(9, again);
  resampler.draw(3, again);
  EXPECT_EQ(first, again);
  resampler.draw(4, other);
  EXPECT_NE(first, other);
  PatientResampler(targets, 8).draw(3, other);
  EXPECT_NE(first, other);
}

/// Every patient of `count` is drawn about as often as any other.
TEST(PatientResamplerTest, DrawsAllPatientsAlike) {
  const std::vector<int> targets(10, 0);
  const PatientResampler resampler(targets, 1);
  std::vector<double> weights(10);
  std::vector<double> sums(10);
  for (std::size_t index = 0; index < 4000; ++index) {
    resampler.draw(index, weights);
    for (std::size_t i = 0; i < 10; ++i) sums[i] += weights[i];
  }
  // 4000 expected, standard deviation 60.
  for (const double sum : sums) EXPECT_NEAR(sum, 4000, 300);
}

TEST(BootstrapTest, AgreesWithTheTextbookForAShare) {
  // 60 positives of which 45 are called: the bootstrap of a share is binomial, standard deviation sqrt(pq/n).
  std::vector<double> probabilities;
  std::vector<int> targets;
  for (int i = 0; i < 120; ++i) {
    targets.push_back(i < 60 ? 1 : 0);
    probabilities.push_back(i < 45 || i >= 110 ? 0.9 - i / 1000.0 : 0.1 + i / 1000.0);
  }
  const auto intervals = bootstrap_measures(patient_cases(probabilities, targets), 4000, 1);
  const auto& sensitivity = intervals.at(static_cast<std::size_t>(Measure::kSensitivity));
  ASSERT_TRUE(sensitivity.percentile && sensitivity.bca);
  const double half = 1.96 * std::sqrt(0.75 * 0.25 / 60);
  EXPECT_NEAR(sensitivity.percentile->low, 0.75 - half, 0.02);
  EXPECT_NEAR(sensitivity.percentile->high, 0.75 + half, 0.02);
  EXPECT_NEAR(sensitivity.bca->low, 0.75 - half, 0.03);
}

TEST(BootstrapTest, RepeatsItselfBitByBit) {
  const auto cases = patient_cases(kTwentyProbabilities, kTwentyTargets);
  const auto first = bootstrap_measures(cases, 300, 5);
  const auto again = bootstrap_measures(cases, 300, 5);
  const auto other = bootstrap_measures(cases, 300, 6);
  EXPECT_EQ(first.front().percentile, again.front().percentile);
  EXPECT_EQ(first.front().bca, again.front().bca);
  EXPECT_NE(first.front().percentile, other.front().percentile);
}

TEST(BootstrapIntervalsTest, LeaveOutResamplesWithoutAValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<int> targets = {0, 1, 1};
  const auto some = bootstrap_intervals(2, {1, 2, 3, nan}, std::vector<double>{2, 2.5, 1.5}, targets);
  ASSERT_TRUE(some.percentile.has_value());
  EXPECT_NEAR(some.percentile->low, 1.05, 1e-12);
  EXPECT_FALSE(bootstrap_intervals(2, {1, nan, nan, nan}, std::vector<double>{2, 2, 2}, targets).percentile);
  EXPECT_FALSE(bootstrap_intervals(nan, {1, 2}, std::vector<double>{2, 2, 2}, targets).percentile);
}

TEST(BootstrapIntervalsTest, HaveNoBcaWhereLeavingOneOutIsUndefined) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<int> targets = {0, 1, 1};
  const auto intervals = bootstrap_intervals(2, {1, 2, 3}, std::vector<double>{nan, 2, 2}, targets);
  EXPECT_TRUE(intervals.percentile.has_value());
  EXPECT_FALSE(intervals.bca.has_value());
}

}  // namespace
}  // namespace alveus::study
