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
using ::testing::ElementsAre;
using testing::Graph;
using ::testing::IsEmpty;
using testing::MachineBench;
using testing::outputs_of;
using testing::ProcessPointer;
using testing::tool;

/// out = the inputs as JSON, without "go".
ProcessPointer echo() {
  return tool([](const core::Value& inputs) {
    Object shown = inputs.as_object();
    shown.erase("go");
    return core::Value(core::to_json(shown));
  });
}

TEST(MachineGraphTest, AStepRunsWhenAllItsSourcesAreThere) {
  MachineBench bench(Graph()
                         .step("a", add_one())
                         .from("x", "n")
                         .step("b", add_one())
                         .from("x", "n")
                         .step("c", echo())
                         .from("l", "a/out")
                         .from("r", "b/out")
                         .output("o", "c/out")
                         .build(),
                     Object{{"n", 1}});
  bench.answer("evaluate /0");
  for (const char* stage : {"evaluate", "prepare", "start", "end", "collect"})
    bench.answer(std::string(stage) + " /a/0");
  EXPECT_THAT(bench.open(), ElementsAre("evaluate /b/0"));
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":"{\"l\":2,\"r\":2}"})");
}

TEST(MachineGraphTest, AStepWithoutInputsRunsAtOnce) {
  EXPECT_EQ(outputs_of(Graph().step("a", echo()).output("o", "a/out").build(), Object{}), R"({"o":"{}"})");
}

TEST(MachineGraphTest, AWorkflowWithoutStepsPassesItsInputsOn) {
  EXPECT_EQ(outputs_of(Graph().output("o", "n").build(), Object{{"n", 5}}), R"({"o":5})");
}

TEST(MachineGraphTest, ConstantsStandInForMissingValues) {
  const auto process = Graph().step("a", echo()).constant("x", 9).from("y", "absent").output("o", "a/out").build();
  EXPECT_EQ(outputs_of(process, Object{}), R"({"o":"{\"x\":9,\"y\":null}"})");
}

TEST(MachineGraphTest, OneSourceMayFeedAStepTwice) {
  const auto process = Graph()
                           .step("a", add_one())
                           .from("x", "n")
                           .step("b", echo())
                           .from("l", "a/out")
                           .from("r", "a/out")
                           .output("o", "b/out")
                           .build();
  EXPECT_EQ(outputs_of(process, Object{{"n", 1}}), R"({"o":"{\"l\":2,\"r\":2}"})");
}

TEST(MachineGraphTest, SeveralSourcesAreMerged) {
  const auto process = Graph()
                           .step("a", add_one())
                           .from("x", "n")
                           .step("b", echo())
                           .from_all("v", {"a/out", "list"}, flow::LinkMerge::kFlattened)
                           .output("o", "b/out")
                           .build();
  EXPECT_EQ(outputs_of(process, Object{{"n", 1}, {"list", Array{7, 8}}}), R"({"o":"{\"v\":[2,7,8]}"})");
}

TEST(MachineGraphTest, ScatteredStepsGatherByIndexWhateverEndsFirst) {
  MachineBench bench(Graph().step("s", add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build(),
                     Object{{"n", Array{10, 20, 30}}});
  core::Random random(5, "order");
  bench.run_shuffled(random, 0);
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":[11,21,31]})");
  EXPECT_EQ(bench.records().at(1), "scatter-expanded /s/0");
}

TEST(MachineGraphTest, AScatterOverNothingYieldsNothing) {
  MachineBench bench(Graph().step("s", add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build(),
                     Object{{"n", Array{}}});
  bench.answer("evaluate /0");
  ASSERT_TRUE(bench.finished());
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":[]})");
}

TEST(MachineGraphTest, CrossProductsNestOrFlatten) {
  const auto process = [](flow::ScatterMethod method) {
    return Graph()
        .step("s", echo())
        .from("a", "l")
        .from("b", "r")
        .scatter({"a", "b"}, method)
        .output("o", "s/out")
        .build();
  };
  const Object inputs{{"l", Array{1, 2}}, {"r", Array{3}}};
  EXPECT_EQ(outputs_of(process(flow::ScatterMethod::kNestedCrossProduct), inputs),
            R"({"o":[["{\"a\":1,\"b\":3}"],["{\"a\":2,\"b\":3}"]]})");
  EXPECT_EQ(outputs_of(process(flow::ScatterMethod::kFlatCrossProduct), inputs),
            R"({"o":["{\"a\":1,\"b\":3}","{\"a\":2,\"b\":3}"]})");
}

