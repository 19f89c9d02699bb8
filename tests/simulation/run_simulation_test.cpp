// SPDX-License-Identifier: Apache-2.0
// The real state machine on a simulated site, in random order of events, against a sequential model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "core/json.hpp"
#include "simulation/random_workflow.hpp"
#include "simulation/sequential_model.hpp"
#include "sys/clock.hpp"
#include "testing/machine_bench.hpp"

namespace alveus::simulation {
namespace {

using core::Random;
using engine::OnError;
using testing::MachineBench;

constexpr std::uint64_t kFixedSeeds = 1500;

struct Scenario {
  testing::ProcessPointer process;
  core::Value inputs;
  ModelResult expected;
};

Scenario make_scenario(std::uint64_t seed, bool may_fail) {
  Random random(seed, "workflow");
  Scenario scenario{.process = random_workflow(random, 3, may_fail), .inputs = random_inputs(random), .expected = {}};
  scenario.expected = run_in_sequence(*scenario.process, scenario.inputs);
  return scenario;
}

engine::MachineOptions options_of(OnError on_error, std::uint64_t seed) {
  return {.on_error = on_error,
          .retry = {.retries_max = 100, .delay = std::chrono::milliseconds(1)},
          .active_jobs_max = 1 + seed % 20,
          .ready_jobs_max = seed / 20 % 6};
}

/// Each job's records come in the order of its stages, once each unless it was tried again.
void check_records(const std::vector<std::string>& records) {
  const std::vector<std::string> stages = {"job-created", "job-placed", "job-prepared",
                                           "job-started", "job-ended",  "job-collected"};
  std::map<std::string, std::size_t> reached;
  for (const std::string& line : records) {
    const std::string kind = line.substr(0, line.find(' '));
    const std::string job = line.substr(line.find(' ') + 1);
    const auto stage = static_cast<std::size_t>(std::ranges::find(stages, kind) - stages.begin());
    if (kind == "job-retried") reached[job] = 1;
    if (stage == stages.size()) continue;
    const bool is_expression = kind == "job-collected" && reached[job] == 1;
    EXPECT_TRUE(reached[job] == stage || is_expression) << line;
    reached[job] = stage + 1;
  }
}

void run_to_the_end(std::uint64_t seed, bool may_fail) {
  const Scenario scenario = make_scenario(seed, may_fail);
  MachineBench bench(scenario.process, scenario.inputs, options_of(OnError::kContinue, seed), 4);
  Random order(seed, "order");
  bench.run_shuffled(order, 0.1);
  const auto ending = bench.ending();
  EXPECT_EQ(core::to_json(ending.outputs), core::to_json(scenario.expected.outputs));
  EXPECT_EQ(ending.failure_count, scenario.expected.failure_count);
  EXPECT_EQ(ending.status, scenario.expected.failure_count == 0 ? store::RunStatus::kDone : store::RunStatus::kFailed);
  EXPECT_EQ(bench.machine().active_count(), 0U);
  EXPECT_LE(bench.running_count_max(), 8U) << "half a core is the least a job takes of 4";
  check_records(bench.records());
}

void run_until_a_failure(std::uint64_t seed) {
  const Scenario scenario = make_scenario(seed, true);
  MachineBench bench(scenario.process, scenario.inputs, options_of(OnError::kStop, seed), 4);
  Random order(seed, "order");
  bench.run_shuffled(order, 0.1);
  const auto ending = bench.ending();
  const bool fails = scenario.expected.failure_count > 0;
  EXPECT_EQ(ending.status, fails ? store::RunStatus::kFailed : store::RunStatus::kDone);
  if (!fails) {
    EXPECT_EQ(core::to_json(ending.outputs), core::to_json(scenario.expected.outputs));
  }
  check_records(bench.records());
}

void run_until_cancelled(std::uint64_t seed) {
  const Scenario scenario = make_scenario(seed, true);
  MachineBench bench(scenario.process, scenario.inputs, options_of(OnError::kContinue, seed), 4);
  Random order(seed, "cancel");
  for (std::uint64_t steps = order.below(60); steps > 0 && !bench.finished() && !bench.open().empty(); --steps) {
    const auto open = bench.open();
    bench.answer(open[order.below(open.size())]);
  }
  if (bench.finished()) return;
  bench.cancel();
  bench.run_shuffled(order, 0);
  EXPECT_EQ(bench.ending().status, store::RunStatus::kCancelled);
  check_records(bench.records());
}

/// Jobs that are over by the first so many records.
store::FinishedJobs finished_after(const std::vector<store::Record>& records, std::size_t count) {
  store::FinishedJobs finished;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto* done = std::get_if<store::JobCollected>(&records[i])) {
      finished.done[done->job] = {.outputs = done->outputs, .folder = {}};
    } else if (const auto* skipped = std::get_if<store::JobSkipped>(&records[i])) {
      finished.skipped.insert(skipped->job);
    }
  }
  return finished;
}

