// SPDX-License-Identifier: Apache-2.0
// The controller is killed with SIGKILL in the middle of a run; the journal, the files and the processes that it
// leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>

#include "core/json.hpp"
#include "core/random.hpp"
#include "store/run_folder.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using store::JobState;
using testing::AlveusProgram;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kSquares = 8;

/// Squares of numbers, each written in two halves, their total, and beside them a job that outlasts every test.
constexpr const char* kWorkflow = R"CWL(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]", patience: int}
steps:
  wait:
    in: {seconds: patience}
    out: []
    run: {class: CommandLineTool, baseCommand: sleep, inputs: {seconds: {type: int, inputBinding: {}}}, outputs: []}
  square:
    scatter: number
    in: {number: numbers}
    out: [result]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'printf "square of $0 " > square.txt; sleep 0.01; echo "is $(expr $0 \* $0)" >> square.txt']
      inputs: {number: {type: int, inputBinding: {}}}
      outputs: {result: {type: File, outputBinding: {glob: square.txt}}}
  total:
    in: {squares: square/result}
    out: [result]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs: {squares: {type: "File[]", inputBinding: {}}}
      outputs: {result: stdout}
      stdout: total.txt
outputs:
  total: {type: File, outputSource: total/result}
)CWL";

std::string square(int number) {
  return "square of " + std::to_string(number) + " is " + std::to_string(number * number) + "\n";
}

/// What every finished job must have left, by the plain sequence of steps.
std::map<std::string, std::string> model() {
  std::map<std::string, std::string> results;
  std::string& total = results["/total/0"];
  for (int i = 0; i < kSquares; ++i) {
    results["/square/0." + std::to_string(i)] = square(i);
    total += square(i);
  }
  return results;
}

class KilledControllerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    program_.write("main.cwl", kWorkflow);
    std::string numbers;
    for (int i = 0; i < kSquares; ++i) numbers += (i == 0 ? "" : ", ") + std::to_string(i);
    program_.write("long.yml", "numbers: [" + numbers + "]\npatience: 3600\n");
    program_.write("short.yml", "numbers: [" + numbers + "]\npatience: 0\n");
  }

  /// Starts a run that cannot end, and kills it once its journal holds so many records.
  store::RunLog kill_after(std::size_t record_count) {
    program_.start({"run", "--cores", "3", "--outdir", "results", "main.cwl", "long.yml"});
    EXPECT_TRUE(AlveusProgram::comes_true([&] {
      const auto log = program_.log();
      return log && log->records.size() >= record_count;
    })) << program_.read(".stderr");
    program_.signal(SIGKILL);
    EXPECT_EQ(program_.wait().status, 128 + SIGKILL);
    auto log = program_.log();
    EXPECT_TRUE(log.has_value()) << "the journal cannot be read";
    return log.value_or(store::RunLog{});
  }

  void expect_order_of_records(const store::RunLog& log) const {
    std::map<core::JobId, std::size_t> seen;
    for (std::size_t i = 0; i < log.records.size(); ++i) {
      EXPECT_EQ(log.records[i].sequence, static_cast<std::int64_t>(i) + 1);
      const auto row = store::encode(log.records[i].record);
      const std::vector<std::string> life = {"job-created", "job-placed", "job-prepared",
                                             "job-started", "job-ended",  "job-collected"};
      const auto stage = std::find(life.begin(), life.end(), row.kind);
      if (stage == life.end()) continue;
      EXPECT_EQ(seen[core::JobId(row.subject)]++, static_cast<std::size_t>(stage - life.begin()))
          << row.kind << " of " << row.subject << " out of order";
    }
  }

  /// Each job that the journal calls done left what the model says, whole.
  void expect_results_of_the_model(const store::RunLog& log) const {
    const auto expected = model();
    int squares_done = 0;
    for (const auto& job : log.jobs) {
      if (job.state != JobState::kDone) continue;
      ASSERT_TRUE(expected.contains(job.job.text())) << job.job.text();
      const core::Value* file = job.outputs->find("result");
      ASSERT_NE(file, nullptr);
      const std::string location = file->string_or("location", "");
      EXPECT_EQ(sys::read_file(location.substr(std::string("file://").size())).value_or(""),
                expected.at(job.job.text()));
      if (job.step.text() == "/square") ++squares_done;
      if (job.step.text() == "/total") {
        EXPECT_EQ(squares_done, kSquares) << "the total came before its parts";
      }
    }
  }

  AlveusProgram program_;
};

