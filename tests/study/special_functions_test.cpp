// SPDX-License-Identifier: Apache-2.0
#include "study/special_functions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace alveus::study {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Point {
  double x;
  double value;
};

// Values by scipy 1.10.
class NormalQuantileTest : public testing::TestWithParam<Point> {};

TEST_P(NormalQuantileTest, AgreesWithScipy) {
  EXPECT_NEAR(normal_quantile(GetParam().x), GetParam().value, 2e-14 * (1 + std::abs(GetParam().value)));
}

INSTANTIATE_TEST_SUITE_P(Values, NormalQuantileTest,
                         testing::Values(Point{1e-300, -37.0470962993612}, Point{1e-10, -6.361340902404056},
                                         Point{0.001, -3.090232306167813}, Point{0.025, -1.9599639845400545},
                                         Point{0.3, -0.5244005127080409}, Point{0.5, 0.0},
                                         Point{0.975, 1.959963984540054}, Point{0.999999, 4.753424308817087}));

TEST(NormalQuantileEndTest, IsInfinite) {
  EXPECT_EQ(normal_quantile(0), -kInfinity);
  EXPECT_EQ(normal_quantile(1), kInfinity);
}

TEST(NormalCdfTest, AgreesWithScipy) {
  for (const auto& [x, value] : {Point{-10, 7.61985302416047e-24}, Point{-1.5, 0.06680720126885807}, Point{0, 0.5},
                                 Point{0.3, 0.6179114221889526}, Point{2, 0.9772498680518208}}) {
    EXPECT_NEAR(normal_cdf(x), value, 5e-14 * value) << x;
  }
}

TEST(NormalCdfTest, UndoesTheQuantile) {
  for (int i = 1; i < 200; ++i) EXPECT_NEAR(normal_cdf(normal_quantile(i / 200.0)), i / 200.0, 1e-15) << i;
}

TEST(ChiSquaredTest, AgreesWithScipy) {
  for (const auto& [x, value] : {Point{0.01, 0.920344325445942}, Point{1, 0.31731050786291115},
                                 Point{3.841458820694124, 0.05}, Point{40, 2.5396285894708634e-10}}) {
    EXPECT_NEAR(chi_squared_1_survival(x), value, 1e-13 * value) << x;
  }
  EXPECT_EQ(chi_squared_1_survival(0), 1);
}

TEST(TwoSidedNormalTest, IsSymmetric) {
  EXPECT_NEAR(two_sided_normal_p(1.959963984540054), 0.05, 1e-15);
  EXPECT_EQ(two_sided_normal_p(-2), two_sided_normal_p(2));
  EXPECT_EQ(two_sided_normal_p(0), 1);
}

TEST(BinomialTest, AgreesWithScipy) {
  EXPECT_NEAR(binomial_half_p(0, 5), 0.0625, 1e-14);
  EXPECT_NEAR(binomial_half_p(8, 2), 0.109375, 1e-14);
  EXPECT_NEAR(binomial_half_p(6, 18), 0.022655844688415527, 1e-14);
  EXPECT_EQ(binomial_half_p(5, 5), 1);
  EXPECT_EQ(binomial_half_p(0, 0), 1);
}

TEST(LogitTest, IsUndoneByTheLogisticFunction) {
  for (const double p : {1e-12, 0.2, 0.5, 0.9}) EXPECT_NEAR(logistic(logit(p)), p, 1e-15);
  EXPECT_EQ(logistic(1000), 1);
  EXPECT_EQ(logistic(-1000), 0);
}

}  // namespace
}  // namespace alveus::study
