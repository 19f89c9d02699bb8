// SPDX-License-Identifier: Apache-2.0
#include "sys/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sys/file.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using ::testing::HasSubstr;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = TemporaryDirectory::make("alveus-process-test-");
    ASSERT_TRUE(directory);
    directory_.emplace(std::move(*directory));
    auto runner = LocalProcessRunner::make();
    ASSERT_TRUE(runner) << runner.error().text();
    runner_ = std::move(*runner);
  }

  fs::path at(std::string_view name) const { return directory_->path() / name; }

  ProcessCommand shell(std::string script) const {
    ProcessCommand command;
    command.arguments = {"sh", "-c", std::move(script)};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    command.working_directory = directory_->path();
    return command;
  }

  ProcessEnd end_of(const ProcessCommand& command) {
    const auto end = run_process(*runner_, command);
    EXPECT_TRUE(end) << end.error().text();
    return end.value_or(ProcessEnd{});
  }

  core::Error error_of(const ProcessCommand& command) {
    const auto end = run_process(*runner_, command);
    EXPECT_FALSE(end);
    return end ? core::Error{} : end.error();
  }

  std::string text_of(std::string_view name) const { return read_file(at(name)).value_or("(missing)"); }

  void make_script(std::string_view name, std::string_view text, bool executable) const {
    ASSERT_TRUE(write_file(at(name), text));
    if (executable) fs::permissions(at(name), fs::perms::owner_all);
  }

  std::optional<TemporaryDirectory> directory_;
  std::unique_ptr<LocalProcessRunner> runner_;
};

/// Waits until a process, which need not be a child, is gone or a zombie that only its parent has to collect.
bool ends_soon(pid_t process) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) return errno == ESRCH;
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  constexpr int kTimeoutMs = 10'000;
  const bool has_ended = ::poll(&ended, 1, kTimeoutMs) == 1;
  ::close(descriptor);
  return has_ended;
}

/// The number that a script writes to a file; reading a pipe waits for it.
pid_t pid_in(const fs::path& file) { return std::stoi(read_file(file).value_or("0")); }

TEST_F(ProcessTest, TellsHowAProgramEnded) {
  struct Case {
    std::string script;
    int exit_code;
  };
  for (const auto& [script, exit_code] :
       {Case{"exit 0", 0}, Case{"exit 3", 3}, Case{"kill -SEGV $$", 128 + SIGSEGV}, Case{"no-such-program", 127}}) {
    const auto end = end_of(shell(script));
    EXPECT_EQ(end.exit_code, exit_code) << script;
    EXPECT_FALSE(end.timed_out);
    EXPECT_FALSE(end.killed);
  }
}

TEST_F(ProcessTest, ConnectsTheStandardStreams) {
  ASSERT_TRUE(write_file(at("in"), "hello"));
  ASSERT_TRUE(write_file(at("out"), "what stood there before"));
  auto command = shell("cat; echo problem >&2");
  command.stdin_file = at("in");
  command.stdout_file = "out";  // relative to the working directory
  command.stderr_file = at("err");
  EXPECT_EQ(end_of(command).exit_code, 0);
  EXPECT_EQ(text_of("out"), "hello");
  EXPECT_EQ(text_of("err"), "problem\n");
}

TEST_F(ProcessTest, OutputAndErrorMayShareAFile) {
  auto command = shell("echo 1; echo 2 >&2; echo 3; cat");
  command.stdout_file = command.stderr_file = at("log");
  EXPECT_EQ(end_of(command).exit_code, 0);
  EXPECT_EQ(text_of("log"), "1\n2\n3\n");
}

TEST_F(ProcessTest, PassesArgumentsAndEnvironmentAsTheyAre) {
  ProcessCommand command;
  command.arguments = {"/usr/bin/env", "-0"};
  command.environment = {{"A", "x y"}, {"B", "\"$A\"\n"}};
  command.stdout_file = at("out");
  EXPECT_EQ(end_of(command).exit_code, 0);
  EXPECT_EQ(text_of("out"), std::string("A=x y\0B=\"$A\"\n\0", 14));
}

TEST_F(ProcessTest, ChildrenInheritNoFilesAndNoSignalSettings) {
  const int inheritable = ::open("/dev/null", O_RDONLY);  // as a library that forgets O_CLOEXEC would
  std::signal(SIGPIPE, SIG_IGN);
  auto command = shell("ls /proc/self/fd | tr '\\n' ' '; grep SigBlk /proc/self/status; kill -PIPE $$");
  command.stdout_file = at("out");
  EXPECT_EQ(end_of(command).exit_code, 128 + SIGPIPE);
  std::signal(SIGPIPE, SIG_DFL);
  ::close(inheritable);
  // The fourth is the folder that ls itself has open.
  EXPECT_EQ(text_of("out"), "0 1 2 3 SigBlk:\t0000000000000000\n");
}

