// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "testing/machine_bench.hpp"

namespace alveus::engine {
namespace {

using core::Array;
using core::ErrorCode;
using core::Object;
using std::chrono::milliseconds;
using testing::add_one;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::failing;
using testing::Graph;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MachineBench;
using ::testing::Not;
using testing::ProcessPointer;

constexpr MachineOptions kContinue{.on_error = OnError::kContinue};
constexpr MachineOptions kTwoRetries{.retry = {.retries_max = 2, .delay = milliseconds(100)}};

/// x + 1, but 13 ends with exit code 1.
ProcessPointer add_one_but_13() {
  return testing::process_of(
      std::make_shared<testing::ComputeTool>([](const core::Value& inputs) -> core::Result<core::Value> {
        const auto x = inputs.find("x")->as_integer();
        if (x == 13) return core::fail(ErrorCode::kInvalidInput, "13");
        return core::Value(Object{{"out", x + 1}});
      }));
}

/// Two steps of which the first runs while the second is at hand.
struct TwoSteps : MachineBench {
  explicit TwoSteps(MachineOptions options = {})
      : MachineBench(Graph()
                         .step("a", add_one())
                         .from("x", "n")
                         .step("b", add_one())
                         .from("x", "n")
                         .output("o", "b/out")
                         .build(),
                     Object{{"n", 1}}, options) {
    for (const char* name : {"evaluate /0", "evaluate /a/0", "evaluate /b/0", "prepare /a/0", "start /a/0"}) {
      answer(name);
    }
  }
};

TEST(MachineFailureTest, BeginsWithThePlaceOfWhatFailed) {
  const auto process = std::make_shared<flow::Process>(*failing());
  process->place = {.where = "tool.cwl:3:1", .excerpt = {"class: CommandLineTool", "^"}};
  MachineBench bench(process, Object{});
  for (const char* name : {"evaluate /0", "prepare /0", "start /0", "end /0", "inspect /0"}) bench.answer(name);
  EXPECT_THAT(bench.ending().failures[0].text(),
              ::testing::StartsWith("tool.cwl:3:1: job '/0' failed: its command ended with exit code 1 (permanent "
                                    "failure)\nclass: CommandLineTool\n^\n"));
}

TEST(MachineFailureTest, NamesTheJobItsCodeAndItsLog) {
  MachineBench bench(failing(), Object{});
  for (const char* name : {"evaluate /0", "prepare /0", "start /0", "end /0"}) bench.answer(name);
  EXPECT_THAT(bench.open(), ElementsAre("inspect /0"));
  bench.answer("inspect /0");
  ASSERT_TRUE(bench.finished());
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kFailed);
  ASSERT_EQ(ending.failures.size(), 1U);
  EXPECT_EQ(ending.failures[0].text(),
            "job '/0' failed: its command ended with exit code 1 (permanent failure)\n"
            "its log lies at fake-site:///jobs/0/log");
  EXPECT_EQ(ending.failures[0].outcome->exit_code, 1);
  EXPECT_EQ(bench.records().back(), "job-failed /0");
}

/// What the person is told of a command that ended like this.
std::string told(deploy::CommandEnd end) {
  MachineBench bench(failing(), Object{}, {.retry = {.retries_max = 3}});
  for (const char* name : {"evaluate /0", "prepare /0", "start /0"}) bench.answer(name);
  bench.end("/0", std::move(end));
  bench.run();
  return bench.ending().failures.at(0).error.text();
}

TEST(MachineFailureTest, SaysWhyACommandWasEndedForItsMemory) {
  constexpr std::int64_t kMib = 1 << 20;
  EXPECT_EQ(told({.exit_code = 137, .signal = 9, .memory_excess_bytes = 2150 * kMib}),
            "its command was ended: it used 2.1 GiB, more than the 256 MiB that it asked for (ResourceRequirement "
            "ramMin; there is no ramMax)");
  EXPECT_THAT(told({.exit_code = 137, .signal = 9, .memory_excess_bytes = 256 * kMib}),
              HasSubstr("when memory ran out"));
}

TEST(MachineFailureTest, SuspectsTheKernelWhereNobodyElseKilledTheCommand) {
  EXPECT_EQ(told({.exit_code = 137, .signal = 9}),
            "its command was killed by signal 9 from outside; the kernel may have run out of memory: the job asked for "
            "256 MiB (ramMin)");
  EXPECT_THAT(told({.exit_code = 137}), HasSubstr("signal 9 killed what it started"));
  EXPECT_EQ(told({.exit_code = 139, .signal = 11}), "its command was ended by signal 11 (Segmentation fault)");
}

TEST(MachineFailureTest, StopsWhatRunsAndBeginsNothingNew) {
  TwoSteps bench;
  bench.fail("prepare /b/0", ErrorCode::kInvalidInput);
  EXPECT_THAT(bench.open(), ElementsAre("cancelled-end /a/0"));
  bench.answer("cancelled-end /a/0");
  ASSERT_TRUE(bench.finished());
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kFailed);
  EXPECT_EQ(ending.failure_count, 1U) << "a job that was cancelled is no failure";
}

