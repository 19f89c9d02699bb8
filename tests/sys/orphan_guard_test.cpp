// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/orphan_guard.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "sys/detail/proc.hpp"
#include "sys/file.hpp"

namespace alveus::sys::detail {
namespace {

namespace fs = std::filesystem;

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

/// As a shell, a queue or this project's own runner ends a program: all that it started at once.
TEST_F(OrphanGuardTest, OutlivesTheGroupOfItsProcessFromTheBeginning) {
  const pid_t controller = ::fork();
  if (controller == 0) {
    ::setpgid(0, 0);
    auto guard = OrphanGuard::make();
    if (!guard) ::_exit(1);
    (*guard)->watch(watched_);
    ::kill(0, SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(controller, &status, 0), controller);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(ends_within(first_[0], kPatienceMs)) << "the guard died with the group";
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

/// Processes of a job in a folder, told from others by their environment.
class JobFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0UL);
    ASSERT_TRUE(make_directories(job()));
    ASSERT_EQ(::mkfifo(gate().c_str(), 0600), 0);
  }

  fs::path root() const { return fs::canonical(directory_.path()); }
  fs::path job() const { return root() / "job"; }
  fs::path gate() const { return root() / "gate"; }

  /// Starts a shell as jobs are started. `is_gated`: it lets go of all that it inherited, and then waits before it
  /// executes until somebody opens the gate.
  pid_t start_shell(const char* script, bool is_gated) const {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addchdir_np(&actions, job().c_str());
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (is_gated) ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, gate().c_str(), O_RDONLY, 0);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::array<std::string, 3> words{"sh", "-c", script};
    const std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    std::string variable = "TMPDIR=" + (job() / "tmp").string();
    const std::array<char*, 2> environment{variable.data(), nullptr};
    pid_t leader = -1;
    ::posix_spawn(&leader, "/bin/sh", &actions, &attributes, arguments.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return leader;
  }

  /// A process that works in the folder of the job; 0 when none came.
  pid_t one_in_job_folder() const {
    for (int waited_ms = 0; waited_ms < kPatienceMs; ++waited_ms) {
      ProcessWalk walk;
      while (const pid_t process = walk.next()) {
        std::error_code failure;
        if (fs::read_symlink("/proc/" + std::to_string(process) + "/cwd", failure) == job()) return process;
      }
      pause_ms(1);
    }
    return 0;
  }

  static void pause_ms(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("orphan-guard");
};

/// Becomes readable with the end of a process, which need not be a child; -1 when it has ended already.
int end_of(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

bool has_ended_within(int end, int milliseconds) {
  pollfd ended{.fd = end, .events = POLLIN, .revents = 0};
  return end < 0 || ::poll(&ended, 1, milliseconds) == 1;
}

TEST_F(JobFolderTest, ANewcomerDiesThatTakesItsTimeToExecute) {
  const pid_t controller = ::fork();
  if (controller == 0) {
    auto guard = OrphanGuard::make(root());
    if (!guard) ::_exit(1);
    (*guard)->begin_start();
    start_shell("sleep 600", true);
    ::_exit(2);
  }
  const pid_t newcomer = one_in_job_folder();
  ASSERT_NE(newcomer, 0);
  const int end = end_of(newcomer);
  pause_ms(20);  // by then it waits at the gate
  ::kill(controller, SIGKILL);
  ASSERT_EQ(::waitpid(controller, nullptr, 0), controller);
  pause_ms(300);
  const int gate_end = ::open(gate().c_str(), O_WRONLY | O_NONBLOCK);  // refused when nobody waits there any more
  EXPECT_TRUE(has_ended_within(end, kPatienceMs)) << "the newcomer goes on";
  ::kill(newcomer, SIGKILL);
  ::close(gate_end);
  ::close(end);
}

TEST_F(JobFolderTest, WhatAJobStartsWhileItIsEndedDiesWithItAndLaterJobsLive) {
  const pid_t early = start_shell("sleep 0.2; sleep 600 & echo $! > child; wait", false);
  pause_ms(50);
  const std::uint64_t until = ticks_since_boot();
  while (read_file(job() / "child").value_or("").empty()) pause_ms(5);
  const int child = end_of(std::stoi(*read_file(job() / "child")));
  const pid_t late = start_shell("sleep 600; true", false);

  kill_all_below(root().c_str(), until);
  EXPECT_TRUE(has_ended_within(child, kPatienceMs)) << "a child that began late goes on";
  const int later = end_of(late);
  EXPECT_FALSE(has_ended_within(later, 50)) << "a job of a later controller was killed";
  for (const pid_t leader : {early, late}) {
    ::kill(-leader, SIGKILL);
    ::waitpid(leader, nullptr, 0);
  }
  ::close(child);
  ::close(later);
}

}  // namespace
}  // namespace alveus::sys::detail
