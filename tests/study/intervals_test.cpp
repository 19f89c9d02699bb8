// SPDX-License-Identifier: Apache-2.0
#include "study/intervals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

struct WilsonCase {
  long successes;
  long total;
  double low;
  double high;
};

class WilsonTest : public testing::TestWithParam<WilsonCase> {};

TEST_P(WilsonTest, AgreesWithScipy) {
  const auto interval = wilson_interval(GetParam().successes, GetParam().total);
  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, GetParam().low, 1e-13);
  EXPECT_NEAR(interval->high, GetParam().high, 1e-13);
}

INSTANTIATE_TEST_SUITE_P(Values, WilsonTest,
                         testing::Values(WilsonCase{0, 10, 0, 0.27753279986288926},
                                         WilsonCase{6, 6, 0.6096657120978346, 1},
                                         WilsonCase{8, 10, 0.4901624715366418, 0.9433178485456248},
                                         WilsonCase{45, 50, 0.7863976856252034, 0.9565242350681095}));

TEST(WilsonIntervalTest, NeedsCases) { EXPECT_FALSE(wilson_interval(0, 0).has_value()); }

TEST(LogitIntervalTest, StaysInsideZeroAndOne) {
  const auto interval = logit_interval(0.98, 0.01);
  EXPECT_GT(interval.low, 0);
  EXPECT_LT(interval.high, 1);
  // By hand: logit(0.75) ± 1.96 * 0.05 / (0.75 * 0.25).
  const auto middle = logit_interval(0.75, 0.0025);
  EXPECT_NEAR(middle.low, 0.6401361738, 1e-5);
  EXPECT_NEAR(middle.high, 0.8349701145, 1e-5);
}

TEST(DisjointPairsTest, BoundsPerfectAreas) {
  const auto perfect = disjoint_pairs_interval(1, 12);
  EXPECT_EQ(perfect.high, 1);
  EXPECT_NEAR(std::pow(perfect.low, 12), 0.025, 1e-12);
  const auto reversed = disjoint_pairs_interval(0, 12);
  EXPECT_EQ(reversed.low, 0);
  EXPECT_NEAR(reversed.high, 1 - perfect.low, 1e-15);
}

TEST(QuantileTest, InterpolatesLikeNumpy) {
  const std::vector<double> sorted = {1, 2, 4, 8, 16};
  EXPECT_DOUBLE_EQ(quantile(sorted, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.025), 1.1);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(quantile(sorted, 0.6), 5.6);
  EXPECT_DOUBLE_EQ(quantile(sorted, 1), 16);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> means_without_each(const std::vector<double>& values) {
  std::vector<double> means;
  const double sum = mean(values) * static_cast<double>(values.size());
  for (const double value : values) means.push_back((sum - value) / static_cast<double>(values.size() - 1));
  return means;
}

// scipy.stats.bootstrap(method="BCa") of a difference of means, with these 60 resamples.
TEST(BcaTest, AgreesWithScipyForTwoSamples) {
  const std::vector<double> first = {1.03, 2.17, 2.59, 3.31, 7.23, 11.41, 13.07, 4.19, 4.87, 9.61};
  const std::vector<double> second = {3.13, 1.29, 4.37, 1.71, 5.03, 9.17, 2.23, 6.41};
  std::uint64_t state = 1;
  const auto drawn_mean = [&](const std::vector<double>& values) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      state = (state * 1103515245 + 12345) % (std::uint64_t{1} << 31U);
      sum += values[(state >> 16U) % values.size()];
    }
    return sum / static_cast<double>(values.size());
  };
  std::vector<double> replicates;
  for (int b = 0; b < 60; ++b) {
    const double first_mean = drawn_mean(first);
    replicates.push_back(first_mean - drawn_mean(second));
  }
  std::ranges::sort(replicates);
  const auto delete_first = means_without_each(first);
  // The difference falls when the second mean rises.
  auto delete_second = means_without_each(second);
  for (double& value : delete_second) value = -value;
  const std::array<std::span<const double>, 2> samples = {delete_first, delete_second};

  const auto interval = bca_interval(replicates, mean(first) - mean(second), acceleration(samples));

  ASSERT_TRUE(interval.has_value());
  EXPECT_NEAR(interval->low, -0.4846663090012242, 1e-12);
  EXPECT_NEAR(interval->high, 4.486200114189414, 1e-12);
}

TEST(BcaTest, IsThePercentileIntervalWithoutBiasAndAcceleration) {
  std::vector<double> replicates(101);
  std::iota(replicates.begin(), replicates.end(), 0.0);
  const auto bca = bca_interval(replicates, 50, 0);
  const auto percentile = percentile_interval(replicates);
  ASSERT_TRUE(bca && percentile);
  EXPECT_NEAR(bca->low, percentile->low, 1e-10);
  EXPECT_NEAR(bca->high, percentile->high, 1e-10);
}

TEST(BcaTest, IsUndefinedForAnEstimateOutsideTheReplicates) {
  const std::vector<double> replicates = {1, 2, 3};
  EXPECT_FALSE(bca_interval(replicates, 4, 0).has_value());
  EXPECT_FALSE(bca_interval({}, 4, 0).has_value());
}

TEST(AccelerationTest, IsZeroWhereNothingVaries) {
  const std::vector<double> same = {2, 2, 2};
  const std::array<std::span<const double>, 1> samples = {same};
  EXPECT_EQ(acceleration(samples), 0);
}

TEST(ConfidenceTest, WidthBelongsToTheConfidence) {
  EXPECT_NEAR(normal_quantile(1 - (1 - kConfidence) / 2), kNormalWidth, 1e-14);
}

}  // namespace
}  // namespace alveus::study
