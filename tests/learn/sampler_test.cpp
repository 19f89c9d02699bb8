// SPDX-License-Identifier: Apache-2.0
#include "learn/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace alveus::learn {
namespace {

std::vector<Example> examples(std::size_t negatives, std::size_t positives) {
  std::vector<Example> all;
  for (std::size_t i = 0; i < negatives + positives; ++i) all.push_back({.index = i, .target = i < negatives ? 0 : 1});
  return all;
}

std::map<std::size_t, int> counts_of(const std::vector<Example>& examples, std::int64_t target) {
  std::map<std::size_t, int> counts;
  for (const Example& example : examples) {
    if (example.target == target) ++counts[example.index];
  }
  return counts;
}

int sum_of(const std::map<std::size_t, int>& counts) {
  int sum = 0;
  for (const auto& [index, count] : counts) sum += count;
  return sum;
}

TEST(BalancedTest, ShowsEachClassEquallyOften) {
  const auto all = balanced(examples(10, 4), 1, 1);
  EXPECT_EQ(sum_of(counts_of(all, 0)), 10);
  EXPECT_EQ(sum_of(counts_of(all, 1)), 10);
}

TEST(BalancedTest, ShowsEachOfARareClassAsOftenAsTheNextButForOne) {
  const auto counts = counts_of(balanced(examples(10, 4), 1, 1), 1);
  ASSERT_EQ(counts.size(), 4U);
  for (const auto& [index, count] : counts) {
    EXPECT_GE(count, 2);
    EXPECT_LE(count, 3);
  }
}

TEST(BalancedTest, DrawsAnewInEachEpochAndTheSameInTheSame) {
  const auto all = examples(30, 17);
  EXPECT_EQ(counts_of(balanced(all, 1, 2), 1), counts_of(balanced(all, 1, 2), 1));
  EXPECT_NE(counts_of(balanced(all, 1, 1), 1), counts_of(balanced(all, 1, 2), 1));
  EXPECT_NE(counts_of(balanced(all, 1, 1), 1), counts_of(balanced(all, 2, 1), 1));
}

TEST(BalancedTest, LeavesEvenClassesAsTheyAre) { EXPECT_EQ(balanced(examples(5, 5), 1, 1).size(), 10U); }

}  // namespace
}  // namespace alveus::learn
