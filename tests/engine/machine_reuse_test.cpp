// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "engine/machine.hpp"
#include "testing/machine_bench.hpp"

namespace alveus::engine {
namespace {

using core::Object;
using ::testing::ElementsAre;
using testing::Graph;
using testing::MachineBench;

/// Remembers outputs by inputs. One for several benches is a cache across runs.
class MemoryReuse final : public ResultReuse {
 public:
  ReuseAnswer look_up(const core::JobId& job, const flow::Tool&, const Evaluation& evaluation) override {
    asked.push_back(job.text());
    store::ResultTicket ticket{.key = core::to_json(evaluation.inputs), .identity = {}, .job = job};
    ReuseAnswer answer{.ticket = std::make_shared<store::ResultTicket>(ticket), .refusal = {}, .found = {}};
    if (const auto kept = kept_.find(ticket.key); kept != kept_.end()) answer.found = kept->second;
    return answer;
  }
  void keep(const store::ResultTicket& ticket, const core::Value& outputs) override {
    kept_[ticket.key] = {.key = ticket.key, .run = core::RunId("first"), .job = ticket.job, .outputs = outputs};
  }

  std::vector<std::string> asked;

 private:
  std::map<std::string, store::KeptResult> kept_;
};

testing::ProcessPointer two_steps() {
  return Graph()
      .step("a", testing::add_one())
      .from("x", "n")
      .step("b", testing::add_one())
      .from("x", "a/out")
      .output("y", "b/out")
      .build();
}

TEST(MachineReuseTest, AResultThatIsKeptStandsForTheJob) {
  MemoryReuse cache;
  MachineBench(testing::add_one(), Object{{"x", 4}}, {}, 4, &cache).run();
  MachineBench again(testing::add_one(), Object{{"x", 4}}, {}, 4, &cache);
  again.answer("evaluate /0");
  ASSERT_TRUE(again.finished());
  EXPECT_EQ(again.ending().outputs, core::Value(Object{{"out", 5}}));
  EXPECT_THAT(again.records(), ElementsAre("job-created /0", "job-reused /0", "job-collected /0"));
  const auto& reused = std::get<store::JobReused>(again.typed_records().at(1));
  EXPECT_EQ(reused.source_run.text(), "first");
  EXPECT_EQ(reused.cache_key, std::get<store::JobCreated>(again.typed_records().at(0)).cache_key);
}

TEST(MachineReuseTest, StepsAfterAReusedOneGoOn) {
  MemoryReuse cache;
  MachineBench(testing::add_one(), Object{{"x", 4}}, {}, 4, &cache).run();  // the result of step a
  MachineBench bench(two_steps(), Object{{"n", 4}}, {}, 4, &cache);
  bench.run();
  EXPECT_EQ(bench.ending().outputs, core::Value(Object{{"y", 6}}));
  const auto lines = bench.records();
  EXPECT_THAT(lines, ::testing::Contains("job-reused /a/0"));
  EXPECT_THAT(lines, ::testing::Contains("job-started /b/0"));
  EXPECT_THAT(lines, ::testing::Not(::testing::Contains("job-started /a/0")));
}

TEST(MachineReuseTest, OtherInputsRun) {
  MemoryReuse cache;
  MachineBench(testing::add_one(), Object{{"x", 4}}, {}, 4, &cache).run();
  MachineBench bench(testing::add_one(), Object{{"x", 5}}, {}, 4, &cache);
  bench.run();
  EXPECT_EQ(bench.ending().outputs, core::Value(Object{{"out", 6}}));
  EXPECT_THAT(bench.records(), ::testing::Contains("job-started /0"));
}

TEST(MachineReuseTest, AFailedJobIsNotKept) {
  MemoryReuse cache;
  MachineBench(testing::failing(), Object{{"x", 4}}, {}, 4, &cache).run();
  MachineBench again(testing::failing(), Object{{"x", 4}}, {}, 4, &cache);
  again.run();
  EXPECT_EQ(again.ending().status, store::RunStatus::kFailed);
  EXPECT_THAT(again.records(), ::testing::Contains("job-started /0"));
}

TEST(MachineReuseTest, TheJournalSaysWhyAJobIsNotLookedFor) {
  MemoryReuse cache;
  auto made = std::make_shared<testing::ComputeTool>([](const core::Value& inputs) { return inputs; });
  made->refusal = "WorkReuse is off";
  for (int run = 0; run < 2; ++run) {
    MachineBench bench(testing::process_of(made), Object{{"x", 4}}, {}, 4, &cache);
    bench.run();
    EXPECT_EQ(std::get<store::JobCreated>(bench.typed_records().at(0)).cache_refusal, "WorkReuse is off");
    EXPECT_THAT(bench.records(), ::testing::Contains("job-started /0"));
  }
  EXPECT_THAT(cache.asked, ::testing::IsEmpty());
}

TEST(MachineReuseTest, NoResultIsLookedForWhereAnEarlierControllerFinishedTheJob) {
  MemoryReuse cache;
  const auto loop =
      Graph().step("a", testing::add_one()).from("x", "n").loop_below("x", 3).output("o", "a/out").build();
  store::FinishedJobs finished;
  finished.done[core::JobId("/a/0.0")] = {.outputs = core::Value(Object{{"out", 2}}), .folder = {}};
  MachineBench bench(loop, Object{{"n", 1}}, {}, 4, &cache, std::move(finished));
  bench.run();
  EXPECT_EQ(core::to_json(bench.ending().outputs), R"({"o":3})");
  EXPECT_THAT(cache.asked, ElementsAre("/a/0.1"));
}

}  // namespace
}  // namespace alveus::engine
