// SPDX-License-Identifier: Apache-2.0
// What the engine costs for each job: a scatter over N numbers on a site that costs nothing, with a journal in SQLite;
// the state machine alone; and N processes of `true` on this machine. Compare the counters: self_us, the CPU time of
// this program for each job, all threads together; bytes_per_job, what its memory grew by; resident_max, the most it
// had.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "deploy/local_connector.hpp"
#include "engine/output_delivery.hpp"
#include "engine/run.hpp"
#include "engine/work.hpp"
#include "store/journal.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "testing/null_connector.hpp"

namespace alveus {
namespace {

/// Runs `true` and gives back a number.
class TrueTool final : public flow::Tool {
 public:
  bool has_command() const override { return true; }
  core::Result<core::Value> evaluate(const core::Value&, const flow::DataAccess&) const override { return nullptr; }
  core::Result<flow::ResourceRequest> resources(const core::Value&) const override { return flow::ResourceRequest{}; }
  core::Result<flow::JobPlan> plan(const core::Value& inputs, const flow::JobSite& site,
                                   const flow::DataAccess&) const override {
    flow::JobPlan plan;
    plan.inputs = inputs;
    plan.site = site;
    plan.command = {"true"};
    return plan;
  }
  core::Result<core::Value> collect(const flow::JobPlan& plan, const flow::JobExit&, const core::Location&,
                                    const flow::DataAccess&) const override {
    return core::Value(core::Object{{"out", *plan.inputs.find("x")}});
  }
};

flow::Process scatter_of_true() {
  auto tool = std::make_shared<flow::Process>();
  tool->outputs = {"out"};
  tool->body = std::make_shared<TrueTool>();
  flow::Step step{.name = "s", .outputs = {"out"}, .scatter = {"x"}, .process = tool};
  step.inputs.push_back({.name = "x", .link = {.sources = {{.step = std::nullopt, .port = "n"}}}});
  flow::Workflow workflow;
  workflow.steps.push_back(std::move(step));
  workflow.outputs.push_back({.name = "o", .link = {.sources = {{.step = 0, .port = "out"}}}});
  return {.inputs = {"n"}, .outputs = {"o"}, .body = std::move(workflow)};
}

core::Value numbers(std::int64_t count) {
  core::Array list;
  for (std::int64_t i = 0; i < count; ++i) list.emplace_back(i);
  return core::Object{{"n", std::move(list)}};
}

double cpu_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

double resident_max_bytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) * 1024;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages_all = 0;
  double pages = 0;
  statm >> pages_all >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Measures the jobs of all iterations.
class Meter {
 public:
  explicit Meter(benchmark::State& state) : state_(state) {}
  void begin() {
    cpu_begin_ = cpu_us();
    bytes_begin_ = resident_bytes();
  }
  void end() {
    const auto jobs = static_cast<double>(state_.range(0));
    cpu_ += (cpu_us() - cpu_begin_) / jobs;
    bytes_ += (resident_bytes() - bytes_begin_) / jobs;
    ++count_;
  }
  ~Meter() {
    state_.counters["self_us"] = cpu_ / count_;
    state_.counters["bytes_per_job"] = bytes_ / count_;
    state_.counters["resident_max"] = resident_max_bytes();
  }

 private:
  benchmark::State& state_;
  double cpu_begin_ = 0;
  double bytes_begin_ = 0;
  double cpu_ = 0;
  double bytes_ = 0;
  double count_ = 0;
};

/// Numbers have nowhere to go.
class LeaveThere final : public engine::OutputDelivery {
 public:
  core::Result<std::vector<store::DeliveryTarget>> plan(const core::Value&, Disposal) override {
    return std::vector<store::DeliveryTarget>{};
  }
  core::Result<core::Value> deliver(const core::Value& outputs, Disposal,
                                    std::span<const store::DeliveryTarget>) override {
    return outputs;
  }
};

void run_on(benchmark::State& state, deploy::Connector& site) {
  const flow::Process process = scatter_of_true();
  const sys::RealClock clock;
  Meter meter(state);
  for (auto _ : state) {
    state.PauseTiming();
    const auto folder = *sys::TemporaryDirectory::make("engine-bench");
    const auto journal = *store::SqliteJournal::create(folder.path() / "journal.db");
    core::Value inputs = numbers(state.range(0));
    state.ResumeTiming();
    meter.begin();
    engine::RunOptions options;
    options.machine.ready_jobs_max = engine::ready_jobs_for(site.capacity());
    options.base_environment = sys::current_environment();
    LeaveThere delivery;
    const engine::RunServices services{.connector = site, .journal = *journal, .clock = clock, .delivery = &delivery};
    const auto ending = engine::run_process(process, std::move(inputs), options, services);
    if (!ending || ending->status != store::RunStatus::kDone) state.SkipWithError("the run failed");
    meter.end();
  }
}

void null_site(benchmark::State& state) {
  testing::NullConnector site(64);
  run_on(state, site);
}
BENCHMARK(null_site)
    ->RangeMultiplier(10)
    ->Range(100, 1000000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();

void local_true(benchmark::State& state) {
  const auto folder = *sys::TemporaryDirectory::make("engine-bench-jobs");
  const auto runner = *sys::LocalProcessRunner::make();
  const auto site = *deploy::LocalConnector::make(
      *runner, {.jobs_directory = folder.path() / "jobs", .capacity = {.name = "local", .cores = 4, .ram_mib = 1e6}});
  run_on(state, *site);
}
BENCHMARK(local_true)->Arg(1000)->Unit(benchmark::kMillisecond)->Iterations(1)->UseRealTime();

/// No threads, no journal: the rules alone. Effects are answered at once.
void machine_alone(benchmark::State& state) {
  const flow::Process process = scatter_of_true();
  testing::NullConnector site(64);
  std::vector<engine::Event> events;
  const engine::Work work(site, {}, [&](engine::Event event) { events.push_back(std::move(event)); });
  Meter meter(state);
  for (auto _ : state) {
    core::Value inputs = numbers(state.range(0));
    meter.begin();
    engine::Machine machine(process, site.capacity(), {});
    engine::Reaction reaction;
    machine.start(std::move(inputs), reaction);
    while (!machine.finished()) {
      for (const engine::Effect& effect : std::exchange(reaction.effects, {})) {
        std::visit(
            [&](const auto& wanted) {
              if constexpr (!std::is_same_v<std::decay_t<decltype(wanted)>, engine::CancelJob>) {
                events.push_back(work.perform(wanted));
              }
            },
            effect);
      }
      reaction.records.clear();
      for (engine::Event& event : std::exchange(events, {})) machine.on_event(std::move(event), {}, reaction);
    }
    meter.end();
  }
}
BENCHMARK(machine_alone)->RangeMultiplier(10)->Range(1000, 100000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace alveus
