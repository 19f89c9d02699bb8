// SPDX-License-Identifier: Apache-2.0
// The machine fails the run: a full disk, a journal that another program holds, the person's impatience. Each has a
// clear end, and the run goes on from there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "store/detail/sqlite.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using store::JobState;
using testing::AlveusProgram;
using ::testing::HasSubstr;

/// Jobs that run one after the other on one core, in whatever order. The first goes through, each other waits for the
/// gate; all write their number to a log.
constexpr const char* kWorkflow = R"CWL(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]", gate: string, log: string}
steps:
  wait:
    scatter: number
    in: {number: numbers, gate: gate, log: log}
    out: [file]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'mkdir "$0.first" 2>/dev/null || while [ ! -e "$0" ]; do sleep 0.02; done; echo "$2" >> "$1"; echo "number $2"']
      inputs:
        gate: {type: string, inputBinding: {position: 1}}
        log: {type: string, inputBinding: {position: 2}}
        number: {type: int, inputBinding: {position: 3}}
      stdout: number.txt
      outputs: {file: stdout}
  join:
    in: {files: wait/file}
    out: [file]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs: {files: {type: "File[]", inputBinding: {}}}
      stdout: all.txt
      outputs: {file: stdout}
outputs: {all: {type: File, outputSource: join/file}}
)CWL";
constexpr const char* kExpected = "number 0\nnumber 1\nnumber 2\nnumber 3\n";

class HardshipTest : public ::testing::Test {
 protected:
  void SetUp() override {
    program_.write("main.cwl", kWorkflow);
    program_.write("in.yml", "numbers: [0, 1, 2, 3]\ngate: " + program_.path("gate").string() +
                                 "\nlog: " + program_.path("log").string() + "\n");
  }
  void start() { program_.start({"run", "--cores", "1", "--outdir", "results", "main.cwl", "in.yml"}); }
  void open_gate() { program_.write("gate", ""); }
  /// The first job is done and the second waits at the gate.
  bool waits_at_the_gate() {
    return AlveusProgram::comes_true([&] {
      const auto log = program_.log();
      return log && std::ranges::count(log->jobs, JobState::kDone, &store::JobSummary::state) == 1 &&
             std::ranges::count(log->jobs, JobState::kRunning, &store::JobSummary::state) == 1;
    });
  }
  void expect_the_rest_by_resuming() {
    const auto resumed = program_.run({"resume"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(program_.read("results/all.txt"), kExpected);
    const std::string log = program_.read("log");
    ASSERT_FALSE(log.empty());
    EXPECT_EQ(std::ranges::count(log, log.front()), 1) << "what was done ran again: " << log;
  }

  AlveusProgram program_;
};

TEST_F(HardshipTest, AnInterruptionTellsHowToGoOnAndItDoes) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  program_.signal(SIGINT);
  const auto said = program_.wait();
  EXPECT_EQ(said.status, 130) << said.err;
  EXPECT_THAT(said.err, HasSubstr("alveus resume "));
  EXPECT_TRUE(program_.processes_left().empty());
  open_gate();
  expect_the_rest_by_resuming();
}

TEST_F(HardshipTest, ASecondInterruptionLeavesARunThatGoesOn) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  program_.signal(SIGINT);
  program_.signal(SIGTERM);
  EXPECT_EQ(program_.wait().status, 130);
  EXPECT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
  open_gate();
  expect_the_rest_by_resuming();
}

TEST_F(HardshipTest, ALockedJournalEndsTheRunAndLosesNothing) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  {
    auto other = store::detail::Database::open(program_.journals().front(), store::detail::OpenMode::kReadWrite);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->execute("BEGIN IMMEDIATE"));
    open_gate();
    const auto said = program_.wait();
    EXPECT_EQ(said.status, 1);
    EXPECT_THAT(said.err, HasSubstr("locked"));
    EXPECT_THAT(said.err, HasSubstr("alveus resume "));
  }
  EXPECT_TRUE(program_.processes_left().empty());
  EXPECT_FALSE(fs::exists(program_.path("results")));
  expect_the_rest_by_resuming();
}

/// The folder "state" is a file system of its own, of a few megabytes.
class FullDiskTest : public HardshipTest {
 protected:
  void SetUp() override {
    HardshipTest::SetUp();
    fs::create_directory(program_.path("state"));
    if (::mount("tmpfs", program_.path("state").c_str(), "tmpfs", 0, "size=3m") != 0) {
      GTEST_SKIP() << "file systems cannot be mounted here";
    }
  }
  void TearDown() override { ::umount2(program_.path("state").c_str(), MNT_DETACH); }