/// The controller is lost after some of its records; another goes on, and a third after it.
void run_on_after_losses(std::uint64_t seed) {
  const Scenario scenario = make_scenario(seed, true);
  const auto options = options_of(OnError::kContinue, seed);
  Random chance(seed, "loss");
  MachineBench first(scenario.process, scenario.inputs, options, 4);
  first.run_shuffled(chance, 0.1);
  std::vector<store::Record> records = first.typed_records();
  for (int loss = 0; loss < 2; ++loss) {
    records.resize(chance.below(records.size() + 1));
    const auto finished = finished_after(records, records.size());
    MachineBench next(scenario.process, scenario.inputs, options, 4, nullptr, finished);
    next.run_shuffled(chance, 0.1);
    const auto ending = next.ending();
    EXPECT_EQ(core::to_json(ending.outputs), core::to_json(scenario.expected.outputs));
    EXPECT_EQ(ending.failure_count, scenario.expected.failure_count);
    EXPECT_EQ(next.machine().active_count(), 0U);
    check_records(next.records());
    for (const store::Record& record : next.typed_records()) {
      const core::JobId subject(store::encode(record).subject);
      EXPECT_FALSE(finished.done.contains(subject) || finished.skipped.contains(subject)) << subject.text();
      records.push_back(record);
    }
  }
}

/// The fixed seeds and a fresh one; ALVEUS_SIMULATION_SEED replays one alone.
std::vector<std::uint64_t> seeds() {
  const char* given = std::getenv("ALVEUS_SIMULATION_SEED");
  if (given != nullptr && *given != '\0') return {std::strtoull(given, nullptr, 10)};
  std::vector<std::uint64_t> all{kFixedSeeds +
                                 static_cast<std::uint64_t>(sys::RealClock().wall().time_since_epoch().count())};
  for (std::uint64_t seed = 0; seed < kFixedSeeds; ++seed) all.push_back(seed);
  return all;
}

void for_each_seed(void (*run)(std::uint64_t)) {
  for (const std::uint64_t seed : seeds()) {
    SCOPED_TRACE("replay with ALVEUS_SIMULATION_SEED=" + std::to_string(seed));
    run(seed);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(RunSimulationTest, AgreesWithTheSequentialModel) {
  for_each_seed([](std::uint64_t seed) { run_to_the_end(seed, false); });
}

TEST(RunSimulationTest, AgreesWithTheModelOnWhatFailuresTake) {
  for_each_seed([](std::uint64_t seed) { run_to_the_end(seed, true); });
}

TEST(RunSimulationTest, StopsAtTheFirstFailure) { for_each_seed(run_until_a_failure); }

TEST(RunSimulationTest, EndsWheneverItIsCancelled) { for_each_seed(run_until_cancelled); }

TEST(RunSimulationTest, GoesOnWhereverItsControllerIsLost) { for_each_seed(run_on_after_losses); }

TEST(RunSimulationTest, TheScenariosAreWorthRunning) {
  std::size_t failing = 0;
  std::size_t records = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Scenario scenario = make_scenario(seed, true);
    failing += scenario.expected.failure_count > 0 ? 1 : 0;
    MachineBench bench(scenario.process, scenario.inputs, {.on_error = OnError::kContinue}, 4);
    bench.run();
    records += bench.records().size();
  }
  EXPECT_GT(failing, 40U);
  EXPECT_LT(failing, 160U);
  EXPECT_GT(records, 200U * 20U);
}

}  // namespace
}  // namespace alveus::simulation
