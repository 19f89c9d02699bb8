// SPDX-License-Identifier: Apache-2.0
#include "cli/laboratory_command.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::cli {
namespace {

TEST(LaboratoryCommandTest, KnowsItsCommands) {
  EXPECT_TRUE(is_laboratory_command("train"));
  EXPECT_TRUE(is_laboratory_command("phantom"));
  EXPECT_FALSE(is_laboratory_command("run"));
  EXPECT_FALSE(is_laboratory_command(""));
}

TEST(LaboratoryCommandTest, SaysThatTheProgramIsMissing) {
  // The tests' folder holds no alveus-lab.
  const std::vector<std::string> arguments = {"train", "--record-failure", "--out", "x"};
  const auto status = run_laboratory(arguments);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, core::ErrorCode::kNotFound);
  EXPECT_NE(status.error().message.find("alveus-lab"), std::string::npos);
  EXPECT_NE(status.error().message.find("needs the laboratory"), std::string::npos);
}

TEST(LaboratoryCommandTest, WritesAFailureThatReadsBack) {
  const auto failure = core::parse_json(failure_text("vgg-f0", "train", "the loss is \"NaN\" in batch 3"));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->string_or("variant", ""), "vgg-f0");
  EXPECT_EQ(failure->string_or("step", ""), "train");
  EXPECT_EQ(failure->string_or("reason", ""), "the loss is \"NaN\" in batch 3");
}

}  // namespace
}  // namespace alveus::cli
