// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "core/text.hpp"

namespace alveus::cmdline {
namespace {

using ::testing::HasSubstr;
using Kind = Flag::Kind;

std::vector<Command> commands() {
  Command run;
  run.name = "run";
  run.summary = "Run a workflow.";
  run.details =
      "Runs the workflow and writes its output object to standard output, whatever becomes of the files that it\n"
      "names.\n\n  proj run main.cwl job.json\n";
  run.takes_rest = true;
  run.rest_name = "INPUTS";
  run.flags = {
      {.name = "outdir", .value_name = "DIR", .help = "Where the output files go.", .fallback = "."},
      {.name = "jobs",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "How many jobs run at the same time on this machine, at most, when all ask for one core each.",
       .short_name = "j"},
      {.name = "colour", .help = "Colour on the terminal.", .choices = {"auto", "never"}},
      {.name = "quiet", .kind = Kind::kSwitch, .help = "Say nothing | but errors.", .short_name = "q"},
      {.name = "set", .kind = Kind::kTextList, .help = "A setting."},
      {.name = "data", .value_name = "DIR", .help = "Data.", .required = true},
      {.name = "workflow", .help = "The workflow.", .required = true, .positional = true},
      {.name = "inputs", .help = "Its inputs.", .positional = true},
  };
  Command study;
  study.name = "study run";
  study.summary = "Train and compare the variants of a study.";
  return {run, study};
}

TEST(HelpTest, ShowsATogglesTwoForms) {
  const std::vector<Flag> flags = {
      {.name = "sort", .kind = Kind::kToggle, .help = "Sort first.", .fallback = "true", .short_name = "s"}};
  EXPECT_EQ(help_rows(flags), "  -s, --[no-]sort  Sort first. (default: true)\n");
}

TEST(HelpTest, ShowsACommandFromItsTable) {
  const std::string help = help_of(commands().front(), "proj");
  EXPECT_EQ(help, R"(Run a workflow.

Usage: proj run [flags] --data DIR <workflow> [<inputs>] [INPUTS...]

Runs the workflow and writes its output object to standard output, whatever
becomes of the files that it names.

  proj run main.cwl job.json

Arguments:
  <workflow>  The workflow.
  <inputs>    Its inputs.

Flags:
      --outdir DIR   Where the output files go. (default: .)
  -j, --jobs N       How many jobs run at the same time on this machine, at
                     most, when all ask for one core each.
      --colour TEXT  Colour on the terminal. One of: auto, never.
  -q, --quiet        Say nothing | but errors.
      --set TEXT     A setting. (may be repeated)
      --data DIR     Data. (required)
  -h, --help         Show this help.
)");
}

TEST(HelpTest, NeverGoesBeyondEightyColumns) {
  for (const auto& line : core::split(help_of(commands().front(), "proj"), '\n')) EXPECT_LE(line.size(), 80U) << line;
}

TEST(HelpTest, ListsCommandsAndGroups) {
  const std::string help = help_of(commands(), "proj", "Runs workflows.");
  EXPECT_THAT(help, HasSubstr("  run        Run a workflow.\n  study run  Train and compare"));
  EXPECT_THAT(help, HasSubstr("--version"));
  const std::string group = help_of(commands(), "proj", "Runs workflows.", "study");
  EXPECT_THAT(group, HasSubstr("Usage: proj study COMMAND"));
  EXPECT_THAT(group, HasSubstr("  run  Train and compare"));
  EXPECT_THAT(group, ::testing::Not(HasSubstr("Run a workflow")));
}

TEST(HelpTest, MakesTheReferencePage) {
  const std::string page = reference_page(commands(), "proj", "Runs workflows.");
  EXPECT_THAT(page, HasSubstr("# The command `proj`\n\nRuns workflows.\n\n## `proj run`\n"));
  EXPECT_THAT(page, HasSubstr("| `-j`, `--jobs N` | How many jobs"));
  EXPECT_THAT(page, HasSubstr("Say nothing \\| but errors."));
  EXPECT_THAT(page, HasSubstr("## `proj study run`"));
}

}  // namespace
}  // namespace alveus::cmdline