TEST_F(ProcessTest, FindsProgramsInThePathOfTheCommand) {
  ASSERT_TRUE(make_directories(at("a")));
  ASSERT_TRUE(make_directories(at("b")));
  make_script("a/tool", "#!/bin/sh\nexit 1\n", false);
  make_script("b/tool", "#!/bin/sh\nexit 42\n", true);
  ProcessCommand command;
  command.arguments = {"tool"};
  command.working_directory = directory_->path();
  command.environment = {{"PATH", "a:b"}};
  EXPECT_EQ(end_of(command).exit_code, 42);
  command.environment = {{"PATH", "/none:" + at("b").string()}};
  EXPECT_EQ(end_of(command).exit_code, 42);
  command.arguments = {"./b/tool"};
  EXPECT_EQ(end_of(command).exit_code, 42);
}

TEST_F(ProcessTest, SaysWhyAProgramDidNotStart) {
  make_script("plain", "#!/bin/sh\n", false);
  make_script("lost", "#!/no/such/interpreter\n", true);
  make_script("text", "exit 0\n", true);
  struct Case {
    std::string what;
    std::function<void(ProcessCommand&)> change;
    ErrorCode code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"missing", [](auto& c) { c.arguments = {"no-such"}; }, ErrorCode::kNotFound,
       "cannot run 'no-such': no such program in PATH (/usr/bin:/bin)"},
      {"missing path", [](auto& c) { c.arguments = {"/none/x"}; }, ErrorCode::kNotFound, "cannot run '/none/x'"},
      {"not executable", [](auto& c) { c.arguments = {"./plain"}; }, ErrorCode::kDenied, "cannot run './plain'"},
      {"not executable in PATH",
       [this](auto& c) {
         c.arguments = {"plain"};
         c.environment["PATH"] = directory_->path();
       },
       ErrorCode::kDenied, "not executable"},
      {"interpreter", [](auto& c) { c.arguments = {"./lost"}; }, ErrorCode::kNotFound, "interpreter"},
      {"no program", [](auto& c) { c.arguments = {"./text"}; }, ErrorCode::kInvalidInput, "#!/bin/sh"},
      {"folder", [](auto& c) { c.working_directory = "/no/folder"; }, ErrorCode::kNotFound, "in '/no/folder'"},
      {"input", [](auto& c) { c.stdin_file = "/no/input"; }, ErrorCode::kNotFound, "cannot open '/no/input'"},
      {"output", [](auto& c) { c.stdout_file = "/no/output"; }, ErrorCode::kNotFound, "cannot write '/no/output'"},
      {"output folder", [](auto& c) { c.stderr_file = "/usr"; }, ErrorCode::kInvalidInput, "cannot write '/usr'"},
      {"arguments", [](auto& c) { c.arguments.emplace_back(300'000, 'x'); }, ErrorCode::kInvalidInput, "too long"},
  };
  for (const auto& [what, change, code, message] : cases) {
    auto command = shell("exit 0");
    change(command);
    const auto error = error_of(command);
    EXPECT_EQ(error.code, code) << what << ": " << error.text();
    EXPECT_THAT(error.message, HasSubstr(message)) << what;
  }
}

TEST_F(ProcessTest, MeasuresTimeAndMemory) {
  auto command =
      shell("x=$(head -c 30000000 /dev/zero | tr '\\0' a); i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done");
  const auto end = end_of(command);
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_GT(end.cpu_time, 5ms);
  EXPECT_GT(end.resident_max_bytes, 30'000'000);
}

TEST_F(ProcessTest, EndsWhatExceedsItsTime) {
  auto command = shell("sleep 600");
  command.time_limit = 50ms;
  const auto end = end_of(command);
  EXPECT_TRUE(end.timed_out);
  EXPECT_FALSE(end.killed);
  EXPECT_EQ(end.exit_code, 128 + SIGTERM);
}

TEST_F(ProcessTest, TimeLimitsOfSeveralProcessesAreKeptApart) {
  std::mutex mutex;
  std::vector<int> order;
  {
    std::vector<std::future<void>> ended;
    for (const int limit_ms : {150, 50, 100}) {
      auto command = shell("sleep 600");
      command.time_limit = std::chrono::milliseconds(limit_ms);
      auto promise = std::make_shared<std::promise<void>>();
      ended.push_back(promise->get_future());
      ASSERT_TRUE(runner_->start(command, [&order, &mutex, promise, limit_ms](const ProcessEnd&) {
        {
          const std::scoped_lock lock(mutex);
          order.push_back(limit_ms);
        }
        promise->set_value();  // last: the test goes on from here
      }));
    }
    for (auto& end : ended) end.wait();
  }
  EXPECT_THAT(order, ::testing::ElementsAre(50, 100, 150));
}

class KillTest : public ProcessTest {
 protected:
  /// Starts a script, waits until it wrote its process id, kills it, and waits for its end.
  ProcessEnd kill_when_ready(const std::string& script, std::chrono::milliseconds grace) {
    EXPECT_EQ(::mkfifo(at("pid").c_str(), 0600), 0);
    std::promise<ProcessEnd> ended;
    const auto id = runner_->start(shell(script), [&](const ProcessEnd& end) { ended.set_value(end); });
    EXPECT_TRUE(id);
    const pid_t leader = pid_in(at("pid"));
    EXPECT_EQ(system_id_of(*id), leader);
    runner_->kill(*id, grace);
    const auto end = ended.get_future().get();
    runner_->kill(*id, 0ms);  // it has ended: nothing happens
    return end;
  }
};

TEST_F(KillTest, AsksPolitelyFirst) {
  const auto end = kill_when_ready("trap 'exit 7' TERM; echo $$ > pid; while :; do sleep 0.01; done", 60s);
  EXPECT_TRUE(end.killed);
  EXPECT_EQ(end.exit_code, 7);
}

TEST_F(KillTest, InsistsAfterTheGrace) {
  const auto end = kill_when_ready("trap '' TERM; echo $$ > pid; while :; do sleep 0.01; done", 50ms);
  EXPECT_TRUE(end.killed);
  EXPECT_EQ(end.exit_code, 128 + SIGKILL);
}

TEST_F(ProcessTest, EndsAStoppedProcess) {
  std::promise<ProcessEnd> ended;
  // One process: a shell whose vforked child is stopped before it executes cannot stop.
  const auto id = runner_->start(shell("exec sleep 600"), [&](const ProcessEnd& end) { ended.set_value(end); });
  ASSERT_TRUE(id);
  const pid_t leader = system_id_of(*id);
  ASSERT_EQ(::kill(-leader, SIGSTOP), 0);
  siginfo_t stopped{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(leader), &stopped, WSTOPPED | WNOWAIT), 0);
  runner_->kill(*id, 60s);
  EXPECT_EQ(ended.get_future().get().exit_code, 128 + SIGTERM);
}

TEST_F(KillTest, EndsTheWholeGroup) {
  kill_when_ready("sleep 600 & echo $! > child; echo $$ > pid; wait", 0ms);
  EXPECT_TRUE(ends_soon(pid_in(at("child"))));
}

TEST_F(ProcessTest, KillsChildrenThatALeaderLeavesBehind) {
  EXPECT_EQ(end_of(shell("sleep 600 & echo $! > child")).exit_code, 0);
  EXPECT_TRUE(ends_soon(pid_in(at("child"))));
}

TEST_F(ProcessTest, DestructorKillsAndStillReports) {
  std::promise<ProcessEnd> ended;
  ASSERT_TRUE(runner_->start(shell("sleep 600"), [&](const ProcessEnd& end) { ended.set_value(end); }));
  runner_.reset();
  auto end = ended.get_future();
  ASSERT_EQ(end.wait_for(0s), std::future_status::ready);
  EXPECT_TRUE(end.get().killed);
}

TEST_F(ProcessTest, ManyThreadsMayStartMany) {
  std::atomic<int> sum{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int index = 0; index < 25; ++index) {
          const auto end = run_process(*runner_, shell("exit " + std::to_string(index)));
          if (end) sum += end->exit_code;
        }
      });
    }
  }
  EXPECT_EQ(sum, 4 * (24 * 25 / 2));
}

TEST_F(ProcessTest, AnEndMayStartTheNext) {
  std::promise<void> done;
  int left = 5;
  ProcessRunner::OnEnd next = [&](const ProcessEnd&) {
    if (--left == 0) return done.set_value();
    ASSERT_TRUE(runner_->start(shell("exit 0"), next));
  };
  ASSERT_TRUE(runner_->start(shell("exit 0"), next));
  done.get_future().wait();
  EXPECT_EQ(left, 0);
}

TEST(EnvironmentTest, IsThatOfThisProcess) {
  ::setenv("ALVEUS_TEST_VARIABLE", "a=b", 1);
  EXPECT_EQ(current_environment().at("ALVEUS_TEST_VARIABLE"), "a=b");
}

}  // namespace
}  // namespace alveus::sys
