// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "testing/machine_bench.hpp"

namespace alveus::engine {
namespace {

using core::Array;
using core::Object;
using testing::add_one;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Graph;
using testing::MachineBench;
using ::testing::Not;
using testing::outputs_of;
using testing::ProcessPointer;

ProcessPointer counting_to(std::int64_t limit, flow::LoopOutputs outputs = flow::LoopOutputs::kLast) {
  return Graph().step("a", add_one()).from("x", "n").loop_below("x", limit, outputs).output("o", "a/out").build();
}

TEST(MachineLoopTest, YieldsWhatTheLastIterationYields) {
  EXPECT_EQ(outputs_of(counting_to(4), Object{{"n", 1}}), R"({"o":4})");
}

TEST(MachineLoopTest, OrAListOfWhatAllYield) {
  EXPECT_EQ(outputs_of(counting_to(4, flow::LoopOutputs::kAll), Object{{"n", 1}}), R"({"o":[2,3,4]})");
}

TEST(MachineLoopTest, EachIterationIsAJobWithItsOwnTag) {
  MachineBench bench(counting_to(3), Object{{"n", 1}});
  bench.run();
  EXPECT_THAT(bench.records(), Contains("job-collected /a/0.0"));
  EXPECT_THAT(bench.records(), Contains("job-collected /a/0.1"));
  EXPECT_THAT(bench.records(), Not(Contains("job-created /a/0.2")));
}

TEST(MachineLoopTest, AnIterationBeginsWhenTheOneBeforeItIsDone) {
  MachineBench bench(counting_to(3), Object{{"n", 1}});
  bench.answer("evaluate /0");
  EXPECT_THAT(bench.open(), ElementsAre("evaluate /a/0.0"));
  for (const char* stage : {"evaluate", "prepare", "start", "end", "collect"})
    bench.answer(std::string(stage) + " /a/0.0");
  EXPECT_THAT(bench.open(), ElementsAre("evaluate /a/0.1"));
}

TEST(MachineLoopTest, WithoutAnIterationTheStepIsSkipped) {
  EXPECT_EQ(outputs_of(counting_to(1), Object{{"n", 5}}), R"({"o":null})");
  EXPECT_EQ(outputs_of(counting_to(1, flow::LoopOutputs::kAll), Object{{"n", 5}}), R"({"o":[]})");
  MachineBench bench(counting_to(1), Object{{"n", 5}});
  bench.run();
  EXPECT_THAT(bench.records(), Contains("job-skipped /a/0.0"));
}

TEST(MachineLoopTest, WorkflowsLoopInsideScattersAndLoops) {
  const auto inner = Graph().step("i", add_one()).from("x", "x").loop_below("x", 3).output("out", "i/out").build();
  const auto outer = Graph().step("w", inner).from("x", "l").scatter({"x"}).output("o", "w/out").build();
  EXPECT_EQ(outputs_of(outer, Object{{"l", Array{0, 1, 2}}}), R"({"o":[3,3,3]})");
  const auto ten = Graph().step("i", add_one()).from("x", "x").step("j", add_one()).from("x", "i/out");
  const auto nested = Graph()
                          .step("w", Graph(ten).output("out", "j/out").build())
                          .from("x", "n")
                          .loop_below("x", 6, flow::LoopOutputs::kAll)
                          .output("o", "w/out")
                          .build();
  EXPECT_EQ(outputs_of(nested, Object{{"n", 1}}), R"({"o":[3,5,7]})");
}

TEST(MachineLoopTest, AFailedIterationEndsTheLoopAndBlocksWhatFollows) {
  MachineBench bench(Graph()
                         .step("a", add_one())
                         .from("x", "n")
                         .loop_below("x", 9)
                         .step("b", add_one())
                         .from("x", "a/out")
                         .output("o", "b/out")
                         .build(),
                     Object{{"n", 1}}, {.on_error = OnError::kContinue});
  bench.answer("evaluate /0");
  for (const char* stage : {"evaluate", "prepare", "start", "end", "collect"})
    bench.answer(std::string(stage) + " /a/0.0");
  bench.fail("evaluate /a/0.1", core::ErrorCode::kInvalidInput);
  bench.run();
  const Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kFailed);
  EXPECT_EQ(ending.failure_count, 1U);
  EXPECT_EQ(core::to_json(ending.outputs), R"({"o":null})");
}

TEST(MachineLoopTest, AJobOfAnIterationIsTriedAgainLikeAnyOther) {
  MachineBench bench(counting_to(3), Object{{"n", 1}}, {.retry = {.retries_max = 1}});
  bench.answer("evaluate /0");
  bench.answer("evaluate /a/0.0");
  bench.fail("prepare /a/0.0", core::ErrorCode::kUnavailable);
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":3})");
}

TEST(MachineLoopTest, CancellationEndsALoopThatWouldNotEnd) {
  MachineBench bench(counting_to(1'000'000'000), Object{{"n", 1}});
  bench.answer("evaluate /0");
  bench.cancel();
  bench.run();
  EXPECT_TRUE(bench.finished());
  EXPECT_EQ(bench.ending().status, store::RunStatus::kCancelled);
}

}  // namespace
}  // namespace alveus::engine
