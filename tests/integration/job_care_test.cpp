// SPDX-License-Identifier: Apache-2.0
// What becomes of the processes of jobs: those that take too much, stay behind, or lose their controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::Not;

/// Two jobs at once: one takes memory until somebody ends it, the other waits until that has happened.
constexpr const char* kEaterBesideOther = R"CWL(cwlVersion: v1.2
class: Workflow
inputs: {marker: string}
steps:
  eat:
    in: {marker: marker}
    out: []
    run:
      class: CommandLineTool
      requirements: {ResourceRequirement: {ramMin: 64, ramMax: 128}}
      baseCommand: [python3, -c]
      arguments: ["x = []\nwhile True: x.append(bytearray(b'x') * (4 << 20))"]
      inputs: {marker: string}
      outputs: []
  other:
    in: {marker: marker}
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'while [ ! -e "$0" ]; do sleep 0.02; done; echo survived']
      inputs: {marker: {type: string, inputBinding: {}}}
      outputs: {said: stdout}
      stdout: said.txt
outputs:
  said: {type: File, outputSource: other/said}
)CWL";

constexpr const char* kDaemon = R"CWL(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c]
arguments: ["setsid sh -c 'trap \"\" HUP TERM; echo $$ > \"$0\"; sleep 3600; true' \"$0\" & while [ ! -s \"$0\" ]; do sleep 0.02; done; $1", $(inputs.marker), $(inputs.then)]
inputs: {marker: string, then: string}
outputs: {}
)CWL";

class JobCareTest : public ::testing::Test {
 protected:
  std::string marker() const { return program_.path("marker").string(); }
  bool daemon_is_gone() const {
    const std::string text = program_.read("marker");
    return !text.empty() && ::kill(std::stoi(text), 0) != 0;
  }
  AlveusProgram program_;
};

TEST_F(JobCareTest, AJobAboveItsRamMaxIsEndedAndOthersLive) {
  program_.write("main.cwl", kEaterBesideOther);
  program_.write("in.yml", "marker: " + marker() + "\n");
  program_.start({"run", "--memory-limit", "strict", "--on-error", "continue", "--cores", "2", "--retries", "2",
                  "--outdir", "results", "main.cwl", "in.yml"});
  ASSERT_TRUE(AlveusProgram::comes_true([&] {
    const auto log = program_.log();
    return log && std::ranges::any_of(log->jobs, [](const auto& job) {
             return job.outcome && job.outcome->kind == flow::JobOutcome::Kind::kOutOfMemory;
           });
  })) << program_.read(".stderr");
  program_.write("marker", "");
  const auto said = program_.wait();
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("more than the 128 MiB that ResourceRequirement ramMax gives"),
                              Not(HasSubstr("tried again"))));
  EXPECT_EQ(program_.read("results/said.txt"), "survived\n");
}

TEST_F(JobCareTest, TheDefaultEndsWhoTakesMostWhenMemoryRunsOut) {
  program_.write("main.cwl", kEaterBesideOther);
  program_.write("in.yml", "marker: " + marker() + "\n");
  const auto said = program_.run({"run", "--ram", "400", "--outdir", "results", "main.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err,
              AllOf(HasSubstr("eat failed"), HasSubstr("64 MiB that it asked for (ramMin), when memory ran out")));
}

TEST_F(JobCareTest, ADaemonThatAJobLeavesIsEndedAndSaid) {
  program_.write("daemon.cwl", kDaemon);
  program_.write("in.yml", "{marker: " + marker() + ", then: 'true'}\n");
  const auto said = program_.run({"run", "daemon.cwl", "in.yml"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.err, AllOf(HasSubstr("warning"), HasSubstr("left"), HasSubstr("sleep")));
  EXPECT_TRUE(daemon_is_gone());
}

/// The signals that end a controller, in order or not.
class LostControllerTest : public JobCareTest, public ::testing::WithParamInterface<int> {};

TEST_P(LostControllerTest, LeavesNoDaemonOfAJob) {
  program_.write("daemon.cwl", kDaemon);
  program_.write("in.yml", "{marker: " + marker() + ", then: 'sleep 3600'}\n");
  program_.start({"run", "daemon.cwl", "in.yml"});
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return !program_.read("marker").empty(); })) << program_.read(".stderr");
  program_.signal(GetParam());
  const auto said = program_.wait();
  EXPECT_EQ(said.status, GetParam() == SIGKILL ? 128 + SIGKILL : 130) << said.err;
  EXPECT_TRUE(AlveusProgram::comes_true([&] { return daemon_is_gone(); }));
}

INSTANTIATE_TEST_SUITE_P(Signals, LostControllerTest, ::testing::Values(SIGKILL, SIGHUP, SIGTERM, SIGINT));

TEST_F(JobCareTest, AKillFromOutsideIsToldAsSuch) {
  program_.write("kill.cwl",
                 "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: [sh, -c, 'kill -KILL $$']\ninputs: {}\n"
                 "outputs: {}\n");
  const auto said = program_.run({"run", "kill.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("killed by signal 9 from outside; the kernel may have run out of memory"));
}

}  // namespace
}  // namespace alveus
