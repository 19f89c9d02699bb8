// SPDX-License-Identifier: Apache-2.0
#include "cli/laboratory_command.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace alveus::cli
