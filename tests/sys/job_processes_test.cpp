// SPDX-License-Identifier: Apache-2.0
// What belongs to a command wherever it goes: found, measured, limited and ended. With real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr std::int64_t kMiB = 1 << 20;

/// A job that makes itself a daemon: a session of its own, no parent of the job left, and it ignores what can be
/// ignored.
constexpr const char* kDaemon = R"(
import os, signal, sys, time
if os.fork(): os.wait(); sys.exit(0)
os.setsid()
if os.fork(): os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with open('pid.part', 'w') as file: file.write(str(os.getpid()))
os.rename('pid.part', 'pid')
time.sleep(600)
)";

bool is_alive(pid_t process) { return ::kill(process, 0) == 0; }

/// Waits until a process, which need not be a child, is gone or a zombie.
bool ends_soon(pid_t process) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) return errno == ESRCH;
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  const bool has_ended = ::poll(&ended, 1, 10'000) == 1;
  ::close(descriptor);
  return has_ended;
}

class JobProcessesTest : public ::testing::Test {
 protected:
  void SetUp() override { make_runner(0); }

  void make_runner(std::int64_t memory_total_bytes) {
    runner_.reset();
    auto runner = LocalProcessRunner::make({.folders = root(), .memory_total_bytes = memory_total_bytes});
    ASSERT_TRUE(runner) << runner.error().text();
    runner_ = std::move(*runner);
  }

  fs::path root() const { return fs::canonical(directory_.path()); }
  fs::path folder(const std::string& job) const { return root() / job; }

