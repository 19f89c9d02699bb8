// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cmdline/command.hpp"

namespace alveus::cmdline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Flag::Kind;
using Words = std::vector<std::string>;

Command run_command() {
  Command command;
  command.name = "run";
  command.flags = {
      {.name = "outdir", .kind = Kind::kText, .value_name = "DIR", .help = "Where outputs go.", .fallback = "."},
      {.name = "jobs", .kind = Kind::kInteger, .value_name = "N", .help = "Jobs at once.", .short_name = "j"},
      {.name = "rate", .kind = Kind::kReal, .help = "Rate."},
      {.name = "quiet", .kind = Kind::kSwitch, .help = "Say less.", .short_name = "q"},
      {.name = "verbose", .kind = Kind::kSwitch, .help = "Say more.", .short_name = "v"},
      {.name = "colour", .kind = Kind::kText, .help = "Colour.", .choices = {"auto", "always", "never"}},
      {.name = "set", .kind = Kind::kTextList, .help = "Settings.", .short_name = "s"},
      {.name = "workflow", .kind = Kind::kText, .help = "The workflow.", .required = true, .positional = true},
      {.name = "inputs", .kind = Kind::kText, .help = "The inputs.", .positional = true},
  };
  return command;
}

ParsedCommand parsed(const Command& command, const Words& arguments) {
  auto result = parse_flags(command, arguments);
  EXPECT_TRUE(result) << result.error().text();
  return result ? *result : ParsedCommand{};
}

std::string refused(const Command& command, const Words& arguments) {
  const auto result = parse_flags(command, arguments);
  return result ? "accepted" : result.error().message;
}

TEST(FlagsTest, TakesEveryFormOfAFlag) {
  struct Case {
    Words arguments;
    std::int64_t jobs;
  };
  for (const auto& [arguments, jobs] :
       {Case{{"--jobs", "4", "w"}, 4}, Case{{"--jobs=5", "w"}, 5}, Case{{"w", "-j", "6"}, 6}, Case{{"-j7", "w"}, 7},
        Case{{"-j=8", "w"}, 8}, Case{{"-qj9", "w"}, 9}, Case{{"--jobs", "-3", "w"}, -3},
        Case{{"--jobs", "1", "w", "--jobs", "2"}, 2}, Case{{"w"}, 0}}) {
    EXPECT_EQ(parsed(run_command(), arguments).flags.integer("jobs"), jobs) << ::testing::PrintToString(arguments);
  }
}

