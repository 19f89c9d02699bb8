// SPDX-License-Identifier: Apache-2.0
#include "engine/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/json.hpp"
#include "testing/machine_bench.hpp"

namespace alveus::engine {
namespace {

using core::Object;
using ::testing::ElementsAre;
using testing::Graph;
using testing::MachineBench;
using Lines = std::vector<std::string>;

TEST(MachineTest, TakesAJobThroughItsStages) {
  MachineBench bench(testing::add_one(), Object{{"x", 4}});
  for (const char* stage : {"evaluate /0", "prepare /0", "start /0", "end /0", "collect /0"}) {
    EXPECT_THAT(bench.open(), ElementsAre(stage));
    bench.answer(stage);
  }
  ASSERT_TRUE(bench.finished());
  EXPECT_EQ(bench.ending().outputs, core::Value(Object{{"out", 5}}));
  EXPECT_THAT(bench.records(), ElementsAre("job-created /0", "job-placed /0", "job-prepared /0", "job-started /0",
                                           "job-ended /0", "job-collected /0"));
}

TEST(MachineTest, RecordsWhatItDoesBeforeItIsDone) {
  MachineBench bench(testing::add_one(), Object{{"x", 4}});
  bench.answer("evaluate /0");
  EXPECT_THAT(bench.open(), ElementsAre("prepare /0"));
  EXPECT_EQ(bench.records().back(), "job-placed /0");
  bench.answer("prepare /0");
  EXPECT_THAT(bench.open(), ElementsAre("start /0"));
  EXPECT_EQ(bench.records().back(), "job-prepared /0");
}

TEST(MachineTest, TheJournalHoldsWhatAResumeNeeds) {
  MachineBench bench(testing::add_one(), Object{{"x", 4}});
  bench.run();
  const auto& records = bench.typed_records();
  const auto& created = std::get<store::JobCreated>(records.at(0));
  EXPECT_EQ(created.step.text(), "/");
  EXPECT_EQ(created.tag, "0");
  EXPECT_EQ(created.inputs_fingerprint, "81148b1be37b2b7b90cb11cda4b18ede67721435053c0c0e0f077a5d1b8a36d7");
  EXPECT_EQ(std::get<store::JobPlaced>(records.at(1)).site, "site");
  EXPECT_EQ(std::get<store::JobPrepared>(records.at(2)).folder.text(), "/jobs/0");
  EXPECT_EQ(std::get<store::JobStarted>(records.at(3)).handle, "command-1");
  EXPECT_EQ(std::get<store::JobCollected>(records.at(5)).outputs, core::Value(Object{{"out", 5}}));
}

TEST(MachineTest, AnEndMayOvertakeItsStart) {
  Reaction reaction;
  const auto process = testing::add_one();
  Machine machine(*process, {.name = "site", .cores = 1, .ram_mib = 1000}, {});
  machine.start(Object{{"x", 1}}, reaction);
  const ActivityId id = std::get<EvaluateInputs>(reaction.effects.back()).activity;
  const auto send = [&](Event event) { machine.on_event(std::move(event), {}, reaction); };
  send(InputsEvaluated{id, Evaluation{.inputs = Object{{"x", 1}}, .request = flow::ResourceRequest{}}});
  send(JobPrepared{id, std::make_shared<PreparedJob>()});
  send(JobEnded{id, deploy::CommandEnd{}});
  EXPECT_FALSE(machine.finished());
  EXPECT_TRUE(std::holds_alternative<StartJob>(reaction.effects.back()));
  send(JobStarted{id, deploy::CommandHandle("7")});
  EXPECT_TRUE(std::holds_alternative<CollectJob>(reaction.effects.back()));
  send(JobCollected{id, core::Value(Object{{"out", 2}})});
  EXPECT_TRUE(machine.finished());
  EXPECT_EQ(machine.active_count(), 0U);
}

TEST(MachineTest, AnExpressionToolRunsNoCommand) {
  auto tool = std::make_shared<testing::ComputeTool>([](const core::Value& inputs) -> core::Result<core::Value> {
    return core::Value(Object{{"out", *inputs.find("x")}});
  });
  tool->is_expression = true;
  MachineBench bench(testing::process_of(tool), Object{{"x", 4}});
  bench.answer("evaluate /0");
  ASSERT_TRUE(bench.finished());
  EXPECT_THAT(bench.records(), ElementsAre("job-created /0", "job-collected /0"));
}

TEST(MachineTest, AJobWaitsUntilThereIsRoom) {
  MachineBench bench(
      Graph().step("a", testing::add_one()).from("x", "n").step("b", testing::add_one()).from("x", "n").build(),
      Object{{"n", 1}}, {}, 1);
  bench.answer("evaluate /0");
  bench.answer("evaluate /a/0");
  bench.answer("evaluate /b/0");
  EXPECT_THAT(bench.open(), ElementsAre("prepare /a/0"));
  bench.answer("prepare /a/0");
  bench.answer("start /a/0");
  EXPECT_THAT(bench.open(), ElementsAre("end /a/0"));
  bench.answer("end /a/0");
  EXPECT_THAT(bench.open(), ElementsAre("collect /a/0", "prepare /b/0"));
}

MachineBench three_jobs_on_one_core(MachineOptions options) {
  const auto process = Graph().step("s", testing::add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build();
  return {process, Object{{"n", core::Array{1, 2, 3}}}, options, 1};
}

TEST(MachineTest, TheNextJobsAreMadeReadyWhileOneRuns) {
  MachineBench bench = three_jobs_on_one_core({.ready_jobs_max = 1});
  for (const char* name : {"evaluate /0", "evaluate /s/0.0", "evaluate /s/0.1", "evaluate /s/0.2"}) bench.answer(name);
  EXPECT_THAT(bench.open(), ElementsAre("prepare /s/0.0", "prepare /s/0.1"));
  bench.answer("prepare /s/0.1");
  bench.answer("prepare /s/0.0");
  EXPECT_THAT(bench.open(), ElementsAre("start /s/0.0")) << "there is one core";
  bench.answer("start /s/0.0");
  bench.answer("end /s/0.0");
  EXPECT_THAT(bench.open(), ElementsAre("collect /s/0.0", "start /s/0.1", "prepare /s/0.2"));
  bench.run();
  EXPECT_EQ(bench.ending().outputs, core::Value(Object{{"o", core::Array{2, 3, 4}}}));
  EXPECT_EQ(bench.running_count_max(), 1U);
}

TEST(MachineTest, AJobThatCannotBeMadeReadyLeavesItsTurnToOthers) {
  MachineBench bench = three_jobs_on_one_core({.on_error = OnError::kContinue, .ready_jobs_max = 2});
  for (const char* name : {"evaluate /0", "evaluate /s/0.0", "evaluate /s/0.1", "evaluate /s/0.2"}) bench.answer(name);
  bench.fail("prepare /s/0.1", core::ErrorCode::kDenied);
  bench.run();
  EXPECT_EQ(bench.ending().outputs, core::Value(Object{{"o", core::Array{2, nullptr, 4}}}));
}

TEST(MachineTest, AJobThatWasReadyWhenTheRunStopsIsNotStarted) {
  MachineBench bench = three_jobs_on_one_core({.ready_jobs_max = 2});
  for (const char* name : {"evaluate /0", "evaluate /s/0.0", "evaluate /s/0.1", "evaluate /s/0.2", "prepare /s/0.0",
                           "prepare /s/0.1", "start /s/0.0"}) {
    bench.answer(name);
  }
  bench.cancel();
  bench.run();
  EXPECT_TRUE(bench.finished());
  const auto records = bench.records();
  EXPECT_EQ(std::ranges::count(records, "job-started /s/0.1"), 0);
}

TEST(MachineTest, LaterStepsComeFirstSoThatWhatWasBegunIsFinished) {
  MachineBench bench(Graph()
                         .step("a", testing::add_one())
                         .from("x", "n")
                         .step("b", testing::add_one())
                         .from("x", "n")
                         .step("c", testing::add_one())
                         .from("x", "n")
                         .step("after", testing::add_one())
                         .from("x", "a/out")
                         .build(),
                     Object{{"n", 1}}, {}, 1);
  bench.run();
  Lines started;
  for (const std::string& line : bench.records()) {
    if (line.starts_with("job-started")) started.push_back(line);
  }
  EXPECT_THAT(started, ElementsAre("job-started /a/0", "job-started /b/0", "job-started /after/0", "job-started /c/0"));
}

TEST(MachineTest, BeginsNoMoreJobsThanTheLimit) {
  const auto process = Graph().step("s", testing::add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build();
  MachineBench bench(process, Object{{"n", core::Array(100, 1)}}, {.active_jobs_max = 3}, 0.5);
  bench.answer("evaluate /0");
  EXPECT_EQ(bench.open().size(), 3U);
}

class Counts final : public ProgressObserver {
 public:
  void on_counts(const core::StepPath& step, const StepCounts& counts) override {
    lines.push_back(step.text() + " " + std::to_string(counts.waiting) + "/" + std::to_string(counts.running) + "/" +
                    std::to_string(counts.done));
  }
  void on_records(std::span<const store::Record>) override {}
  Lines lines;
};

TEST(MachineTest, TellsTheCountsOfEachStepThatChanged) {
  MachineBench bench(Graph().step("s", testing::add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build(),
                     Object{{"n", core::Array{1, 2}}}, {}, 1);
  Counts counts;
  const auto report = [&] { bench.machine().report_progress(counts); };
  report();
  bench.answer("evaluate /0");
  report();
  report();
  for (const char* name : {"evaluate /s/0.0", "prepare /s/0.0", "start /s/0.0"}) bench.answer(name);
  report();
  bench.run();
  report();
  EXPECT_THAT(counts.lines, ElementsAre("/s 2/0/0", "/s 1/1/0", "/s 0/0/2"));
}

}  // namespace
}  // namespace alveus::engine
