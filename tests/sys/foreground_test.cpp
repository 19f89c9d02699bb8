// SPDX-License-Identifier: Apache-2.0
#include "sys/foreground.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace alveus::sys {
namespace {

core::Result<ForegroundEnd> shell(const std::string& script, std::size_t tail_bytes = 100) {
  const std::vector<std::string> arguments = {"-c", script};
  return run_foreground("/bin/sh", arguments, tail_bytes);
}

TEST(ForegroundTest, TellsTheExitCodeAndKeepsTheEndOfStandardError) {
  const auto end = shell("echo first >&2; echo last >&2; exit 3", 5);
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(end->signal, 0);
  EXPECT_EQ(end->error_tail, "last\n");
}

TEST(ForegroundTest, TellsTheSignal) {
  const auto end = shell("kill -SEGV $$");
  ASSERT_TRUE(end) << end.error().text();
  EXPECT_EQ(end->signal, SIGSEGV);
  EXPECT_EQ(end->exit_code, 128 + SIGSEGV);
}

TEST(ForegroundTest, NamesAProgramThatIsMissing) {
  const auto end = run_foreground("/nowhere/program", {}, 10);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, core::ErrorCode::kNotFound);
  EXPECT_NE(end.error().message.find("/nowhere/program"), std::string::npos);
}

}  // namespace
}  // namespace alveus::sys
