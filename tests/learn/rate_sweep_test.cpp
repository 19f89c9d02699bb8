// SPDX-License-Identifier: Apache-2.0
#include "learn/rate_sweep.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace alveus::learn {
namespace {

/// A test to its end with these losses of the learning rate.
RateSweep swept(const RateRange& range, const std::function<double(double)>& loss) {
  RateSweep sweep(range);
  while (const auto rate = sweep.next_rate()) sweep.take(loss(*rate));
  return sweep;
}

TEST(RateSweepTest, RisesByTheSameFactorFromTheFirstRateToTheLast) {
  const RateSweep sweep = swept({.first = 1e-4, .last = 1, .steps = 5}, [](double) { return 1.0; });
  ASSERT_EQ(sweep.steps().size(), 5U);
  EXPECT_DOUBLE_EQ(sweep.steps()[0].learning_rate, 1e-4);
  EXPECT_DOUBLE_EQ(sweep.steps()[1].learning_rate, 1e-3);
  EXPECT_DOUBLE_EQ(sweep.steps()[4].learning_rate, 1);
  EXPECT_FALSE(sweep.has_diverged());
}

TEST(RateSweepTest, SmoothsWithoutLeaningTowardsZeroAtTheBeginning) {
  RateSweep sweep({.first = 1e-4, .last = 1, .steps = 3});
  sweep.take(2);
  sweep.take(1);
  EXPECT_DOUBLE_EQ(sweep.steps()[0].smoothed_loss, 2);
  EXPECT_NEAR(sweep.steps()[1].smoothed_loss, (0.98 * 0.02 * 2 + 0.02 * 1) / (1 - 0.98 * 0.98), 1e-12);
}

TEST(RateSweepTest, EndsWhereTheLossIsFourTimesItsBestOrNoNumber) {
  const RateSweep risen = swept({.first = 1e-6, .last = 1, .steps = 100}, [](double rate) { return 1 + 1e3 * rate; });
  EXPECT_TRUE(risen.has_diverged());
  EXPECT_LT(risen.steps().size(), 100U);
  EXPECT_GT(risen.steps().back().smoothed_loss, 4);
  EXPECT_LE(risen.steps()[risen.steps().size() - 2].smoothed_loss, 4.0001);

  RateSweep broken(RateRange{});
  broken.take(1);
  broken.take(std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(broken.has_diverged());
  EXPECT_EQ(broken.steps().size(), 1U);
  EXPECT_FALSE(broken.next_rate());
}

TEST(RateSweepTest, SuggestsNothingWhereTheLossNeverFalls) {
  const RateSweep flat = swept(RateRange{}, [](double) { return 0.7; });
  EXPECT_EQ(suggest_rates(flat), RateSuggestions());
  EXPECT_EQ(suggest_rates(RateSweep(RateRange{})), RateSuggestions());
}

// The values were computed in Python: the formulas of the header, and the valley by fastai's own function.
TEST(RateSweepTest, SuggestsWhatOthersComputeOfTheSameCurve) {
  const RateSweep sweep = swept({.first = 1e-7, .last = 10, .steps = 100}, [](double rate) {
    const double decades = std::log10(rate);
    return 0.7 - 0.5 / (1 + std::exp(-3 * (decades + 3))) + 4 * rate * rate + 0.02 * std::sin(40 * decades);
  });
  const RateSuggestions suggestions = suggest_rates(sweep);
  ASSERT_TRUE(suggestions.steepest && suggestions.valley && suggestions.minimum_tenth);
  EXPECT_DOUBLE_EQ(*suggestions.steepest, 0.0033516026509388406);
  EXPECT_DOUBLE_EQ(*suggestions.valley, 0.0009111627561154895);
  EXPECT_DOUBLE_EQ(*suggestions.minimum_tenth, 0.020092330025650456);
  EXPECT_EQ(sweep.steps().size(), 92U);
}

TEST(RateSweepTest, TakesNoFallFromAHeightThatTheLossJumpedToForTheSteepest) {
  const RateSweep sweep = swept({.first = 1e-6, .last = 1, .steps = 61}, [](double rate) {
    if (rate < 1e-3) return 1 + 0.1 * std::log10(1e-3 / rate);
    return rate < 4e-3 ? 12.0 : 0.9;
  });
  const RateSuggestions suggestions = suggest_rates(sweep);
  ASSERT_TRUE(suggestions.steepest && suggestions.minimum_tenth);
  EXPECT_LT(*suggestions.steepest, 1e-3);
}

TEST(RateSweepTest, TheTableHasALineForEachStep) {
  RateSweep sweep({.first = 0.25, .last = 1, .steps = 3});
  sweep.take(2);
  EXPECT_EQ(rates_csv(sweep.steps()), "step,learning_rate,loss,smoothed_loss\n1,0.25,2,2\n");
}

}  // namespace
}  // namespace alveus::learn
