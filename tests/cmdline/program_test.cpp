// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cmdline {
namespace {

using ::alveus::testing::RecordingTerminal;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

Command command_named(std::string name) {
  Command command;
  command.summary = "Does " + name + ".";
  command.flags = {{.name = "fail", .help = "Fail so."}};
  command.run = [name](const Flags& flags, std::span<const std::string>,
                       Terminal& terminal) -> core::Result<ExitStatus> {
    const std::string how = flags.text("fail");
    if (how == "unsupported") return core::fail(core::ErrorCode::kUnsupported, "no such feature");
    if (how == "cancelled") return core::fail(core::ErrorCode::kCancelled, "stopped");
    if (how == "missing") return core::fail(core::ErrorCode::kNotFound, "no file", "a.cwl:1:2");
    terminal.result("did " + name + "\n");
    return ExitStatus::kDone;
  };
  command.name = std::move(name);
  return command;
}

int run(const Words& arguments, RecordingTerminal& terminal) {
  const std::vector<Command> commands = {command_named("run"), command_named("study run"), command_named("study plan"),
                                         command_named("resume")};
  return run_program("proj", "1.2.3", "Runs things.", commands, arguments, terminal);
}

TEST(ProgramTest, PicksCommandsOfOneWordAndOfTwo) {
  RecordingTerminal terminal;
  EXPECT_EQ(run({"run"}, terminal), 0);
  EXPECT_EQ(run({"study", "run"}, terminal), 0);
  EXPECT_EQ(terminal.results, "did run\ndid study run\n");
  EXPECT_EQ(terminal.said(), "");
}

TEST(ProgramTest, MapsErrorsToExitStatuses) {
  struct Case {
    std::string how;
    int status;
  };
  for (const auto& [how, status] : {Case{"unsupported", 33}, Case{"cancelled", 130}, Case{"missing", 1}}) {
    RecordingTerminal terminal;
    EXPECT_EQ(run({"run", "--fail", how}, terminal), status) << how;
    EXPECT_EQ(terminal.errors.size(), 1U);
  }
}

TEST(ProgramTest, RefusesWrongUseWithAHint) {
  struct Case {
    Words arguments;
    std::string said;
  };
  for (const auto& [arguments, said] : {
           Case{{"rum"}, "error: proj has no command 'rum'; did you mean 'run'?\n'proj --help' shows"},
           Case{{"xyzzyx"}, "error: proj has no command 'xyzzyx'\n'proj --help' shows"},
           Case{{"study", "paln"}, "error: proj has no command 'study paln'"},
           Case{{"study", "runn"}, "did you mean 'study run'?\n'proj study --help' shows"},
           Case{{"--verson"}, "error: proj has no flag '--verson'; did you mean '--version'?"},
           Case{{"run", "--fial", "x"}, "unknown flag '--fial'; did you mean '--fail'?\n'proj run --help' shows"},
           Case{{"study"}, "Usage: proj study COMMAND"},
           Case{{}, "Usage: proj COMMAND"},
       }) {
    RecordingTerminal terminal;
    EXPECT_EQ(run(arguments, terminal), 2);
    // Errors were said before the messages that follow them.
    std::string heard;
    for (const auto& error : terminal.errors) heard += "error: " + error.text() + "\n";
    for (const auto& line : terminal.messages) heard += line + "\n";
    EXPECT_THAT(heard, HasSubstr(said));
    EXPECT_EQ(terminal.results, "");
  }
}

TEST(ProgramTest, ShowsHelpAndVersionAsResults) {
  struct Case {
    Words arguments;
    std::string shown;
  };
  for (const auto& [arguments, shown] :
       {Case{{"--version"}, "proj 1.2.3\n"}, Case{{"--help"}, "Runs things.\n\nUsage: proj COMMAND"},
        Case{{"help"}, "Usage: proj COMMAND"}, Case{{"help", "run"}, "Usage: proj run"},
        Case{{"run", "--help"}, "Does run.\n\nUsage: proj run"},
        Case{{"help", "study", "run"}, "Usage: proj study run"}, Case{{"study", "--help"}, "Usage: proj study COMMAND"},
        Case{{"help", "study"}, "Usage: proj study COMMAND"}}) {
    RecordingTerminal terminal;
    EXPECT_EQ(run(arguments, terminal), 0);
    EXPECT_THAT(terminal.results, HasSubstr(shown));
  }
}

TEST(ProgramTest, FailsWhenResultsCannotBeWritten) {
  RecordingTerminal terminal;
  terminal.result_failure = core::fail(core::ErrorCode::kUnavailable, "cannot write to standard output: disk full");
  EXPECT_EQ(run({"run"}, terminal), 1);
  EXPECT_THAT(terminal.said(), HasSubstr("disk full"));
}

TEST(ProgramTest, ShowsWhatHelpACommandAddsForWhatWasGiven) {
  Command command = command_named("run");
  command.flags = {{.name = "workflow", .help = "W.", .required = true, .positional = true}};
  command.more_help = [](const Flags& flags) -> core::Result<std::string> {
    if (flags.text("workflow") == "bad") return core::fail(core::ErrorCode::kNotFound, "no file 'bad'");
    return "inputs of " + flags.text("workflow") + "\n";
  };
  const std::vector<Command> commands = {command};
  RecordingTerminal terminal;
  EXPECT_EQ(run_program("proj", "1", "Runs.", commands, Words{"run", "w.cwl", "--help"}, terminal), 0);
  EXPECT_THAT(terminal.results, ::testing::EndsWith("inputs of w.cwl\n"));
  EXPECT_EQ(run_program("proj", "1", "Runs.", commands, Words{"run", "bad", "--help"}, terminal), 1);
}

}  // namespace
}  // namespace alveus::cmdline
