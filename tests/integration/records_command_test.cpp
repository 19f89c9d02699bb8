// SPDX-License-Identifier: Apache-2.0
// `alveus runs`, `show` and `logs` on runs that this program made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/json.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::Not;

/// Three words are spoken, one is skipped, and what was said is joined; "bad" fails.
constexpr const char* kWords = R"(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}, InlineJavascriptRequirement: {}}
inputs: {words: "string[]"}
outputs: {joined: {type: File, outputSource: join/joined}}
steps:
  say:
    in: {word: words}
    scatter: word
    when: $(inputs.word != "silent")
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'echo "speaking of $0" >&2; test "$0" != bad && echo "$0"']
      inputs: {word: {type: string, inputBinding: {position: 1}}}
      outputs: {said: stdout}
  join:
    in: {said: {source: say/said, pickValue: all_non_null}}
    out: [joined]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs: {said: {type: "File[]", inputBinding: {position: 1}}}
      outputs: {joined: {type: stdout}}
      stdout: joined.txt
)";

class RecordsCommandTest : public ::testing::Test {
 protected:
  AlveusProgram::Said run_words(const std::string& words, std::vector<std::string> more = {}) {
    program_.write("words.cwl", kWords);
    std::vector<std::string> arguments = {"run", "--quiet", "--outdir", "out"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"words.cwl", program_.write("in.yml", "words: [" + words + "]")});
    return program_.run(arguments);
  }
  std::string last_run() const { return program_.journals().back().parent_path().filename().string(); }

  AlveusProgram program_;
};

TEST_F(RecordsCommandTest, ListsRunsTheLatestFirst) {
  EXPECT_THAT(program_.run({"runs"}).err, HasSubstr("no runs in"));
  ASSERT_EQ(run_words("a").status, 0);
  const std::string first = last_run();
  ASSERT_EQ(run_words("a, bad", {"--on-error", "continue"}).status, 1);
  const std::string second = program_.journals().back().parent_path().filename().string();
  const auto runs = program_.json({"runs", "--json"});
  ASSERT_EQ(runs.as_array().size(), 2U);
  std::vector<std::string> statuses;
  for (const auto& run : runs.as_array()) statuses.push_back(run.string_or("status", ""));
  std::ranges::sort(statuses);
  EXPECT_THAT(statuses, ::testing::ElementsAre("done", "failed"));
  const auto text = program_.run({"runs"}).out;
  EXPECT_THAT(text, AllOf(HasSubstr(first), HasSubstr(second), HasSubstr("words.cwl")));
  EXPECT_EQ(program_.json({"runs", "--json", "--limit", "1"}).as_array().size(), 1U);
}

TEST_F(RecordsCommandTest, ShowsInputsStepsAndOutputs) {
  ASSERT_EQ(run_words("a, silent, b").status, 0);
  const auto shown = program_.json({"show", "last", "--json", "--jobs"});
  EXPECT_EQ(shown.string_or("run", ""), last_run());
  EXPECT_EQ(shown.string_or("status", ""), "done");
  EXPECT_EQ(core::to_json(*shown.find("inputs")), R"({"words":["a","silent","b"]})");
  const auto& steps = shown.find("steps")->as_array();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].string_or("step", ""), "/say");
  EXPECT_EQ(steps[0].find("done")->as_integer(), 2);
  EXPECT_EQ(steps[0].find("skipped")->as_integer(), 1);
  EXPECT_EQ(shown.find("jobs")->as_array().size(), 4U);
  EXPECT_EQ(shown.find("outputs")->find("joined")->string_or("basename", ""), "joined.txt");
  const auto text = program_.run({"show", last_run().substr(0, 20)}).out;
  EXPECT_THAT(text, AllOf(HasSubstr("/say"), HasSubstr("joined.txt"), Not(HasSubstr("resume"))));
}

