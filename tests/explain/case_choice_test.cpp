// SPDX-License-Identifier: Apache-2.0
#include "explain/case_choice.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace alveus::explain {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> chosen(const std::vector<Candidate>& candidates, std::size_t count) {
  std::vector<std::string> ids;
  for (const std::size_t index : choose_cases(candidates, count)) ids.push_back(candidates[index].sample_id);
  return ids;
}

const std::vector<Candidate> kMixed = {{"tp_weak", "a", 1, 0.6}, {"tp", "b", 1, 0.9}, {"tn", "c", 0, 0.1},
                                       {"tn_weak", "d", 0, 0.4}, {"fp", "e", 0, 0.8}, {"fn", "f", 1, 0.3},
                                       {"fn_weak", "g", 1, 0.45}};

TEST(CaseChoiceTest, TakesTheMostConfidentOfEachKindInTurn) {
  EXPECT_THAT(chosen(kMixed, 6), ElementsAre("tp", "tn", "fp", "fn", "tp_weak", "tn_weak"));
  EXPECT_THAT(chosen(kMixed, 1), ElementsAre("tp"));
}

TEST(CaseChoiceTest, GivesAllWhenThereAreFewer) { EXPECT_EQ(chosen(kMixed, 100).size(), kMixed.size()); }

TEST(CaseChoiceTest, DoesNotDependOnTheOrder) {
  auto turned = kMixed;
  std::ranges::reverse(turned);
  EXPECT_EQ(chosen(turned, 6), chosen(kMixed, 6));
}

TEST(CaseChoiceTest, PrefersPatientsNotShownYet) {
  const std::vector<Candidate> candidates = {
      {"a1", "a", 1, 0.99}, {"a2", "a", 1, 0.98}, {"b1", "b", 1, 0.7}, {"a3", "a", 1, 0.97}};
  EXPECT_THAT(chosen(candidates, 4), ElementsAre("a1", "b1", "a2", "a3"));
}

TEST(CaseChoiceTest, BreaksTiesBySample) {
  const std::vector<Candidate> candidates = {{"z", "p", 0, 0.1}, {"y", "q", 0, 0.1}};
  EXPECT_THAT(chosen(candidates, 1), ElementsAre("y"));
}

}  // namespace
}  // namespace alveus::explain
