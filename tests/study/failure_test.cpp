// SPDX-License-Identifier: Apache-2.0
#include "study/failure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::study {
namespace {

TEST(FailureTest, IsReadFromItsFile) {
  const auto failure = parse_failure("failure.json", R"({"variant": "a-f0", "step": "train", "reason": "signal 9"})");
  EXPECT_EQ(*failure, (Failure{.variant = "a-f0", .step = "train", .reason = "signal 9"}));
  EXPECT_EQ(parse_failure("failure.json", R"({"variant": "a-f0", "step": "train"})").error().text(),
            "failure.json: the failure has no text 'reason'");
  EXPECT_THAT(parse_failure("failure.json", "{").error().where, testing::StartsWith("failure.json:"));
}

TEST(FailureTest, ReadsWhatItWrites) {
  const Failure failure = {.variant = "vgg-f0", .step = "train", .reason = "the loss is \"NaN\" in batch 3"};
  EXPECT_EQ(*parse_failure("failure.json", failure_json(failure)), failure);
}

}  // namespace
}  // namespace alveus::study