  ProcessCommand command(const std::string& job, std::vector<std::string> arguments) const {
    EXPECT_TRUE(make_directories(folder(job) / "tmp"));
    ProcessCommand command;
    command.arguments = std::move(arguments);
    command.environment = {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", (folder(job) / "tmp").string()}};
    command.working_directory = folder(job);
    command.own_folder = folder(job);
    return command;
  }
  ProcessCommand shell(const std::string& job, std::string script) const {
    return command(job, {"sh", "-c", std::move(script)});
  }
  ProcessCommand python(const std::string& job, std::string script) const {
    return command(job, {"python3", "-c", std::move(script)});
  }

  std::future<ProcessEnd> start(const ProcessCommand& command) {
    auto promise = std::make_shared<std::promise<ProcessEnd>>();
    const auto id = runner_->start(command, [promise](const ProcessEnd& end) { promise->set_value(end); });
    EXPECT_TRUE(id) << id.error().text();
    started_ = id.value_or(0);
    return promise->get_future();
  }
  ProcessEnd end_of(const ProcessCommand& command) { return start(command).get(); }

  /// The number that a job writes once it is ready; 0 when that takes too long.
  pid_t pid_in(const fs::path& file) const {
    for (int i = 0; i < 3000; ++i) {
      if (const auto text = read_file(file)) return std::stoi(*text);
      ::poll(nullptr, 0, 10);
    }
    return 0;
  }

  TemporaryDirectory directory_ = std::move(*TemporaryDirectory::make("alveus-job-processes-"));
  std::unique_ptr<LocalProcessRunner> runner_;
  ProcessId started_ = 0;
};

TEST_F(JobProcessesTest, TellsWhatAJobLeftInItsGroup) {
  // Until the child has become another program, its name is the shell's.
  const auto end = end_of(shell("a",
                                "sleep 600 & echo $! > pid; "
                                "until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done"));
  EXPECT_EQ(end.exit_code, 0) << "the result stands";
  EXPECT_THAT(end.left_behind, ElementsAre(std::string("sleep")));
  EXPECT_FALSE(is_alive(pid_in(folder("a") / "pid")));
}

TEST_F(JobProcessesTest, EndsADaemonWhenItsJobEnds) {
  const auto end = end_of(python("a", std::string(kDaemon) + "\n"));
  EXPECT_EQ(end.exit_code, 0);
  // The job may end before its daemon wrote anything; then the daemon never does.
  const auto daemon = read_file(folder("a") / "pid");
  EXPECT_FALSE(daemon && is_alive(std::stoi(*daemon)));
  EXPECT_THAT(end.left_behind, Contains(::testing::StartsWith("python")));
}

TEST_F(JobProcessesTest, LetsADaemonLiveAsLongAsItsOwnJob) {
  ASSERT_TRUE(write_file(root() / "daemon.py", kDaemon));
  auto with_daemon = start(shell("a", "python3 ../daemon.py; while [ ! -e stop ]; do sleep 0.01; done"));
  const pid_t daemon = pid_in(folder("a") / "pid");
  ASSERT_NE(daemon, 0);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(end_of(shell("b", "true")).left_behind, IsEmpty());
  EXPECT_TRUE(is_alive(daemon)) << "ended with another job";
  ASSERT_TRUE(write_file(folder("a") / "stop", ""));
  const auto end = with_daemon.get();
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_THAT(end.left_behind, ElementsAre(::testing::StartsWith("python")));
  EXPECT_FALSE(is_alive(daemon));
}

TEST_F(JobProcessesTest, SaysNothingOfChildrenThatHadEnded) {
  EXPECT_THAT(end_of(shell("a", "(true) & (setsid true) & exec sleep 0.3")).left_behind, IsEmpty());
}

TEST_F(JobProcessesTest, EndsDaemonsOfAJobThatIsKilledOrExceedsItsTime) {
  ASSERT_TRUE(write_file(root() / "daemon.py", kDaemon));
  for (const bool has_limit : {true, false}) {
    const std::string job = has_limit ? "limit" : "kill";
    auto stubborn = shell(job, "trap '' TERM; python3 ../daemon.py; (trap '' TERM; sleep 600) & sleep 600; sleep 600");
    if (has_limit) stubborn.time_limit = 1500ms;
    auto ended = start(stubborn);
    const pid_t daemon = pid_in(folder(job) / "pid");
    ASSERT_NE(daemon, 0);
    if (!has_limit) runner_->kill(started_, 50ms);
    const auto end = ended.get();
    EXPECT_EQ(end.timed_out, has_limit);
    EXPECT_EQ(end.signal, SIGKILL) << "SIGTERM is ignored";
    EXPECT_FALSE(is_alive(daemon));
  }
}

TEST_F(JobProcessesTest, TheGuardEndsDaemonsOfAControllerThatIsKilled) {
  ASSERT_TRUE(write_file(root() / "daemon.py", kDaemon));
  const auto job = shell("a", "python3 ../daemon.py; sleep 600");
  runner_.reset();  // a program with threads cannot be forked under the thread sanitizer
  const pid_t controller = ::fork();
  if (controller == 0) {
    auto runner = LocalProcessRunner::make({.folders = root()});
    if (!runner || !(*runner)->start(job, [](const ProcessEnd&) {})) ::_exit(1);
    pid_in(folder("a") / "pid");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(controller, &status, 0), controller);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(ends_soon(pid_in(folder("a") / "pid")));
}

TEST_F(JobProcessesTest, EndsWhatAnEarlierControllerLeft) {
  ASSERT_TRUE(write_file(root() / "daemon.py", kDaemon));
  const auto job = shell("a", "python3 ../daemon.py; exec sleep 600");
  runner_.reset();  // a program with threads cannot be forked under the thread sanitizer
  const pid_t controller = ::fork();
  if (controller == 0) {
    // Without folders its guard knows nothing of daemons: as if it had been killed too.
    auto runner = LocalProcessRunner::make();
    if (!runner || !(*runner)->start(job, [](const ProcessEnd&) {})) ::_exit(1);
    pid_in(folder("a") / "pid");
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(controller, &status, 0), controller);
  const pid_t daemon = pid_in(folder("a") / "pid");
  ::poll(nullptr, 0, 100);
  ASSERT_TRUE(is_alive(daemon));
  end_processes_below(root() / "other");
  ASSERT_TRUE(is_alive(daemon)) << "it works elsewhere";
  end_processes_below(root());
  EXPECT_TRUE(ends_soon(daemon));
}

TEST_F(JobProcessesTest, TellsWhatRunningJobsUse) {
  auto ended = start(shell("a", "python3 -c \"x = bytearray(100 << 20)\nwhile True: pass\""));
  ProcessUsage used;
  for (int i = 0; i < 600 && (used.resident_bytes < 100 * kMiB || used.cores == 0); ++i) {
    const auto usage = runner_->usage();
    if (!usage.empty()) used = usage.front();
    ::poll(nullptr, 0, 50);
  }
  EXPECT_EQ(used.process, started_);
  EXPECT_EQ(used.process_count, 2U);
  EXPECT_GT(used.resident_bytes, 100 * kMiB);
  EXPECT_LT(used.resident_bytes, 300 * kMiB);
  EXPECT_GT(used.cpu_time, 100ms);
  EXPECT_GT(used.cores, 0.0);
  runner_->kill(started_, 0ms);
  EXPECT_GT(ended.get().resident_max_bytes, 100 * kMiB);
}

TEST_F(JobProcessesTest, CountsTheMemoryOfAllProcessesOfAJobTogether) {
  ASSERT_TRUE(write_file(root() / "take.py", "import time\nx = bytearray(b'x') * (60 << 20)\ntime.sleep(600)"));
  auto ended = start(shell("a", "for i in 1 2 3; do python3 ../take.py & done; wait"));
  while (runner_->usage().empty() || runner_->usage().front().resident_bytes < 180 * kMiB) ::poll(nullptr, 0, 50);
  runner_->kill(started_, 0ms);
  EXPECT_GT(ended.get().resident_max_bytes, 180 * kMiB) << "more than the largest of them";
}

constexpr const char* kEater = R"(
x = []
while True: x.append(bytearray(b'x') * (4 << 20))
)";