TEST_F(RecordsCommandTest, ShowsWhyARunFailedAndHowToGoOn) {
  ASSERT_EQ(run_words("a, bad", {"--on-error", "continue"}).status, 1);
  const auto text = program_.run({"show", "last"}).out;
  EXPECT_THAT(text,
              AllOf(HasSubstr("/say/0.1: words.cwl:7:3: its command ended with exit code 1"),
                    HasSubstr("alveus logs " + last_run() + " /say/0.1"), HasSubstr("alveus resume " + last_run())));
}

TEST_F(RecordsCommandTest, LogsOutliveTheJobFolders) {
  ASSERT_EQ(run_words("a, silent, b").status, 0);
  ASSERT_TRUE(std::filesystem::is_empty(program_.journals().back().parent_path() / "jobs"));
  const auto both = program_.run({"logs", "last", "say"});
  EXPECT_THAT(both.out, AllOf(HasSubstr("==> /say/0.0"), HasSubstr("speaking of a\n"), HasSubstr("speaking of b\n")));
  EXPECT_THAT(both.err, HasSubstr("/say/0.1: it was skipped"));
  EXPECT_EQ(program_.run({"logs", "last", "/say/0.2", "--stderr"}).out, "speaking of b\n");
  const auto joined = program_.run({"logs", "last", "join", "--stdout"});
  EXPECT_EQ(joined.out, "a\nb\n") << joined.err;
  EXPECT_THAT(joined.err, HasSubstr("is the output")) << "and tells where it went";
  EXPECT_THAT(program_.run({"logs", "last", "/say/0.0", "--stdout"}).err, HasSubstr("--keep-job-folders keeps it"));
}

TEST_F(RecordsCommandTest, LogsOfAFailedJobAreThoseOfItsFolder) {
  ASSERT_EQ(run_words("a, bad", {"--on-error", "continue"}).status, 1);
  const auto failed = program_.run({"logs", "last", "say", "--failed", "--stderr"});
  EXPECT_EQ(failed.out, "speaking of bad\n") << failed.err;
}

TEST_F(RecordsCommandTest, TailTakesTheLastLines) {
  program_.write("count.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [seq, "100"]
inputs: {}
outputs: {}
)");
  ASSERT_EQ(program_.run({"run", "--quiet", "count.cwl"}).status, 0);
  EXPECT_EQ(program_.run({"logs", "last", "/", "--tail", "2"}).out, "99\n100\n");
}

TEST_F(RecordsCommandTest, AMisspeltNameGetsAHint) {
  ASSERT_EQ(run_words("a").status, 0);
  const auto step = program_.run({"logs", "last", "sya"});
  EXPECT_EQ(step.status, 1);
  EXPECT_THAT(step.err, HasSubstr("did you mean '/say'?"));
  const auto run = program_.run({"show", "1999"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("there is no run '1999'"));
}

TEST_F(RecordsCommandTest, TellsARunUnderWayFromALostOne) {
  program_.write("wait.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c, "echo here I am >&2; sleep 1000"]
inputs: {}
outputs: {}
)");
  program_.start({"run", "--quiet", "wait.cwl"});
  ASSERT_TRUE(AlveusProgram::comes_true([this] {
    const auto log = program_.log();
    return log && !log->jobs.empty() && log->jobs[0].state == store::JobState::kRunning;
  }));
  const auto status = [this] { return program_.json({"runs", "--json"}).as_array().at(0).string_or("status", ""); };
  AlveusProgram other;
  const std::string state = program_.journals().back().parent_path().parent_path().parent_path().string();
  const auto list = other.run({"runs", "--state", state});
  EXPECT_THAT(list.out, HasSubstr("under way"));
  EXPECT_TRUE(AlveusProgram::comes_true(
      [&] { return other.run({"logs", "last", "/", "--state", state}).out == "here I am\n"; }));
  const auto shown = core::parse_json(other.run({"show", "last", "--json", "--state", state}).out);
  EXPECT_EQ(shown->find("steps")->as_array().at(0).find("running")->as_integer(), 1);
  program_.signal(SIGKILL);
  program_.wait();
  EXPECT_EQ(status(), "lost");
  EXPECT_THAT(program_.run({"show", "last"}).out, HasSubstr("alveus resume"));
}

}  // namespace
}  // namespace alveus
