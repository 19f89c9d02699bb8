// SPDX-License-Identifier: Apache-2.0
#include "cli/run_plan.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/run_cache.hpp"
#include "core/json.hpp"
#include "deploy/local_connector.hpp"
#include "store/cache_comparison.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::cli {
namespace {

using engine::PlannedStep;

constexpr std::size_t kDifferencesShown = 3;

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

std::string miss_text(const store::CacheComparison& comparison, const store::ResultTicket& ticket, sys::WallTime now) {
  const auto nearest = comparison.nearest(ticket.identity, ticket.step, core::RunId(), now);
  if (!nearest) return "the cache holds nothing of this step or tool";
  std::vector<std::string> shown = nearest->differences;
  const std::size_t count = shown.size();
  shown.resize(std::min(count, kDifferencesShown));
  if (count > shown.size()) shown.push_back(fmt::format("{} more differences", count - shown.size()));
  return joined(shown, ", ");
}

std::string names(const std::vector<core::StepPath>& steps) {
  std::string text;
  for (const auto& step : steps) text += (text.empty() ? "" : ", ") + step.text();
  return text;
}

std::string state_text(const PlannedStep& step) {
  if (!step.job_count) return "after " + (step.waits_for.empty() ? "what is before it" : names(step.waits_for));
  std::vector<std::string> parts;
  if (step.reused_count > 0) {
    const std::vector<std::string> runs(step.source_runs.begin(), step.source_runs.end());
    parts.push_back(fmt::format("{}reused from {}", *step.job_count > 1 ? fmt::format("{} ", step.reused_count) : "",
                                runs.size() <= 2 ? "run " + joined(runs, ", ") : fmt::format("{} runs", runs.size())));
  }
  const std::string reasons = joined(step.reasons, "; ");
  if (step.runs_count > 0) {
    const std::string count = *step.job_count > 1 ? fmt::format("{} run", step.runs_count) : "runs";
    parts.push_back(reasons.empty() || step.failing_count > 0 ? count : count + ": " + reasons);
  }
  if (step.failing_count > 0) parts.push_back(fmt::format("{} FAIL: {}", step.failing_count, reasons));
  if (step.skipped_count > 0) parts.push_back(fmt::format("{} skipped by 'when'", step.skipped_count));
  if (parts.empty() && step.kind == PlannedStep::Kind::kExpression) return "evaluated";
  return joined(parts, ", ");
}

std::string resources_text(const PlannedStep& step) {
  if (!step.allotment) return "";
  std::string text = fmt::format("{:g} core{}, {:g} MiB", step.allotment->cores, step.allotment->cores == 1 ? "" : "s",
                                 step.allotment->ram_mib);
  if (!step.container.empty()) text += ", " + step.container;
  return text;
}

std::string_view name_of(PlannedStep::Kind kind) {
  switch (kind) {
    case PlannedStep::Kind::kCommand: return "command";
    case PlannedStep::Kind::kExpression: return "expression";
    case PlannedStep::Kind::kWorkflow: return "workflow";
  }
  return "";
}

core::Value value_of(const PlannedStep& step) {
  const auto number = [](std::size_t count) { return core::Value(static_cast<std::int64_t>(count)); };
  const auto list = [](const auto& items, const auto& text_of) {
    core::Array array;
    for (const auto& item : items) array.push_back(core::Value(text_of(item)));
    return array;
  };
  const auto self = [](const std::string& text) { return text; };
  core::Value value =
      core::Object{{"step", step.path.text()},
                   {"kind", name_of(step.kind)},
                   {"scattered", step.is_scattered},
                   {"jobs", step.job_count ? number(*step.job_count) : core::Value()},
                   {"reused", number(step.reused_count)},
                   {"runs", number(step.runs_count)},
                   {"evaluated", number(step.evaluated_count)},
                   {"skipped", number(step.skipped_count)},
                   {"failing", number(step.failing_count)},
                   {"reasons", list(step.reasons, self)},
                   {"source_runs", list(step.source_runs, self)},
                   {"waits_for", list(step.waits_for, [](const core::StepPath& path) { return path.text(); })}};
  if (step.allotment) {
    value.set("cores", step.allotment->cores);
    value.set("ram_mib", step.allotment->ram_mib);
  }
  if (!step.container.empty()) value.set("container", step.container);
  return value;
}

}  // namespace