TEST_F(KilledControllerTest, LeavesATrueJournalAndNoProcessWheneverItDies) {
  constexpr int kKills = 20;
  // Six of each job, some of the run and its parts, none of the last few: the run never gets further by itself.
  constexpr std::size_t kRecordsMax = 6 * (kSquares + 1) + 1;
  core::Random random(1, "killed controller");
  for (int i = 0; i < kKills; ++i) {
    const auto moment = static_cast<std::size_t>(1 + random.below(kRecordsMax));
    SCOPED_TRACE("kill " + std::to_string(i) + ", after record " + std::to_string(moment));
    const auto log = kill_after(moment);
    EXPECT_FALSE(log.ended.has_value());
    expect_order_of_records(log);
    expect_results_of_the_model(log);
    EXPECT_FALSE(fs::exists(program_.path("results"))) << "outputs of a run that did not end";
    EXPECT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }))
        << "a command outlived its controller";
  }
  EXPECT_THAT(program_.journals(), SizeIs(kKills));
}

TEST_F(KilledControllerTest, ASecondRunWorksBesideTheJournalOfTheFirst) {
  kill_after(20);
  const auto said = program_.run({"run", "--outdir", "results", "main.cwl", "short.yml"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("results/total.txt"), model().at("/total/0"));
  const auto runs = store::list_runs(program_.path("state/runs"));
  ASSERT_TRUE(runs);
  ASSERT_THAT(*runs, SizeIs(2));
  EXPECT_TRUE(std::ranges::any_of(*runs, [](const auto& run) { return !run.status; }));
  EXPECT_TRUE(std::ranges::any_of(*runs, [](const auto& run) { return run.status == store::RunStatus::kDone; }));
}

/// SIGINT and SIGTERM end a run in order.
class InterruptTest : public KilledControllerTest, public ::testing::WithParamInterface<int> {};

TEST_P(InterruptTest, EndsTheRunInOrderAndSaysSo) {
  program_.start({"run", "--cores", "3", "--outdir", "results", "main.cwl", "long.yml"});
  ASSERT_TRUE(AlveusProgram::comes_true([&] {
    const auto log = program_.log();
    return log && std::ranges::any_of(log->jobs, [](const auto& job) {
             return job.step.text() == "/wait" && job.state == JobState::kRunning;
           });
  }));
  program_.signal(GetParam());
  const auto said = program_.wait();
  EXPECT_EQ(said.status, 130) << said.err;
  EXPECT_EQ(said.out, "");
  const auto log = program_.log();
  ASSERT_TRUE(log && log->ended);
  EXPECT_EQ(log->ended->status, store::RunStatus::kCancelled);
  for (const auto& job : log->jobs) {
    if (job.step.text() != "/wait") continue;
    EXPECT_EQ(job.outcome->kind, flow::JobOutcome::Kind::kCancelled);
  }
  EXPECT_THAT(program_.processes_left(), IsEmpty());
  EXPECT_THAT(said.err, ::testing::HasSubstr("alveus resume "));
  EXPECT_FALSE(fs::exists(program_.path("results")));
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptTest, ::testing::Values(SIGINT, SIGTERM));

TEST_F(KilledControllerTest, ASecondSignalDoesNotWaitForJobsThatRefuseToEnd) {
  program_.write("stubborn.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c, 'trap "" TERM; touch here; while :; do sleep 0.05; done']
inputs: []
outputs: []
)");
  program_.start({"run", "stubborn.cwl"});
  ASSERT_TRUE(AlveusProgram::comes_true([&] {
    const auto log = program_.log();
    return log && !log->jobs.empty() && log->jobs[0].state == JobState::kRunning &&
           fs::exists(fs::path(log->jobs[0].folder.text()) / "out/here");
  }));
  program_.signal(SIGTERM);
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.read(".stderr").find("again") != std::string::npos; }))
      << "the first signal goes unanswered: " << program_.read(".stderr");
  program_.signal(SIGTERM);
  EXPECT_EQ(program_.wait().status, 130);
  EXPECT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
}

}  // namespace
}  // namespace alveus
