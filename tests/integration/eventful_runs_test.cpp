// SPDX-License-Identifier: Apache-2.0
// `alveus show`, `logs` and `report` on runs in which more happened than that every job ran once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "core/json.hpp"
#include "core/text.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class EventfulRunsTest : public ::testing::Test {
 protected:
  /// Runs a document; what it says of itself is looked at afterwards.
  AlveusProgram::Said run(const std::string& document, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "--quiet", "--outdir", "out", program_.write("main.cwl", document)});
    return program_.run(arguments);
  }
  /// One of the documents in tests/integration/eventful.
  AlveusProgram::Said run_document(const std::string& name, std::vector<std::string> arguments) {
    const auto text = sys::read_file(std::string(ALVEUS_EVENTFUL) + "/" + name, 1 << 20);
    EXPECT_TRUE(text) << name;
    return run(text.value_or(""), std::move(arguments));
  }
  AlveusProgram::Said logs(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"logs", "last"});
    return program_.run(arguments);
  }
  /// "job state attempts" for each job.
  std::vector<std::string> jobs() {
    const auto shown = program_.json({"show", "last", "--json", "--jobs"});
    std::vector<std::string> lines;
    for (const auto& job : shown.find("jobs")->as_array()) {
      lines.push_back(job.string_or("job", "") + " " + job.string_or("state", "") + " " +
                      std::to_string(job.find("attempts")->as_integer()));
    }
    return lines;
  }
  std::int64_t count(const std::string& step, const std::string& member) {
    const auto shown = program_.json({"show", "last", "--json"});
    for (const auto& one : shown.find("steps")->as_array()) {
      if (one.string_or("step", "") == step) return one.find(member)->as_integer();
    }
    return -1;
  }
  /// The lines of the table of jobs, each cut to its first members: job, step, state, reused, attempts.
  std::vector<std::string> table() {
    EXPECT_EQ(program_.run({"report", "last", "--csv", "jobs.csv"}).status, 0);
    std::vector<std::string> lines;
    for (const auto& line : core::split(program_.read("jobs.csv"), '\n')) {
      std::size_t end = 0;
      for (int comma = 0; comma < 5 && end != std::string_view::npos; ++comma) end = line.find(',', end + 1);
      if (!line.empty() && !line.starts_with("job,")) lines.emplace_back(line.substr(0, end));
    }
    return lines;
  }
  std::string page() {
    EXPECT_EQ(program_.run({"report", "last", "--out", "run.html"}).status, 0);
    return program_.read("run.html");
  }

  AlveusProgram program_;
};

// ---- A loop ----

TEST_F(EventfulRunsTest, ALoopHasAJobForEachIteration) {
  program_.write("start.txt", "begin\n");
  ASSERT_EQ(run_document("loop.cwl", {"--start", "start.txt", "--n", "0"}).status, 0);
  EXPECT_EQ(count("/grow/add", "done"), 3);
  EXPECT_THAT(table(),
              ::testing::IsSupersetOf({"/grow/add/0.0,/grow/add,done,false,1", "/grow/add/0.2,/grow/add,done,false,1",
                                       "/grow/next/0.2,/grow/next,done,false,0"}));
  EXPECT_EQ(logs({"/grow/add/0.1", "--stderr"}).out, "adding 1\n");
  const auto all = logs({"grow"});
  EXPECT_THAT(all.out, AllOf(HasSubstr("adding 0\n"), HasSubstr("adding 2\n"), HasSubstr("line 0\nline 1\nline 2\n")));
  EXPECT_THAT(all.err, HasSubstr("/grow/next/0.0: it has no command"));
}

TEST_F(EventfulRunsTest, TheCriticalPathOfALoopGoesThroughItsIterations) {
  program_.write("start.txt", "begin\n");
  ASSERT_EQ(run_document("loop.cwl", {"--start", "start.txt", "--n", "0"}).status, 0);
  ASSERT_EQ(program_.run({"report", "last", "--json", "run.json"}).status, 0);
  const auto report = core::parse_json(program_.read("run.json"));
  std::vector<std::string> path;
  for (const auto& job : report->find("critical_path")->as_array()) path.push_back(job.as_string());
  EXPECT_THAT(path, ElementsAre(EndsWith("/0.0"), EndsWith("/0.1"), EndsWith("/0.2")))
      << "whichever of its two steps an iteration ended with";
}

