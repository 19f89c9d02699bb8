// SPDX-License-Identifier: Apache-2.0
#include "study/curves.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "core/random.hpp"
#include "study/auroc.hpp"
#include "study/cases.hpp"

namespace alveus::study {
namespace {

TEST(RocCurveTest, HasTheCornersOfScikitLearn) {
  const auto curve = roc_curve(kTwentyProbabilities, kTwentyTargets);
  // roc_curve(drop_intermediate=True) of scikit-learn, less the points it leaves on diagonals.
  ASSERT_GE(curve.size(), 10U);
  EXPECT_FALSE(curve.front().threshold.has_value());
  EXPECT_EQ(curve.front().true_positive_rate, 0);
  EXPECT_DOUBLE_EQ(*curve[1].threshold, 0.9);
  EXPECT_DOUBLE_EQ(curve[1].true_positive_rate, 2.0 / 9);
  EXPECT_DOUBLE_EQ(*curve[2].threshold, 0.85);
  EXPECT_DOUBLE_EQ(curve[2].false_positive_rate, 1.0 / 11);
  EXPECT_DOUBLE_EQ(*curve[3].threshold, 0.65);
  EXPECT_DOUBLE_EQ(curve[3].true_positive_rate, 5.0 / 9);
  EXPECT_DOUBLE_EQ(curve.back().false_positive_rate, 1);
  EXPECT_DOUBLE_EQ(curve.back().true_positive_rate, 1);
}

TEST(RocCurveTest, EnclosesTheArea) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    core::Random random(seed, "curves_test");
    std::vector<double> probabilities;
    std::vector<int> targets;
    for (int i = 0; i < 40; ++i) {
      targets.push_back(i % 3 == 0 ? 1 : 0);
      probabilities.push_back(static_cast<double>(random.below(15)) / 15);
    }
    double area = 0;
    const auto curve = roc_curve(probabilities, targets);
    for (std::size_t i = 1; i < curve.size(); ++i) {
      area += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
              (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2;
    }
    EXPECT_NEAR(area, roc_area(probabilities, targets)->area, 1e-14) << seed;
  }
}

TEST(RocCurveTest, LeavesOutPointsOnStraightPieces) {
  EXPECT_EQ(roc_curve(std::vector{0.9, 0.8, 0.7, 0.2, 0.1}, std::vector{1, 1, 1, 0, 0}).size(), 3U);
  EXPECT_EQ(roc_curve(std::vector{0.5, 0.5, 0.5}, std::vector{1, 0, 1}).size(), 2U);
}

TEST(RocCurveTest, IsEmptyWithoutBothClasses) {
  EXPECT_TRUE(roc_curve(std::vector{0.5, 0.6}, std::vector{1, 1}).empty());
  EXPECT_TRUE(roc_curve({}, {}).empty());
}

TEST(HistogramTest, CountsEachClassInEqualBins) {
  const auto counts = histogram(std::vector{0.0, 0.049, 0.05, 0.999, 1.0, 0.3}, std::vector{0, 1, 1, 1, 1, 0}, 20);
  ASSERT_EQ(counts.edges.size(), 21U);
  EXPECT_EQ(counts.edges.back(), 1);
  EXPECT_EQ(counts.negatives[0], 1U);
  EXPECT_EQ(counts.positives[0], 1U);
  EXPECT_EQ(counts.positives[1], 1U);
  EXPECT_EQ(counts.positives[19], 2U);
  EXPECT_EQ(counts.negatives[6], 1U) << "0.3 belongs to the bin that begins at 0.3";
  EXPECT_EQ(std::accumulate(counts.negatives.begin(), counts.negatives.end(), std::size_t{0}), 2U);
}

}  // namespace
}  // namespace alveus::study