TEST(MachineFailureTest, AJobThatStartsWhileTheRunStopsIsCancelled) {
  TwoSteps bench;
  bench.answer("prepare /b/0");
  bench.end("/a/0", 3);
  bench.answer("inspect /a/0");
  bench.answer("start /b/0");
  EXPECT_THAT(bench.open(), ElementsAre("cancelled-end /b/0"));
  bench.run();
  EXPECT_EQ(bench.ending().failure_count, 1U);
}

TEST(MachineFailureTest, AJobThatEndedWellIsStillCollectedWhileTheRunStops) {
  TwoSteps bench;
  bench.answer("end /a/0");
  bench.fail("prepare /b/0", ErrorCode::kInvalidInput);
  EXPECT_THAT(bench.open(), ElementsAre("collect /a/0"));
  bench.run();
  EXPECT_EQ(bench.records().back(), "job-collected /a/0");
}

TEST(MachineFailureTest, WhatDoesNotDependOnTheFailureGoesOn) {
  MachineBench bench(Graph()
                         .step("bad", failing())
                         .step("after", add_one())
                         .from("x", "bad/out")
                         .step("good", add_one())
                         .from("x", "n")
                         .output("lost", "after/out")
                         .output("kept", "good/out")
                         .build(),
                     Object{{"n", 1}}, kContinue);
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kFailed);
  EXPECT_EQ(core::to_json(ending.outputs), R"({"lost":null,"kept":2})");
  EXPECT_EQ(ending.failure_count, 1U) << "what is blocked did not fail";
  EXPECT_THAT(bench.records(), Not(Contains(HasSubstr("/after/"))));
}

TEST(MachineFailureTest, OtherElementsOfAScatterGoOn) {
  MachineBench bench(Graph()
                         .step("s", add_one_but_13())
                         .from("x", "n")
                         .scatter({"x"})
                         .step("after", testing::tool([](const core::Value&) { return core::Value(1); }))
                         .from("v", "s/out")
                         .output("o", "s/out")
                         .output("p", "after/out")
                         .build(),
                     Object{{"n", Array{1, 13, 3}}}, kContinue);
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":[2,null,4],"p":null})");
}

TEST(MachineFailureTest, OnlyTheOutputsOfAWorkflowThatDependOnTheFailureAreLost) {
  const auto inner = Graph()
                         .step("bad", failing())
                         .step("good", add_one())
                         .from("x", "m")
                         .output("b", "bad/out")
                         .output("g", "good/out")
                         .build();
  MachineBench bench(Graph()
                         .step("s", inner)
                         .from("m", "n")
                         .step("next", add_one())
                         .from("x", "s/g")
                         .step("never", add_one())
                         .from("x", "s/b")
                         .output("n", "next/out")
                         .output("v", "never/out")
                         .build(),
                     Object{{"n", 1}}, kContinue);
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"n":3,"v":null})");
}

