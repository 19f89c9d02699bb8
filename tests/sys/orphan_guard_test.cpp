// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/orphan_guard.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

namespace alveus::sys::detail {
namespace {

constexpr int kPatienceMs = 10000;

/// A process group that sleeps, and keeps the write end of a pipe open while it lives. Its leader is our child.
pid_t sleeping_group(const std::array<int, 2>& pipe) {
  const pid_t leader = ::fork();
  if (leader != 0) return leader;
  ::setpgid(0, 0);
  ::fcntl(pipe[1], F_SETFD, 0);  // the other pipes are closed
  ::execlp("sleep", "sleep", "600", nullptr);
  ::_exit(127);
}

bool ends_within(int descriptor, int milliseconds) {
  pollfd end{.fd = descriptor, .events = 0, .revents = 0};
  return ::poll(&end, 1, milliseconds) == 1;
}

/// What a controller does, in a child of the test, until it is killed or leaves in order.
enum class Way { kIsKilled, kLeavesInOrder };

[[noreturn]] void control(pid_t watched, pid_t released, Way way) {
  auto guard = OrphanGuard::make();
  if (!guard) ::_exit(1);
  (*guard)->watch(watched);
  (*guard)->watch(released);
  (*guard)->release(released);
  if (way == Way::kLeavesInOrder) {
    (*guard)->release(watched);
    guard->reset();
    ::_exit(0);
  }
  ::raise(SIGKILL);
  std::abort();
}

class OrphanGuardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0UL);  // other tests of this program adopt orphans
    for (auto* ends : {&first_, &second_}) ASSERT_EQ(::pipe2(ends->data(), O_CLOEXEC), 0);
    watched_ = sleeping_group(first_);
    released_ = sleeping_group(second_);
    ::close(first_[1]);
    ::close(second_[1]);
    for (const pid_t leader : {watched_, released_}) ::setpgid(leader, leader);
  }
  void TearDown() override {
    for (const pid_t leader : {watched_, released_}) {
      ::kill(-leader, SIGKILL);
      ::waitpid(leader, nullptr, 0);
    }
    ::close(first_[0]);
    ::close(second_[0]);
  }
  void run_controller(Way way) const {
    const pid_t controller = ::fork();
    if (controller == 0) control(watched_, released_, way);
    int status = 0;
    ASSERT_EQ(::waitpid(controller, &status, 0), controller);
    ASSERT_EQ(WIFSIGNALED(status), way == Way::kIsKilled);
  }

  std::array<int, 2> first_{};
  std::array<int, 2> second_{};
  pid_t watched_ = 0;
  pid_t released_ = 0;
};

TEST_F(OrphanGuardTest, KillsWatchedGroupsOfAKilledProcess) {
  run_controller(Way::kIsKilled);
  EXPECT_TRUE(ends_within(first_[0], kPatienceMs)) << "the watched group goes on";
  EXPECT_FALSE(ends_within(second_[0], 0)) << "the released group was killed too";
}

TEST_F(OrphanGuardTest, FindsAProcessThatWasBeingStarted) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const pid_t controller = ::fork();
  if (controller == 0) {
    auto guard = OrphanGuard::make();
    if (!guard) ::_exit(1);
    (*guard)->begin_start();
    const pid_t leader = sleeping_group(pipe);
    ::setpgid(leader, leader);
    ::raise(SIGKILL);
  }
  ::close(pipe[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(controller, &status, 0), controller);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(ends_within(pipe[0], kPatienceMs)) << "the newcomer goes on";
  EXPECT_FALSE(ends_within(first_[0], 0)) << "what is no child of the controller was killed too";
  ::close(pipe[0]);
}

TEST_F(OrphanGuardTest, LeavesAllAloneAfterAnOrderlyEnd) {
  run_controller(Way::kLeavesInOrder);
  EXPECT_FALSE(ends_within(first_[0], 0));
}

}  // namespace
}  // namespace alveus::sys::detail
