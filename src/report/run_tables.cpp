// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "core/csv.hpp"
#include "report/number.hpp"
#include "report/run_report.hpp"

namespace alveus::report {
namespace {

std::string since(const RunProfile& profile, sys::WallTime time) {
  return core::number_text(seconds_of(time - profile.begin()));
}

core::Value seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? core::Value(seconds_of(*duration)) : core::Value();
}

core::Value number_or_null(const std::optional<std::int64_t>& number) {
  return number ? core::Value(*number) : core::Value();
}

core::Value value_of(const Phases& phases) {
  return core::Object{{"waiting", seconds_of(phases.waiting)},
                      {"staging", seconds_of(phases.staging)},
                      {"running", seconds_of(phases.running)},
                      {"collecting", seconds_of(phases.collecting)}};
}

}  // namespace

core::Value job_value(const RunProfile& profile, const JobProfile& job) {
  core::Object value{{"job", job.name},
                     {"step", profile.steps[job.step].step.text()},
                     {"state", job.state_name()},
                     {"reused", job.reused},
                     {"attempts", static_cast<std::int64_t>(job.attempts)},
                     {"created", seconds_of(job.created_at - profile.begin())},
                     {"finished", seconds_of(job.finished_at - profile.begin())},
                     {"phases", value_of(job.phases)},
                     {"cores", job.cores},
                     {"cpu", seconds_or_null(job.cpu_time)},
                     {"memory_max_bytes", number_or_null(job.memory_max_bytes)}};
  if (job.exit_code) value.append("exit_code", *job.exit_code);
  if (!job.failure.empty()) value.append("reason", job.failure);
  return value;
}

core::Value step_value(const StepProfile& step) {
  core::Object value{{"step", step.step.text()},
                     {"done", step.done},
                     {"reused", step.reused},
                     {"failed", step.failed},
                     {"skipped", step.skipped},
                     {"running", step.running},
                     {"waiting", step.waiting},
                     {"retries", step.retries},
                     {"phases", value_of(step.phases)},
                     {"running_median", seconds_of(step.running_median)},
                     {"running_max", seconds_of(step.running_max)},
                     {"cpu", seconds_or_null(step.cpu_time)},
                     {"core_seconds", step.core_seconds},
                     {"memory_max_bytes", number_or_null(step.memory_max_bytes)}};
  if (const auto efficiency = step.efficiency()) value.append("efficiency", *efficiency);
  return value;
}

std::string run_csv(const RunProfile& profile) {
  core::CsvTable table({"job", "step", "state", "reused", "attempts", "created", "finished", "waiting", "staging",
                        "running", "collecting", "cores", "cpu", "memory_max_bytes", "exit_code", "reason"});
  for (const JobProfile& job : profile.jobs) {
    table.add({job.name, profile.steps[job.step].step.text(), std::string(job.state_name()),
               job.reused ? "true" : "false", std::to_string(job.attempts), since(profile, job.created_at),
               since(profile, job.finished_at), core::number_text(seconds_of(job.phases.waiting)),
               core::number_text(seconds_of(job.phases.staging)), core::number_text(seconds_of(job.phases.running)),
               core::number_text(seconds_of(job.phases.collecting)), core::number_text(job.cores),
               job.cpu_time ? core::number_text(seconds_of(*job.cpu_time)) : "",
               job.memory_max_bytes ? std::to_string(*job.memory_max_bytes) : "",
               job.exit_code ? std::to_string(*job.exit_code) : "", job.failure});
  }
  return table.text();
}

core::Value run_json(const RunProfile& profile, const RunReportOptions& options) {
  constexpr std::size_t kLoadPoints = 1000;
  core::Array steps;
  for (const StepProfile& step : profile.steps) steps.push_back(step_value(step));
  core::Array jobs;
  for (const JobProfile& job : profile.jobs) jobs.push_back(job_value(profile, job));
  core::Array path;
  for (const std::size_t index : profile.critical_path) path.push_back(profile.jobs[index].name);
  core::Array load;
  for (const Load& at : load_over_time(profile, kLoadPoints)) {
    load.push_back(core::Array{seconds_of(at.at - profile.begin()), at.cores, at.busy});
  }
  core::Array interruptions;
  for (const auto& gap : profile.run.interruptions) {
    interruptions.push_back(core::Array{seconds_of(gap.from - profile.begin()), seconds_of(gap.to - profile.begin())});
  }
  const auto& started = profile.run.started;
  return core::Object{{"format", "alveus-run-report"},
                      {"format_version", 1},
                      {"run", started ? started->run.text() : std::string()},
                      {"document", started ? started->description.string_or("document", "") : std::string()},
                      {"status", options.standing},
                      {"started", time_text(profile.begin()) + "Z"},
                      {"seconds", seconds_of(profile.elapsed())},
                      {"interruptions", std::move(interruptions)},
                      {"steps", std::move(steps)},
                      {"critical_path", std::move(path)},
                      {"load", std::move(load)},
                      {"jobs", std::move(jobs)}};
}

}  // namespace alveus::report