TEST(MachineGraphTest, AConditionThatIsFalseGivesNulls) {
  MachineBench bench(
      Graph().step("a", add_one()).from("x", "n").from("go", "go").when("go").output("o", "a/out").build(),
      Object{{"n", 1}, {"go", false}});
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":null})");
  EXPECT_EQ(bench.records().back(), "job-skipped /a/0");
}

TEST(MachineGraphTest, ConditionsHoldForEachElement) {
  const auto process = Graph()
                           .step("s", echo())
                           .from("x", "n")
                           .from("go", "go")
                           .when("go")
                           .scatter({"x", "go"})
                           .output_all("some", {"s/out"}, flow::PickValue::kNone)
                           .output("all", "s/out")
                           .build();
  EXPECT_EQ(outputs_of(process, Object{{"n", Array{1, 2}}, {"go", Array{true, false}}}),
            R"({"some":[["{\"x\":1}",null]],"all":["{\"x\":1}",null]})");
}

TEST(MachineGraphTest, TheBranchThatRanIsPicked) {
  const auto process = Graph()
                           .step("a", add_one())
                           .from("x", "n")
                           .from("go", "yes")
                           .when("go")
                           .step("b", add_one())
                           .from("x", "n")
                           .from("go", "no")
                           .when("go")
                           .output_all("o", {"a/out", "b/out"}, flow::PickValue::kTheOnlyNonNull)
                           .build();
  EXPECT_EQ(outputs_of(process, Object{{"n", 1}, {"yes", true}, {"no", false}}), R"({"o":2})");
}

TEST(MachineGraphTest, WorkflowsNestWithPathsAndTags) {
  const auto inner = Graph().step("t", add_one()).from("x", "m").scatter({"x"}).output("o", "t/out").build();
  MachineBench bench(Graph().step("s", inner).from("m", "n").scatter({"m"}).output("o", "s/o").build(),
                     Object{{"n", Array{Array{1, 2}, Array{3}}}});
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":[[2,3],[4]]})");
  const auto records = bench.records();
  for (const char* line : {"workflow-entered /0", "scatter-expanded /s/0", "workflow-entered /s/0.1",
                           "scatter-expanded /s/t/0.1", "job-collected /s/t/0.0.1", "job-collected /s/t/0.1.0"}) {
    EXPECT_THAT(records, ::testing::Contains(line));
  }
}

TEST(MachineGraphTest, ASkippedWorkflowStepsOverAllOfIt) {
  const auto inner = Graph().step("t", add_one()).from("x", "m").output("o", "t/out").build();
  MachineBench bench(Graph().step("s", inner).from("m", "n").from("go", "go").when("go").output("o", "s/o").build(),
                     Object{{"n", 1}, {"go", false}});
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":null})");
  EXPECT_THAT(bench.records(), ElementsAre("workflow-entered /0", "job-skipped /s/0"));
}

TEST(MachineGraphTest, ALongChainNeedsNoDeepStack) {
  Graph graph;
  graph.step("s0", testing::failing());
  constexpr int kSteps = 20000;
  for (int i = 1; i < kSteps; ++i) {
    graph.step("s" + std::to_string(i), add_one()).from("x", "n");
  }
  auto process = std::make_shared<flow::Process>(*graph.build());
  auto& steps = std::get<flow::Workflow>(process->body).steps;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    steps[i].inputs[0].link.sources[0] = {.step = i - 1, .port = "out"};
  }
  MachineBench bench(process, Object{{"n", 1}}, {.on_error = OnError::kContinue});
  bench.run();
  EXPECT_EQ(bench.ending().failure_count, 1U);
}

}  // namespace
}  // namespace alveus::engine
