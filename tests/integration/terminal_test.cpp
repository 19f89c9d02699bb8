// SPDX-License-Identifier: Apache-2.0
// The program on a real terminal: a pseudo-terminal whose foreground it is, as below a shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kWorkflow = R"CWL(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]", script: string}
steps:
  work:
    scatter: number
    in: {number: numbers, script: script}
    out: []
    run:
      class: CommandLineTool
      baseCommand: [sh, -c]
      arguments: [$(inputs.script)]
      inputs: {number: {type: int, inputBinding: {}}, script: string}
      outputs: []
  finish:
    in: {numbers: numbers}
    out: []
    run: {class: CommandLineTool, baseCommand: "true", inputs: {numbers: "int[]"}, outputs: []}
outputs: {}
)CWL";

class TerminalTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (child_ > 0) ::kill(child_, SIGKILL);
    if (terminal_ >= 0) ::close(terminal_);
  }

  /// Runs `work` four times with this script, two at a time, on a terminal of this size.
  void start(const std::string& script, unsigned short columns = 80, unsigned short rows = 24) {
    program_.write("main.cwl", kWorkflow);
    program_.write("in.yml", "numbers: [1, 2, 3, 4]\nscript: '" + script + "'\n");
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    const std::string bin = std::getenv("ALVEUS_BIN_DIR") == nullptr ? "bin" : std::getenv("ALVEUS_BIN_DIR");
    const std::string program = fs::absolute(bin) / "alveus";
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ == 0) {
      ::setenv("TERM", "xterm-256color", 1);
      ::setenv("LANG", "C.UTF-8", 1);
      ::unsetenv("LC_ALL");
      ::unsetenv("NO_COLOR");
      ::setenv("ALVEUS_STATE", program_.path("state").c_str(), 1);
      if (::chdir(program_.path().c_str()) != 0) ::_exit(126);
      ::execl(program.c_str(), "alveus", "run", "--cores", "2", "--outdir", "results", "main.cwl", "in.yml", nullptr);
      ::_exit(127);
    }
  }
  /// Reads until the text stands in all that was written so far; false when the program ends before.
  bool shows(const std::string& text) {
    return AlveusProgram::comes_true([&] {
             read_piece();
             return seen_.find(text) != std::string::npos || has_hung_up_;
           }) &&
           seen_.find(text) != std::string::npos;
  }
  /// What the terminal driver does for a key.
  void press(char key) const { EXPECT_EQ(::write(terminal_, &key, 1), 1); }
  int status_at_end() {
    EXPECT_TRUE(AlveusProgram::comes_true([&] {
      read_piece();
      return has_hung_up_;
    }));
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void read_piece() {
    pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
    if (has_hung_up_ || ::poll(&ready, 1, 50) != 1) return;
    char piece[4096];
    const ssize_t count = ::read(terminal_, piece, sizeof piece);
    has_hung_up_ = count <= 0;
    if (count > 0) seen_.append(piece, static_cast<std::size_t>(count));
  }

  AlveusProgram program_;
  int terminal_ = -1;
  pid_t child_ = -1;
  std::string seen_;
  bool has_hung_up_ = false;
};

TEST_F(TerminalTest, ShowsStepsJobsAndTheWholeAndLeavesNothingOfItBehind) {
  start("sleep 0.5");
  EXPECT_TRUE(shows("2 running")) << seen_;
  EXPECT_TRUE(shows("of 5 jobs")) << seen_;
  EXPECT_EQ(status_at_end(), 0) << seen_;
  EXPECT_THAT(seen_, AllOf(HasSubstr("work"), HasSubstr("━"), HasSubstr("\x1b[36m")));
  EXPECT_THAT(seen_.substr(seen_.rfind("\x1b[J")), Not(HasSubstr("jobs ·")));
}

TEST_F(TerminalTest, FollowsTheSizeOfTheWindow) {
  start("sleep 2", 80, 24);
  ASSERT_TRUE(shows("━") || shows("─")) << seen_;
  const winsize size{.ws_row = 24, .ws_col = 30, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal_, TIOCSWINSZ, &size);
  seen_.clear();
  EXPECT_TRUE(shows("/4")) << seen_;
  EXPECT_THAT(seen_.substr(seen_.find("\x1b[J") + 3), Not(HasSubstr("─"))) << "no room for bars";
}

TEST_F(TerminalTest, CtrlCReachesTheControllerAloneWhichEndsTheRunInOrder) {
  // A job that got the signal itself would leave the file.
  start(
      "trap \"touch $PWD/../../../../../../interrupted\" INT; touch ../../../../../../ready; while :; do sleep 0.05; "
      "done");
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return fs::exists(program_.path("ready")); }));
  press('\x03');
  EXPECT_EQ(status_at_end(), 130) << seen_;
  EXPECT_FALSE(fs::exists(program_.path("interrupted")));
  EXPECT_THAT(program_.processes_left(), IsEmpty());
}

TEST_F(TerminalTest, ASecondCtrlCLeavesNothingRunning) {
  start("trap \"\" TERM INT; touch ../../../../../../ready; setsid sleep 3600 & while :; do sleep 0.05; done");
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return fs::exists(program_.path("ready")); }));
  press('\x03');
  ASSERT_TRUE(shows("again")) << seen_;
  press('\x03');
  EXPECT_EQ(status_at_end(), 130) << seen_;
  EXPECT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
}

TEST_F(TerminalTest, AClosedTerminalEndsTheRunInOrder) {
  start("touch ../../../../../../ready; sleep 3600");
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return fs::exists(program_.path("ready")); }));
  ::close(std::exchange(terminal_, -1));
  int status = 0;
  const pid_t program = std::exchange(child_, -1);
  ASSERT_EQ(::waitpid(program, &status, 0), program);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), 130);
  const auto log = program_.log();
  ASSERT_TRUE(log && log->ended);
  EXPECT_EQ(log->ended->status, store::RunStatus::kCancelled);
  EXPECT_THAT(program_.processes_left(), IsEmpty());
}

TEST_F(TerminalTest, GoesOnAfterItWasStopped) {
  start("sleep 1");
  ASSERT_TRUE(shows("2 running")) << seen_;
  ::kill(child_, SIGSTOP);
  int status = 0;
  ASSERT_EQ(::waitpid(child_, &status, WUNTRACED), child_);
  ASSERT_TRUE(WIFSTOPPED(status));
  ::poll(nullptr, 0, 1500);  // the commands end meanwhile
  ::kill(child_, SIGCONT);
  EXPECT_EQ(status_at_end(), 0) << seen_;
}

}  // namespace
}  // namespace alveus