TEST_F(JobProcessesTest, EndsAJobAboveItsMemoryLimitAndNoOther) {
  auto other = start(shell("other", "while [ ! -e stop ]; do sleep 0.01; done"));
  auto eater = python("eater", kEater);
  eater.memory_limit_bytes = 100 * kMiB;
  const auto end = end_of(eater);
  EXPECT_GT(end.memory_excess_bytes, 100 * kMiB);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(end.killed);
  EXPECT_EQ(other.wait_for(0s), std::future_status::timeout);
  ASSERT_TRUE(write_file(folder("other") / "stop", ""));
  EXPECT_EQ(other.get().exit_code, 0);
}

TEST_F(JobProcessesTest, ALimitHoldsForWhatLeftTheGroupToo) {
  ASSERT_TRUE(write_file(root() / "eater.py", kEater));
  auto job = shell("a", "setsid python3 ../eater.py & sleep 600");
  job.memory_limit_bytes = 100 * kMiB;
  EXPECT_GT(end_of(job).memory_excess_bytes, 100 * kMiB);
}

TEST_F(JobProcessesTest, WhoTakesMoreThanItSaidGoesFirstWhenAllTakeTooMuch) {
  make_runner(200 * kMiB);
  auto modest = python("modest", "import time\nx = bytearray(b'x') * (50 << 20)\ntime.sleep(600)");
  modest.memory_expected_bytes = 100 * kMiB;
  auto other = start(modest);
  const ProcessId modest_id = started_;
  auto eater = python("eater", kEater);
  eater.memory_expected_bytes = 100 * kMiB;
  EXPECT_GT(end_of(eater).memory_excess_bytes, 100 * kMiB);
  EXPECT_EQ(other.wait_for(0s), std::future_status::timeout);
  runner_->kill(modest_id, 0ms);
  EXPECT_EQ(other.get().memory_excess_bytes, 0);
}

TEST_F(JobProcessesTest, TellsASignalFromAnExitCodeThatLooksLikeOne) {
  EXPECT_EQ(end_of(shell("a", "kill -KILL $$")).signal, SIGKILL);
  EXPECT_EQ(end_of(shell("b", "exit 137")).signal, 0);
}

}  // namespace
}  // namespace alveus::sys
