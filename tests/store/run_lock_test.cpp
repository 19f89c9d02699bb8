// SPDX-License-Identifier: Apache-2.0
#include "store/run_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "sys/file.hpp"

namespace alveus::store {
namespace {

class RunLockTest : public testing::Test {
 protected:
  /// Another process takes the lock, says so, and lives until it is killed.
  void SetUp() override {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    holder_ = ::fork();
    if (holder_ == 0) {
      const auto lock = RunLock::take(folder_.path());
      const char answer = lock ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
      while (true) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  void TearDown() override { kill_holder(); }
  void kill_holder() {
    if (holder_ <= 0) return;
    ::kill(holder_, SIGKILL);
    ::waitpid(holder_, nullptr, 0);
    holder_ = 0;
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("run-lock-test");
  pid_t holder_ = 0;
};

TEST_F(RunLockTest, KeepsASecondControllerOutAndNamesTheFirst) {
  EXPECT_EQ(controller_of(folder_.path()), holder_);
  const auto second = RunLock::take(folder_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, core::ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find(std::to_string(holder_)), std::string::npos) << second.error().message;
}

TEST_F(RunLockTest, EndsWithItsProcessHoweverThatEnds) {
  kill_holder();
  EXPECT_EQ(controller_of(folder_.path()), std::nullopt);
  EXPECT_TRUE(RunLock::take(folder_.path()));
}

TEST_F(RunLockTest, AFolderWithoutALockHasNoController) {
  EXPECT_EQ(controller_of(folder_.path() / "absent"), std::nullopt);
}

}  // namespace
}  // namespace alveus::store
