// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "core/hash.hpp"

namespace alveus::core {
namespace {

// Numbers of a second implementation, in Python, after the published descriptions of SplitMix64 and xoshiro256**.
TEST(RandomTest, DrawsTheNumbersOfItsName) {
  Random first(1, "test");
  EXPECT_EQ(first.next(), 0xd19178cf21aeb065ULL);
  EXPECT_EQ(first.next(), 0x29ea547b271817b2ULL);
  EXPECT_EQ(first.next(), 0x7a2266be75179632ULL);
  EXPECT_EQ(first.next(), 0xfb5cbc6114046cb6ULL);
  EXPECT_EQ(Random(0, "").next(), 0x2f3a1bcd248bd498ULL);
  EXPECT_EQ(Random(UINT64_MAX, "study/folds", 7).next(), 0xf31fdc3d3b77e360ULL);
}

TEST(RandomTest, DerivesEveryKindOfNumberTheSameWayForEver) {
  Random uniform(1, "test");
  EXPECT_EQ(uniform.uniform(), 0.8186259751980127);
  EXPECT_EQ(uniform.uniform(), 0.16373184210451108);
  Random below(1, "test");
  for (const std::uint64_t number : {8U, 1U, 4U, 9U, 9U, 9U, 3U, 4U, 4U, 6U, 7U, 5U}) {
    EXPECT_EQ(below.below(10), number);
  }
  Random shuffle(1, "test");
  std::vector<int> items = {0, 1, 2, 3, 4, 5, 6, 7};
  shuffle.shuffle(std::span(items));
  EXPECT_EQ(items, (std::vector{7, 0, 5, 3, 4, 2, 1, 6}));
  EXPECT_NEAR(Random(1, "test").normal(), 0.953253002560364, 1e-15);
}

TEST(RandomTest, NamesDifferentStreamsByEachPart) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const auto* purpose : {"a", "b", "ab"}) {
      for (std::uint64_t index = 0; index < 20; ++index) firsts.insert(Random(seed, purpose, index).next());
    }
  }
  EXPECT_EQ(firsts.size(), 20U * 3 * 20);
}

TEST(RandomTest, IsUniform) {
  Random random(3, "uniform");
  std::vector<int> counts(16);
  double sum = 0;
  for (int i = 0; i < 16000; ++i) {
    const double number = random.uniform();
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 1);
    sum += number;
    ++counts[static_cast<std::size_t>(number * 16)];
  }
  EXPECT_NEAR(sum / 16000, 0.5, 0.01);
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_LT(chi_squared, 37.7) << "0.999 quantile with 15 degrees of freedom";
}

TEST(RandomTest, StaysBelowTheBound) {
  Random random(4, "below");
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 120);
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below((std::uint64_t{1} << 63U) + 1), (std::uint64_t{1} << 63U) + 1);
  for (int i = 0; i < 100; ++i) {
    const double number = random.uniform(-2, 3);
    EXPECT_GE(number, -2);
    EXPECT_LT(number, 3);
  }
}

TEST(RandomTest, IsNormal) {
  Random random(5, "normal");
  double sum = 0;
  double squares = 0;
  int far = 0;
  for (int i = 0; i < 20000; ++i) {
    const double number = random.normal();
    sum += number;
    squares += number * number;
    if (std::abs(number) > 1.959964) ++far;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.04);
  EXPECT_NEAR(far, 1000, 130);
}

TEST(RandomTest, ShufflesEveryOrderAlike) {
  std::vector<int> counts(6);
  for (std::uint64_t index = 0; index < 6000; ++index) {
    std::vector<int> items = {0, 1, 2};
    Random(6, "shuffle", index).shuffle(std::span(items));
    ++counts[static_cast<std::size_t>(items[0] * 2 + (items[1] > items[2] ? 1 : 0))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 130);
}

TEST(RandomTest, FollowsTheChance) {
  Random random(7, "chance");
  int hits = 0;
  for (int i = 0; i < 10000; ++i) hits += random.chance(0.3) ? 1 : 0;
  EXPECT_NEAR(hits, 3000, 200);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
}

TEST(RandomDeathTest, NeedsAnOutcome) { EXPECT_DEATH(Random(1, "x").below(0), "a draw has at least one outcome"); }

}  // namespace
}  // namespace alveus::core