  void fill() {
    std::ofstream filler(program_.path("state/filler"), std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
};

TEST_F(FullDiskTest, EndsTheRunAndLosesNothing) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  fill();
  open_gate();
  const auto said = program_.wait();
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, ::testing::ContainsRegex("[Ff]ull|No space"));
  EXPECT_THAT(said.err, HasSubstr("alveus resume "));
  EXPECT_TRUE(program_.processes_left().empty());
  EXPECT_FALSE(fs::exists(program_.path("results")));
  fs::remove(program_.path("state/filler"));
  expect_the_rest_by_resuming();
}

TEST_F(FullDiskTest, KeepsARunFromBeginning) {
  fill();
  const auto said = program_.run({"run", "main.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("No space"));
  EXPECT_EQ(program_.read("log"), "");
}

TEST_F(HardshipTest, APassingFailureIsTriedAgain) {
  program_.write("flaky.cwl", R"CWL(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c, 'echo try >> "$0"; [ "$(wc -l < "$0")" -ge 3 ] || exit 75; echo done']
temporaryFailCodes: [75]
inputs: {log: {type: string, inputBinding: {}}}
stdout: said.txt
outputs: {said: stdout}
)CWL");
  program_.write("flaky.yml", "log: " + program_.path("log").string() + "\n");
  const auto impatient = program_.run({"run", "--retries", "1", "--retry-delay", "0.01", "flaky.cwl", "flaky.yml"});
  EXPECT_EQ(impatient.status, 1);
  EXPECT_EQ(program_.read("log"), "try\ntry\n");
  const auto resumed = program_.run({"resume", "--retry-delay", "0.01"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(program_.read("said.txt"), "done\n");
}

TEST_F(HardshipTest, AFailedJobRunsAgainOnceItsCauseIsMended) {
  program_.write("fails.cwl", R"CWL(cwlVersion: v1.2
class: Workflow
inputs: {gate: string, log: string}
steps:
  before:
    in: {log: log}
    out: [file]
    run: {class: CommandLineTool, baseCommand: [sh, -c, 'echo before >> "$0"; echo b'], inputs: {log: {type: string, inputBinding: {}}}, stdout: b.txt, outputs: {file: stdout}}
  fails:
    in: {gate: gate, file: before/file}
    out: [file]
    run: {class: CommandLineTool, baseCommand: [sh, -c, 'cat "$0" && cat "$1"'], inputs: {gate: {type: string, inputBinding: {position: 1}}, file: {type: File, inputBinding: {position: 2}}}, stdout: c.txt, outputs: {file: stdout}}
outputs:
  early: {type: File, outputSource: before/file}
  late: {type: File, outputSource: fails/file}
)CWL");
  const auto failed = program_.run({"run", "--on-error", "continue", "--outdir", "results", "fails.cwl", "in.yml"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.err, HasSubstr("alveus resume "));
  EXPECT_EQ(program_.read("results/b.txt"), "b\n") << "what there is of the outputs is delivered";
  program_.write("gate", "g\n");
  const auto resumed = program_.run({"resume"});
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(program_.read("results/b.txt"), "b\n");
  EXPECT_EQ(program_.read("results/c.txt"), "g\nb\n");
  EXPECT_EQ(program_.read("log"), "before\n") << "what was done ran again";
  EXPECT_TRUE(fs::is_empty(program_.journals().front().parent_path() / "jobs") ||
              !fs::exists(program_.journals().front().parent_path() / "jobs"));
}

TEST_F(HardshipTest, ARunThatIsUnderWayIsNotResumed) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  AlveusProgram second;
  second.set_environment("ALVEUS_STATE", program_.path("state").string());
  const auto refused = second.run({"resume", "last"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("under way in process " + std::to_string(program_.process())));
  open_gate();
  EXPECT_EQ(program_.wait().status, 0);
}

TEST_F(HardshipTest, ARunThatIsDoneGivesItsOutputsAgain) {
  open_gate();
  const auto done = program_.run({"run", "--outdir", "results", "main.cwl", "in.yml"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto again = program_.run({"resume"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.out, done.out);
}

TEST_F(HardshipTest, AResumedRunUsesTheDocumentsItWasStartedWith) {
  start();
  ASSERT_TRUE(waits_at_the_gate());
  program_.signal(SIGKILL);
  program_.wait();
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
  program_.write("main.cwl", "no workflow");
  fs::remove(program_.path("in.yml"));
  open_gate();
  expect_the_rest_by_resuming();
}

}  // namespace
}  // namespace alveus