std::string plan_text(std::span<const PlannedStep> steps) {
  std::size_t name_width = 4;
  std::size_t resources_width = 9;
  for (const auto& step : steps) {
    name_width = std::max(name_width, step.path.text().size());
    resources_width = std::max(resources_width, resources_text(step).size());
  }
  std::string text = fmt::format("{:<{}}  {:>6}  {:<{}}  {}\n", "STEP", name_width, "JOBS", "RESOURCES",
                                 resources_width, "WHAT HAPPENS");
  std::size_t reused = 0;
  std::size_t runs = 0;
  std::size_t open = 0;
  for (const auto& step : steps) {
    reused += step.reused_count;
    runs += step.runs_count;
    if (!step.job_count) ++open;
    if (step.kind == PlannedStep::Kind::kWorkflow && step.job_count && step.failing_count + step.skipped_count == 0) {
      continue;
    }
    const std::string count = step.job_count ? std::to_string(*step.job_count) : "?";
    text += fmt::format("{:<{}}  {:>6}  {:<{}}  {}\n", step.path.text(), name_width, count, resources_text(step),
                        resources_width, state_text(step));
  }
  text += fmt::format("{} jobs run, {} are reused", runs, reused);
  if (open > 0) text += fmt::format("; {} steps depend on what these yield", open);
  return text + "\n";
}

core::Value plan_value(std::span<const PlannedStep> steps) {
  core::Array list;
  for (const auto& step : steps) list.push_back(value_of(step));
  return core::Object{{"steps", std::move(list)}};
}

core::Result<cmdline::ExitStatus> show_plan(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                            PlanStyle style, cmdline::Terminal& terminal) {
  const sys::RealClock clock;
  const flow::Process& process = *request.document.loaded.process;
  ALVEUS_TRY_ASSIGN(const auto folder, sys::TemporaryDirectory::make("alveus-plan"));
  ALVEUS_TRY_ASSIGN(const auto runner, sys::LocalProcessRunner::make());
  ALVEUS_TRY_ASSIGN(
      const auto connector,
      deploy::LocalConnector::make(
          *runner,
          {.jobs_directory = folder.path() / "jobs",
           .capacity = site_capacity(options, *request.document.loaded.model, *runner),
           .containers = {.choice = options.container,
                          .run = "plan",
                          .environment = sys::current_environment(),
                          .image_directory = core::RemotePath((options.state_directory / "images").string())}}));
  std::unique_ptr<RunCache> cache;
  std::optional<store::CacheComparison> comparison;
  const transfer::WebFiles web(folder.path() / "downloads", {});
  engine::PlanServices services{.connector = *connector, .web = &web};
  // A plan makes no cache: one that is not there holds nothing.
  if (!options.cache.empty() && store::CacheFolder{.path = options.cache}.check()) {
    const store::RunFolder run{.run = core::RunId("plan-" + std::to_string(::getpid())), .path = folder.path()};
    ALVEUS_TRY_ASSIGN(cache, RunCache::open(options.cache, run, process, clock, terminal, RunCache::Use::kPeek));
    ALVEUS_TRY_ASSIGN(comparison, store::CacheComparison::read(cache->folder()));
    services.reuse = &cache->reuse();
    services.explain_miss = [&](const store::ResultTicket& ticket) {
      return miss_text(*comparison, ticket, clock.wall());
    };
  }
  const auto steps = engine::plan_run(process, request.document.inputs, services);
  if (cache) cache->finish(true);
  terminal.result(style == PlanStyle::kJson ? core::to_json(plan_value(steps), core::JsonStyle::kIndented) + "\n"
                                            : plan_text(steps));
  const bool fails = std::ranges::any_of(steps, [](const PlannedStep& step) { return step.failing_count > 0; });
  return fails ? cmdline::ExitStatus::kFailed : cmdline::ExitStatus::kDone;
}

}  // namespace alveus::cli