TEST(MachineFailureTest, AScatterOverNoListFailsItsStep) {
  MachineBench bench(Graph().step("s", add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build(),
                     Object{{"n", 1}});
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.failures.at(0).text(),
            "job '/s/0' failed: input 'x' of step 's' is scattered over and must be a list, not integer");
}

TEST(MachineFailureTest, AnOutputThatCannotBePickedFailsTheWorkflow) {
  MachineBench bench(Graph().output_all("o", {"a", "b"}, flow::PickValue::kTheOnlyNonNull).build(),
                     Object{{"a", 1}, {"b", 2}});
  bench.run();
  EXPECT_THAT(bench.ending().failures.at(0).text(),
              HasSubstr("job '/0' failed: only one source of 'o' may be non-null"));
}

TEST(MachineFailureTest, AJobThatCanNeverFitFailsAtOnce) {
  auto tool =
      std::make_shared<testing::ComputeTool>([](const core::Value&) { return core::Result<core::Value>(Object{}); });
  tool->request.cores_min = 64;
  MachineBench bench(testing::process_of(tool), Object{});
  bench.answer("evaluate /0");
  ASSERT_TRUE(bench.finished());
  EXPECT_THAT(bench.ending().failures.at(0).text(), HasSubstr("needs 64 cores, but the site 'site' has 4"));
}

TEST(MachineFailureTest, CancellingEndsTheRunWithoutFailures) {
  TwoSteps bench;
  bench.cancel();
  EXPECT_THAT(bench.open(), ElementsAre("prepare /b/0", "cancelled-end /a/0"));
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kCancelled);
  EXPECT_THAT(ending.failures, IsEmpty());
  const auto& last = std::get<store::JobEnded>(bench.typed_records().back());
  EXPECT_EQ(last.outcome.kind, flow::JobOutcome::Kind::kCancelled);
}

TEST(MachineFailureTest, WhatIsPreparedWhileTheRunStopsIsNotStarted) {
  TwoSteps bench;
  bench.cancel();
  bench.answer("prepare /b/0");
  EXPECT_THAT(bench.open(), ElementsAre("cancelled-end /a/0"));
}

TEST(MachineFailureTest, AJobThatTakesItsCancellationWellIsStillCancelled) {
  TwoSteps bench;
  bench.cancel();
  bench.answer("prepare /b/0");
  bench.end("/a/0", 0);
  ASSERT_TRUE(bench.finished()) << "its outputs may be half of what they should be: they are not collected";
  EXPECT_EQ(bench.records().back(), "job-ended /a/0");
}

TEST(MachineFailureTest, ACancelledRunDoesNotWaitForEver) {
  TwoSteps bench(MachineOptions{.cancel_grace = milliseconds(500)});
  bench.cancel();
  bench.pass(milliseconds(499));
  EXPECT_FALSE(bench.finished());
  bench.pass(milliseconds(1));
  EXPECT_TRUE(bench.finished());
}

TEST(MachineFailureTest, TemporaryFailuresAreTriedAgainLaterAndLater) {
  auto tool = std::make_shared<testing::ComputeTool>(
      [](const core::Value&) { return core::Result<core::Value>(Object{{"out", 1}}); });
  tool->temporary_fail_codes = {75};
  MachineBench bench(testing::process_of(tool), Object{}, kTwoRetries);
  bench.answer("evaluate /0");
  for (const int delay_ms : {100, 200}) {
    bench.answer("prepare /0");
    bench.answer("start /0");
    bench.end("/0", 75);
    bench.answer("inspect /0");
    bench.pass(milliseconds(delay_ms - 1));
    EXPECT_THAT(bench.open(), IsEmpty());
    bench.pass(milliseconds(1));
    EXPECT_THAT(bench.open(), ElementsAre("prepare /0"));
  }
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kDone);
  EXPECT_THAT(ending.folders,
              ElementsAre(core::RemotePath("/jobs/0"), core::RemotePath("/jobs/0-2"), core::RemotePath("/jobs/0-3")));
}