TEST_F(EventfulRunsTest, ALoopThatNeverRanIsSkipped) {
  program_.write("start.txt", "begin\n");
  ASSERT_EQ(run_document("loop.cwl", {"--start", "start.txt", "--n", "3"}).status, 0);
  EXPECT_THAT(jobs(), ElementsAre("/grow/0.0 skipped 0"));
  EXPECT_THAT(logs({"grow"}).err, HasSubstr("/grow/0.0: it was skipped"));
  EXPECT_THAT(page(), HasSubstr("/grow"));
}

// ---- Results of a cache ----

constexpr const char* kWords = R"(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {word: "string[]"}
outputs: {joined: {type: File, outputSource: join/joined}}
steps:
  say:
    in: {word: word}
    scatter: word
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'echo "speaking of $0" >&2; echo "$0"']
      inputs: {word: {type: string, inputBinding: {}}}
      outputs: {said: stdout}
      stdout: said.txt
  join:
    in: {said: say/said}
    out: [joined]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs: {said: {type: "File[]", inputBinding: {}}}
      outputs: {joined: stdout}
      stdout: joined.txt
)";

TEST_F(EventfulRunsTest, AReusedResultNamesTheJobThatMadeIt) {
  ASSERT_EQ(run(kWords, {"--cache", "cache", "--word", "a"}).status, 0);
  const std::string first = program_.journals().back().parent_path().filename().string();
  ASSERT_EQ(run(kWords, {"--cache", "cache", "--word", "a", "--word", "b"}).status, 0);
  EXPECT_THAT(table(), UnorderedElementsAre("/say/0.0,/say,done,true,0", "/say/0.1,/say,done,false,1",
                                            "/join/0,/join,done,false,1"));
  EXPECT_EQ(count("/say", "reused"), 1);
  EXPECT_THAT(program_.run({"show", "last", "--jobs"}).out, AllOf(HasSubstr("REUSED"), HasSubstr("reused")));
  const auto said = logs({"say"});
  EXPECT_THAT(said.out, AllOf(HasSubstr("speaking of b\n"), Not(HasSubstr("speaking of a\n"))));
  EXPECT_THAT(said.err, HasSubstr("/say/0.0: its outputs came from the cache"));
  EXPECT_THAT(said.err, HasSubstr("alveus logs " + first + " /say/0.0"));
  EXPECT_EQ(program_.run({"logs", first, "/say/0.0", "--stderr"}).out, "speaking of a\n") << "the hint holds";
  EXPECT_THAT(page(), HasSubstr("1 reused"));
}

// ---- Attempts ----

TEST_F(EventfulRunsTest, EachAttemptKeepsWhatItWrote) {
  ASSERT_EQ(
      run_document("tries.cwl", {"--retry-delay", "0.01", "--need", "1", "--need", "3", "--counts", program_.path("n")})
          .status,
      0);
  EXPECT_THAT(jobs(), UnorderedElementsAre("/try/0.0 done 1", "/try/0.1 done 3"));
  EXPECT_EQ(count("/try", "retries"), 2);
  EXPECT_EQ(logs({"/try/0.1", "--stderr"}).out, "error 3\n") << "the last one counts";
  EXPECT_EQ(logs({"/try/0.1", "--stderr", "--attempt", "1"}).out, "error 1\n");
  EXPECT_EQ(logs({"/try/0.1", "--stdout", "--attempt", "2"}).out, "word 2\n") << "it was no output of that attempt";
  EXPECT_THAT(logs({"/try/0.1", "--stderr"}).err, HasSubstr("done, attempt 3 of 3; --attempt N"));
  const auto second = logs({"try", "--attempt", "2"});
  EXPECT_THAT(second.out, AllOf(HasSubstr("(temporary failure, attempt 2 of 3)"), Not(HasSubstr("/try/0.0"))));
  const auto none = logs({"try", "--attempt", "4"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("the most there were is 3"));
  EXPECT_EQ(logs({"try", "--attempt", "0"}).status, 1);
  EXPECT_THAT(page(), HasSubstr("2 retried"));
}

TEST_F(EventfulRunsTest, AJobThatIsGivenUpKeepsEachAttemptOverAResumption) {
  const std::vector<std::string> inputs = {"--retries", "1", "--retry-delay", "0.01",
                                           "--need",    "3", "--counts",      program_.path("n")};
  ASSERT_EQ(run_document("tries.cwl", inputs).status, 1);
  EXPECT_THAT(page(), AllOf(HasSubstr("exit code 75"), HasSubstr("error 2"), Not(HasSubstr("error 1"))))
      << "the log of the last attempt stands beside the failure";
  EXPECT_EQ(logs({"try", "--failed", "--stderr"}).out, "error 2\n");
  ASSERT_EQ(program_.run({"resume", "last"}).status, 0);
  EXPECT_THAT(jobs(), ElementsAre("/try/0.0 done 3"));
  for (const char* attempt : {"1", "2", "3"}) {
    EXPECT_EQ(logs({"try", "--stderr", "--attempt", attempt}).out, std::string("error ") + attempt + "\n");
  }
}

// ---- Interruptions ----

/// The first job is done at once; the others wait until the gate stands.
constexpr const char* kGate = R"(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {word: "string[]", gate: string}
outputs: {said: {type: "File[]", outputSource: say/said}}
steps:
  say:
    in: {word: word, gate: gate}
    scatter: word
    out: [said]
    run:
      class: CommandLineTool
      requirements: {ResourceRequirement: {coresMin: 0.1, ramMin: 1}}
      baseCommand: [sh, -c, 'echo "speaking of $0" >&2; test "$0" = first && exit 0; test -e "$1" && exit 0; echo "waiting" >&2; sleep 1000']
      inputs: {word: {type: string, inputBinding: {position: 1}}, gate: {type: string, inputBinding: {position: 2}}}
      outputs: {said: stdout}
      stdout: said.txt
)";