TEST(FlagsTest, KnowsSwitchesListsRealsAndDefaults) {
  const auto flags = parsed(run_command(), {"-qv", "--set", "a=1", "-s", "b=2", "--rate", "2.5e-1", "main.cwl"}).flags;
  EXPECT_TRUE(flags.on("quiet"));
  EXPECT_TRUE(flags.on("verbose"));
  EXPECT_THAT(flags.list("set"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(flags.real("rate"), 0.25);
  EXPECT_EQ(flags.text("outdir"), ".");
  EXPECT_FALSE(flags.has("inputs"));
  EXPECT_FALSE(parsed(run_command(), {"w"}).flags.on("quiet"));
}

TEST(FlagsTest, PositionalsStandBetweenFlagsOrAfterTwoDashes) {
  const auto mixed = parsed(run_command(), {"main.cwl", "-q", "job.json"}).flags;
  EXPECT_EQ(mixed.text("workflow"), "main.cwl");
  EXPECT_EQ(mixed.text("inputs"), "job.json");
  const auto after = parsed(run_command(), {"--", "--odd-name.cwl", "-"}).flags;
  EXPECT_EQ(after.text("workflow"), "--odd-name.cwl");
  EXPECT_EQ(after.text("inputs"), "-");
  EXPECT_EQ(parsed(run_command(), {"-12", "-"}).flags.text("workflow"), "-12");
}

TEST(FlagsTest, SaysWhatIsWrong) {
  struct Case {
    Words arguments;
    std::string message;
  };
  for (const auto& [arguments, message] : {
           Case{{"--oudir", "x", "w"}, "unknown flag '--oudir'; did you mean '--outdir'?"},
           Case{{"--zzzzzz", "w"}, "unknown flag '--zzzzzz'"},
           Case{{"-x", "w"}, "unknown flag '-x'"},
           Case{{"--jobs", "many", "w"}, "--jobs takes a whole number, not 'many'"},
           Case{{"--jobs=4.5", "w"}, "--jobs takes a whole number, not '4.5'"},
           Case{{"--rate", "fast", "w"}, "--rate takes a number, not 'fast'"},
           Case{{"--colour", "allways", "w"}, "--colour cannot be 'allways'; did you mean 'always'?"},
           Case{{"--colour", "pink", "w"}, "--colour cannot be 'pink'; it is one of auto, always, never"},
           Case{{"--quiet=yes", "w"}, "--quiet is a switch and takes no value"},
           Case{{"w", "--outdir"}, "--outdir needs a value: --outdir DIR"},
           Case{{"w", "--outdir", "--quiet"}, "--outdir needs a value: --outdir DIR"},
           Case{{"--quiet"}, "the argument <workflow> is missing"},
           Case{{"a", "b", "c"}, "'c' is one argument too many"},
       }) {
    const auto result = parse_flags(run_command(), arguments);
    ASSERT_FALSE(result) << message;
    EXPECT_EQ(result.error().message, message);
    EXPECT_EQ(result.error().code, core::ErrorCode::kInvalidInput);
  }
}

TEST(FlagsTest, MissesARequiredFlag) {
  Command command;
  command.flags = {{.name = "data", .value_name = "DIR", .help = "Data.", .required = true}};
  EXPECT_EQ(parse_flags(command, Words{}).error().message, "the flag --data DIR is missing");
}

TEST(FlagsTest, HelpGoesBeforeEveryCheck) {
  EXPECT_TRUE(parsed(run_command(), {"--help"}).wants_help);
  EXPECT_TRUE(parsed(run_command(), {"-q", "-h", "--nonsense"}).wants_help);
}

TEST(FlagsTest, AListFlagTakesAllValuesUpToTheNextFlagWhereNothingElseCouldTakeThem) {
  Command command;
  command.flags = {{.name = "scores", .kind = Kind::kTextList, .help = "Files."}, {.name = "out", .help = "File."}};
  const auto flags = parsed(command, {"--scores", "a", "b", "--out", "c", "--scores", "d"}).flags;
  EXPECT_THAT(flags.list("scores"), ElementsAre("a", "b", "d"));
  EXPECT_EQ(flags.text("out"), "c");
}

TEST(FlagsTest, TurnsATogglesNameOnAndOff) {
  Command command;
  command.flags = {{.name = "sort", .kind = Kind::kToggle, .help = "Sort.", .short_name = "s"}};
  struct Case {
    Words arguments;
    std::string value;
  };
  for (const auto& [arguments, value] :
       {Case{{"--sort"}, "true"}, Case{{"-s"}, "true"}, Case{{"--no-sort"}, "false"}, Case{{"--sort=false"}, "false"},
        Case{{"--sort", "--no-sort"}, "false"}, Case{{}, ""}}) {
    EXPECT_EQ(parsed(command, arguments).flags.text("sort"), value) << ::testing::PrintToString(arguments);
  }
  EXPECT_EQ(refused(command, {"--sort=maybe"}), "--sort is true or false, not 'maybe'");
  EXPECT_EQ(refused(command, {"--no-sott"}), "unknown flag '--no-sott'; did you mean '--no-sort'?");
}

TEST(FlagsTest, TellsHowToGiveAListSeveralValues) {
  Command command;
  command.flags = {{.name = "item", .kind = Kind::kTextList, .help = "Items."},
                   {.name = "inputs", .help = "Inputs.", .positional = true}};
  EXPECT_EQ(refused(command, {"inputs.yml", "--item", "1", "2"}),
            "'2' is one argument too many; to give --item several values, repeat it before each");
}

TEST(FlagsTest, ALastListTakesAllPositionals) {
  Command command;
  command.flags = {{.name = "files", .kind = Kind::kTextList, .help = "Files.", .required = true, .positional = true}};
  EXPECT_THAT(parsed(command, {"a", "b", "c"}).flags.list("files"), ElementsAre("a", "b", "c"));
}

TEST(FlagsTest, PassesOnTheRest) {
  Command command = run_command();
  command.takes_rest = true;
  struct Case {
    Words arguments;
    Words rest;
    std::string inputs;
    std::string outdir;
  };
  for (const auto& [arguments, rest, inputs, outdir] : {
           Case{{"w", "--message", "hi", "--outdir", "x"}, {"--message", "hi", "--outdir", "x"}, "", "."},
           Case{{"--outdir", "o", "w", "job.json", "--message", "-5"}, {"--message", "-5"}, "job.json", "o"},
           Case{{"w", "job.json", "--outdir", "o", "extra"}, {"extra"}, "job.json", "o"},
           Case{{"w", "--", "--outdir", "o"}, {"--", "--outdir", "o"}, "", "."},
           Case{{"--", "w", "--outdir", "o"}, {"--", "--outdir", "o"}, "", "."},
           Case{{"w", "--count", "1", "--", "--outdir", "o"}, {"--count", "1", "--", "--outdir", "o"}, "", "."},
           Case{{"w"}, {}, "", "."},
       }) {
    const auto result = parsed(command, arguments);
    EXPECT_EQ(result.rest, rest) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.flags.text("inputs"), inputs) << ::testing::PrintToString(arguments);
    EXPECT_EQ(result.flags.text("outdir"), outdir) << ::testing::PrintToString(arguments);
  }
  EXPECT_FALSE(parse_flags(command, Words{"--message", "hi"}));  // not before the required argument
}

}  // namespace
}  // namespace alveus::cmdline