TEST(MachineFailureTest, WhatAnAttemptWroteIsOnRecordBeforeTheNextOne) {
  auto tool = std::make_shared<testing::ComputeTool>(
      [](const core::Value&) { return core::Result<core::Value>(Object{{"out", 1}}); });
  tool->temporary_fail_codes = {75};
  MachineBench bench(testing::process_of(tool), Object{}, kTwoRetries);
  for (const char* name : {"evaluate /0", "prepare /0", "start /0"}) bench.answer(name);
  bench.site().put("/jobs/0/log", "no luck\n");
  bench.end("/0", 75);
  bench.run();
  std::vector<std::string> lines = bench.records();
  std::erase_if(lines, [](const std::string& line) {
    return line != "job-logged /0" && line != "job-retried /0" && line != "job-ended /0";
  });
  EXPECT_THAT(lines, ElementsAre("job-ended /0", "job-logged /0", "job-retried /0", "job-ended /0"));
  const auto& records = bench.typed_records();
  const auto logged =
      std::ranges::find_if(records, [](const auto& one) { return std::holds_alternative<store::JobLogged>(one); });
  EXPECT_EQ(std::get<store::JobLogged>(*logged), (store::JobLogged{core::JobId("/0"), 0, "log", 8, "no luck\n"}));
}

TEST(MachineFailureTest, ARunThatStopsTriesNothingAgainThatItInspects) {
  auto tool = std::make_shared<testing::ComputeTool>(
      [](const core::Value&) { return core::Result<core::Value>(Object{{"out", 1}}); });
  tool->temporary_fail_codes = {75};
  MachineBench bench(testing::process_of(tool), Object{}, kTwoRetries);
  for (const char* name : {"evaluate /0", "prepare /0", "start /0"}) bench.answer(name);
  bench.end("/0", 75);
  bench.cancel();
  bench.answer("inspect /0");
  ASSERT_TRUE(bench.finished());
  EXPECT_EQ(bench.records().back(), "job-ended /0") << "it did not fail for good: a resumption tries it again";
}

TEST(MachineFailureTest, RetriesHaveAnEnd) {
  MachineBench bench(add_one(), Object{{"x", 1}}, kTwoRetries);
  bench.answer("evaluate /0");
  for (int attempt = 0; attempt < 3; ++attempt) {
    bench.fail("prepare /0", ErrorCode::kUnavailable);
    bench.pass(milliseconds(1000));
  }
  ASSERT_TRUE(bench.finished());
  EXPECT_EQ(bench.ending().status, store::RunStatus::kFailed);
}

TEST(MachineFailureTest, WhatCannotPassIsNotTriedAgain) {
  for (const ErrorCode code : {ErrorCode::kInvalidInput, ErrorCode::kDenied, ErrorCode::kNotFound}) {
    MachineBench bench(add_one(), Object{{"x", 1}}, kTwoRetries);
    bench.answer("evaluate /0");
    bench.fail("prepare /0", code);
    EXPECT_TRUE(bench.finished());
  }
}

TEST(MachineFailureTest, ARunThatStopsForgetsItsRetries) {
  TwoSteps bench(kTwoRetries);
  bench.fail("prepare /b/0", ErrorCode::kUnavailable);
  EXPECT_EQ(bench.machine().wake_at()->time_since_epoch(), kTwoRetries.retry.delay);
  bench.cancel();
  EXPECT_EQ(bench.machine().wake_at()->time_since_epoch(), kTwoRetries.cancel_grace);
  bench.run();
  EXPECT_TRUE(bench.finished());
}

TEST(MachineFailureTest, KeepsTheFirstFailuresAndCountsAll) {
  MachineBench bench(Graph().step("s", add_one_but_13()).from("x", "n").scatter({"x"}).output("o", "s/out").build(),
                     Object{{"n", Array(150, 13)}}, kContinue);
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.failure_count, 150U);
  EXPECT_EQ(ending.failures.size(), Machine::kFailuresMax);
}

}  // namespace
}  // namespace alveus::engine
