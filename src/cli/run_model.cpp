// SPDX-License-Identifier: Apache-2.0
#include "cli/run_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace alveus::cli {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kTimedMin = 3;

/// "/train" for the job "/train/0.4"; "/" for "/0", the job of a run of one tool.
std::string step_path_of(const core::JobId& job) {
  const auto slash = job.text().rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : job.text().substr(0, slash);
}

std::string step_name(const std::string& path) { return path == "/" ? "tool" : path.substr(path.starts_with('/')); }

}  // namespace

std::string job_text(const core::JobId& job) {
  const std::string& text = job.text();
  const auto slash = text.rfind('/');
  if (slash == std::string::npos) return text;
  const std::string tag = text.substr(slash + 1);
  const std::string step = slash == 0 ? "tool" : text.substr(1, slash - 1);
  return step + (tag == "0" ? "" : " " + tag);
}

std::string duration_text(microseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{}:{:02} min", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02} h", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

RunModel::RunModel(const flow::Process& root, sys::SteadyTime now) : started_(now) {
  if (const auto* workflow = std::get_if<flow::Workflow>(&root.body)) {
    add_steps(*workflow, "");
  } else {
    steps_[step_of("/")].is_tool = true;
  }
}

void RunModel::add_steps(const flow::Workflow& workflow, const std::string& path) {
  for (const flow::Step& step : workflow.steps) {
    const std::string own_path = path + "/" + step.name;
    const auto* inner = std::get_if<flow::Workflow>(&step.process->body);
    steps_[step_of(own_path)].is_tool = inner == nullptr;
    if (inner != nullptr) add_steps(*inner, own_path);
  }
}

std::size_t RunModel::step_of(const std::string& path) {
  const auto [place, is_new] = index_.try_emplace(path, steps_.size());
  if (is_new) steps_.push_back({.name = step_name(path)});
  return place->second;
}

void RunModel::set_counts(const core::StepPath& step, const engine::StepCounts& counts) {
  steps_[step_of(step.text())].counts = counts;
}

void RunModel::add(const store::Record& record, sys::SteadyTime now) {
  if (const auto* started = std::get_if<store::JobStarted>(&record)) {
    const std::size_t index = step_of(step_path_of(started->job));
    const auto [_, is_new] =
        running_.try_emplace(started->job, Job{.step = index, .started = now, .handle = started->handle});
    if (!is_new) return;
    ++steps_[index].running_count;
    if (!steps_[index].begun_at) steps_[index].begun_at = now;
  } else if (const auto* ended = std::get_if<store::JobEnded>(&record)) {
    const auto job = running_.find(ended->job);
    if (job == running_.end()) return;
    Step& step = steps_[job->second.step];
    --step.running_count;
    if (ended->outcome.kind == flow::JobOutcome::Kind::kSuccess) {
      ++step.timed_count;
      step.ended_at = now;
      step.timed_sum += std::chrono::duration_cast<microseconds>(now - job->second.started);
    }
    running_.erase(job);
  } else if (std::holds_alternative<store::JobRetried>(record)) {
    ++retried_;
  } else if (std::holds_alternative<store::JobReused>(record)) {
    ++reused_;
  }
}

RunModel::Totals RunModel::totals() const {
  Totals totals{.running = running_.size(), .retried = retried_, .reused = reused_};
  for (const Step& step : steps_) {
    if (step.total() == 0) ++totals.steps_to_come;
    totals.failed += step.counts.failed;
    if (!step.is_tool) continue;
    totals.over += step.over();
    totals.known += step.total();
    totals.skipped += step.counts.skipped;
    totals.blocked += step.counts.blocked;
  }
  return totals;
}

std::optional<microseconds> RunModel::time_left(const Step& step, sys::SteadyTime now) const {
  const std::size_t left = step.total() - step.over();
  if (step.timed_count < kTimedMin || left == 0 || !step.begun_at) return std::nullopt;
  const microseconds mean = step.timed_sum / static_cast<std::int64_t>(step.timed_count);
  // Of short jobs hardly one is seen running: what counts is how many end in a time.
  constexpr microseconds kShort = std::chrono::seconds(2);
  constexpr std::chrono::seconds kIdle{5};
  if (mean < kShort && step.running_count == 0 && now - step.ended_at > kIdle) return std::nullopt;
  if (mean < kShort) {
    const auto passed = std::chrono::duration_cast<microseconds>(now - *step.begun_at);
    return passed * static_cast<std::int64_t>(left) / static_cast<std::int64_t>(step.timed_count);
  }
  if (step.running_count == 0) return std::nullopt;
  microseconds work = mean * static_cast<std::int64_t>(left - std::min(left, step.running_count));
  microseconds longest{0};
  for (const auto& [_, job] : running_) {
    if (&steps_[job.step] != &step) continue;
    // One that takes longer than the others did may take any time; a tenth of theirs is the least.
    const auto passed = std::chrono::duration_cast<microseconds>(now - job.started);
    const microseconds rest = std::max(mean - passed, mean / 10);
    work += rest;
    longest = std::max(longest, rest);
  }
  return std::max(longest, work / static_cast<std::int64_t>(step.running_count));
}

std::optional<microseconds> RunModel::time_left(sys::SteadyTime now) const {
  microseconds longest{0};
  for (const Step& step : steps_) {
    if (!step.is_tool || step.is_over()) continue;
    const auto left = time_left(step, now);
    if (!left) return std::nullopt;
    longest = std::max(longest, *left);
  }
  if (longest.count() == 0) return std::nullopt;
  return longest;
}

}  // namespace alveus::cli
