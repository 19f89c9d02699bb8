// SPDX-License-Identifier: Apache-2.0
#include "sys/last_will.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;

/// Names below a directory are what is found; `then` removes them.
class LastWillTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  void put(const std::string& name) const { ASSERT_TRUE(write_file(path(name), "")); }

  LastWill will() const {
    return {.find = {"ls", directory_.path().string()},
            .then = {{"sh", "-c", "cd \"$0\" && rm -f -- \"$@\"", directory_.path().string()}},
            .environment = {{"PATH", "/usr/bin:/bin"}}};
  }

  /// What must come true soon.
  static bool comes_true(const std::function<bool()>& condition) {
    for (int look = 0; look < 1000 && !condition(); ++look) ::poll(nullptr, 0, 10);
    return condition();
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("alveus-last-will");
};

TEST_F(LastWillTest, IsCarriedOutWhenTheProgramIsKilled) {
  put("one");
  put("two");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto executor = LastWillExecutor::make(will());
    ::raise(executor ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_TRUE(comes_true([&] { return fs::is_empty(directory_.path()); }));
}

TEST_F(LastWillTest, WhatShowsUpLateIsFoundToo) {
  put("early");
  {
    const auto executor = LastWillExecutor::make(will());
    ASSERT_TRUE(executor);
    (*executor)->confirm();
  }
  ASSERT_TRUE(comes_true([&] { return fs::is_empty(directory_.path()); }));
  put("late");
  EXPECT_TRUE(comes_true([&] { return fs::is_empty(directory_.path()); }));
}

TEST_F(LastWillTest, NothingIsDoneOnceItIsRevoked) {
  put("kept");
  ASSERT_TRUE(LastWillExecutor::make(will()));  // and gone again, with its process
  EXPECT_TRUE(fs::exists(path("kept")));
}

TEST_F(LastWillTest, AProgramThatIsMissingIsNoticedAtOnce) {
  LastWill will = this->will();
  will.then.push_back({"no-such-program"});
  const auto executor = LastWillExecutor::make(will);
  ASSERT_FALSE(executor);
  EXPECT_EQ(executor.error().code, core::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::sys
