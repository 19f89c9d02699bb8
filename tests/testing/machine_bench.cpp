// SPDX-License-Identifier: Apache-2.0
#include "testing/machine_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/check.hpp"
#include "core/json.hpp"

namespace alveus::testing {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

constexpr int kTerminated = 143;

}  // namespace

MachineBench::MachineBench(ProcessPointer process, core::Value inputs, engine::MachineOptions options, double cores,
                           engine::ResultReuse* reuse, store::FinishedJobs finished)
    : process_(std::move(process)),
      site_("site", cores),
      work_(site_, {}, [](engine::Event) {}, {.reuse = reuse, .memory_limit = engine::MemoryLimit::kStrict}),
      machine_(*process_, site_.capacity(), options, std::move(finished)) {
  machine_.start(std::move(inputs), reaction_);
  absorb();
}

std::vector<std::string> MachineBench::open() const {
  std::vector<std::string> names;
  for (const Open& open : open_) names.push_back(open.name);
  return names;
}

std::vector<std::string> MachineBench::records() const {
  std::vector<std::string> lines;
  for (const store::Record& record : records_) {
    const store::Row row = store::encode(record);
    lines.push_back(row.kind + " " + row.subject);
  }
  return lines;
}

/// Keeps what the machine said and asked for.
void MachineBench::absorb() {
  for (store::Record& record : reaction_.records) records_.push_back(std::move(record));
  for (engine::Effect& effect : reaction_.effects) {
    const auto named = [&](std::string_view what, engine::ActivityId activity) {
      open_.push_back({.name = std::string(what) + " " + names_[activity], .effect = std::move(effect)});
    };
    std::visit(Overloaded{
                   [&](engine::EvaluateInputs& wanted) {
                     names_[wanted.activity] = wanted.name.text();
                     named("evaluate", wanted.activity);
                   },
                   [&](engine::PrepareJob& wanted) { named("prepare", wanted.activity); },
                   [&](engine::StartJob& wanted) { named("start", wanted.activity); },
                   [&](engine::CollectJob& wanted) { named("collect", wanted.activity); },
                   [&](engine::InspectJob& wanted) { named("inspect", wanted.activity); },
                   [&](engine::CancelJob& wanted) {
                     const auto running = running_.find(wanted.handle);
                     ALVEUS_CHECK(running != running_.end(), "only what runs is cancelled");
                     const auto activity = running->second;
                     std::erase_if(open_, [&](const Open& one) { return one.name == "end " + names_[activity]; });
                     open_.push_back({.name = "cancelled-end " + names_[activity],
                                      .effect = engine::StartJob{.activity = activity, .job = nullptr}});
                   },
               },
               effect);
  }
  reaction_.records.clear();
  reaction_.effects.clear();
}

void MachineBench::take(engine::Event event) {
  machine_.on_event(std::move(event), now_, reaction_);
  absorb();
}

MachineBench::Open MachineBench::remove(const std::string& name) {
  const auto found = std::ranges::find(open_, name, &Open::name);
  ALVEUS_CHECK(found != open_.end(), "the test answers what is open: " + name);
  Open open = std::move(*found);
  open_.erase(found);
  return open;
}

engine::Event MachineBench::truth(const Open& open, int exit_code) {
  if (open.name.starts_with("end ") || open.name.starts_with("cancelled-end ")) {
    const auto activity = std::get<engine::StartJob>(open.effect).activity;
    std::erase_if(running_, [&](const auto& one) { return one.second == activity; });
    const bool killed = open.name.starts_with("cancelled");
    return engine::JobEnded{.activity = activity,
                            .result = deploy::CommandEnd{.exit_code = exit_code, .killed = killed}};
  }
  return std::visit(Overloaded{
                        [](const engine::CancelJob&) -> engine::Event { return engine::TimePassed{}; },
                        [&](const auto& wanted) -> engine::Event { return work_.perform(wanted); },
                    },
                    open.effect);
}

void MachineBench::answer(const std::string& name) {
  const Open open = remove(name);
  const auto* start = std::get_if<engine::StartJob>(&open.effect);
  const int exit_code = start != nullptr && start->job ? std::stoi(start->job->plan.command.at(1)) : kTerminated;
  engine::Event event = truth(open, exit_code);
  if (const auto* started = std::get_if<engine::JobStarted>(&event); started != nullptr && started->result) {
    running_[*started->result] = started->activity;
    running_count_max_ = std::max(running_count_max_, running_.size());
    open_.push_back({.name = "end " + names_[started->activity], .effect = open.effect});
  }
  take(std::move(event));
}

void MachineBench::end(const std::string& job, int exit_code) {
  const bool cancelled = std::ranges::find(open_, "cancelled-end " + job, &Open::name) != open_.end();
  const Open open = remove((cancelled ? "cancelled-end " : "end ") + job);
  take(truth(open, exit_code));
}

void MachineBench::end(const std::string& job, deploy::CommandEnd end) {
  const Open open = remove("end " + job);
  const auto activity = std::get<engine::StartJob>(open.effect).activity;
  std::erase_if(running_, [&](const auto& one) { return one.second == activity; });
  take(engine::JobEnded{.activity = activity, .result = std::move(end)});
}

void MachineBench::fail(const std::string& name, core::ErrorCode code) {
  const Open open = remove(name);
  const auto failure = core::fail(code, "the test fails " + name);
  std::visit(Overloaded{
                 [&](const engine::EvaluateInputs& wanted) {
                   take(engine::InputsEvaluated{.activity = wanted.activity, .result = failure});
                 },
                 [&](const engine::PrepareJob& wanted) {
                   take(engine::JobPrepared{.activity = wanted.activity, .result = failure});
                 },
                 [&](const engine::StartJob& wanted) {
                   take(engine::JobStarted{.activity = wanted.activity, .result = failure});
                 },
                 [&](const engine::CollectJob& wanted) {
                   take(engine::JobCollected{.activity = wanted.activity, .result = failure});
                 },
                 [&](const auto&) { ALVEUS_CHECK(false, "this effect cannot fail"); },
             },
             open.effect);
}

void MachineBench::cancel() { take(engine::CancelRequested{}); }

void MachineBench::pass(std::chrono::milliseconds duration) {
  now_ += duration;
  take(engine::TimePassed{});
}

void MachineBench::pass_to_next_time() {
  const auto wake = machine_.wake_at();
  ALVEUS_CHECK(wake.has_value(), "a run that is not finished waits for an answer or for a time");
  now_ = std::max(now_, *wake);
  take(engine::TimePassed{});
}

void MachineBench::run() {
  while (!finished()) {
    if (open_.empty()) {
      pass_to_next_time();
    } else {
      answer(open_.front().name);
    }
  }
}

void MachineBench::run_shuffled(core::Random& random, double failure_probability) {
  while (!finished()) {
    if (open_.empty()) {
      pass_to_next_time();
      continue;
    }
    const std::string name = open_[random.below(open_.size())].name;
    const bool may_fail = name.starts_with("prepare") || name.starts_with("start");
    if (may_fail && random.chance(failure_probability)) {
      fail(name, core::ErrorCode::kUnavailable);
    } else {
      answer(name);
    }
  }
}

std::string outputs_of(const ProcessPointer& process, core::Value inputs) {
  MachineBench bench(process, std::move(inputs));
  bench.run();
  EXPECT_EQ(bench.machine().active_count(), 0U) << "nothing is left behind";
  const engine::Ending ending = bench.ending();
  EXPECT_EQ(ending.status, store::RunStatus::kDone);
  return core::to_json(ending.outputs);
}

}  // namespace alveus::testing
