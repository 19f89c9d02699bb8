// SPDX-License-Identifier: Apache-2.0
#include "flow/outcome.hpp"

#include <gtest/gtest.h>

namespace alveus::flow {
namespace {

using Kind = JobOutcome::Kind;

struct OutcomeCase {
  const char* name;
  int exit_code;
  std::vector<int> success, temporary, permanent;
  Kind kind;
};

class OutcomeTest : public testing::TestWithParam<OutcomeCase> {};

TEST_P(OutcomeTest, ReadsTheExitCodeByThePlan) {
  const OutcomeCase& given = GetParam();
  JobPlan plan;
  plan.success_codes = given.success;
  plan.temporary_fail_codes = given.temporary;
  plan.permanent_fail_codes = given.permanent;
  const JobOutcome expected{.kind = given.kind, .exit_code = given.exit_code};
  EXPECT_EQ(outcome_of({.exit_code = given.exit_code}, plan), expected);
}

INSTANTIATE_TEST_SUITE_P(Codes, OutcomeTest,
                         testing::Values(OutcomeCase{"ZeroSucceeds", 0, {0}, {}, {}, Kind::kSuccess},
                                         OutcomeCase{"OthersFail", 3, {0}, {}, {}, Kind::kPermanentFailure},
                                         OutcomeCase{"ListedSuccess", 3, {3}, {}, {}, Kind::kSuccess},
                                         OutcomeCase{"ZeroSucceedsThoughUnlisted", 0, {3}, {}, {}, Kind::kSuccess},
                                         OutcomeCase{"ListedTemporary", 75, {0}, {75}, {}, Kind::kTemporaryFailure},
                                         OutcomeCase{"ListedPermanent", 4, {0}, {75}, {4}, Kind::kPermanentFailure},
                                         OutcomeCase{"ZeroListedAsFailure", 0, {0}, {}, {0}, Kind::kPermanentFailure}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(OutcomeTest, ATimeLimitIsAFailureWhateverTheCode) {
  EXPECT_EQ(outcome_of({.exit_code = 0, .timed_out = true}, JobPlan{}).kind, Kind::kTimedOut);
  EXPECT_EQ(outcome_of({.exit_code = 137, .out_of_memory = true}, JobPlan{}).kind, Kind::kOutOfMemory);
}

}  // namespace
}  // namespace alveus::flow