class InterruptedRunTest : public EventfulRunsTest {
 protected:
  /// Runs until the second job waits, and ends the controller by a signal.
  void interrupt(int signal) {
    program_.write("main.cwl", kGate);
    program_.start({"run", "--quiet", "--outdir", "out", "main.cwl", "--word", "first", "--word", "second", "--gate",
                    program_.path("gate")});
    ASSERT_TRUE(AlveusProgram::comes_true([this] {
      const auto log = program_.log();
      return log &&
             std::ranges::any_of(log->jobs,
                                 [](const store::JobSummary& job) {
                                   return job.job.text() == "/say/0.0" && job.state == store::JobState::kDone;
                                 }) &&
             std::ranges::any_of(log->jobs, [](const store::JobSummary& job) {
               return job.job.text() == "/say/0.1" && job.state == store::JobState::kRunning &&
                      sys::read_file(job.folder.text() + "/log", 1 << 20).value_or("").ends_with("waiting\n");
             });
    }));
    program_.signal(signal);
    program_.wait();
  }
  void resume() {
    program_.write("gate", "");
    const auto said = program_.run({"resume", "last"});
    ASSERT_EQ(said.status, 0) << said.err;
  }
};

TEST_F(InterruptedRunTest, WhatALostControllerLeftIsInterrupted) {
  interrupt(SIGKILL);
  EXPECT_THAT(jobs(), UnorderedElementsAre("/say/0.0 done 1", "/say/0.1 interrupted 1"));
  EXPECT_EQ(count("/say", "running"), 0) << "nothing runs where there is no controller";
  EXPECT_EQ(count("/say", "waiting"), 1);
  const auto said = logs({"say", "--stderr"});
  EXPECT_THAT(said.out, AllOf(HasSubstr("(interrupted) <==\nspeaking of second\nwaiting\n"), HasSubstr("(done)")));
  EXPECT_THAT(table(), UnorderedElementsAre("/say/0.0,/say,done,false,1", "/say/0.1,/say,interrupted,false,1"));
}

TEST_F(InterruptedRunTest, WhatAnInterruptedAttemptWroteOutlivesItsFolder) {
  for (const int signal : {SIGKILL, SIGINT}) {
    std::filesystem::remove(program_.path("gate"));
    interrupt(signal);
    resume();
    EXPECT_THAT(jobs(), UnorderedElementsAre("/say/0.0 done 1", "/say/0.1 done 2"));
    EXPECT_EQ(logs({"/say/0.1", "--stderr"}).out, "speaking of second\n") << "signal " << signal;
    EXPECT_EQ(logs({"/say/0.1", "--stderr", "--attempt", "1"}).out, "speaking of second\nwaiting\n");
  }
}

TEST_F(InterruptedRunTest, TheReportShowsWhenNobodyWorkedOnTheRun) {
  interrupt(SIGKILL);
  resume();
  EXPECT_THAT(program_.run({"show", "last"}).out, AllOf(HasSubstr("resumed"), HasSubstr("without a controller")));
  EXPECT_THAT(page(), HasSubstr("Bands: no controller worked on the run"));
  ASSERT_EQ(program_.run({"report", "last", "--json", "run.json"}).status, 0);
  const auto report = core::parse_json(program_.read("run.json"));
  ASSERT_EQ(report->find("interruptions")->as_array().size(), 1U);
  for (const auto& job : report->find("jobs")->as_array()) {
    for (const auto& [phase, time] : job.find("phases")->as_object()) EXPECT_GE(time.as_real(), 0) << phase;
  }
}

}  // namespace
}  // namespace alveus
