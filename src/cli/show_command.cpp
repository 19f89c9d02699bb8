// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/run_records.hpp"
#include "cmdline/terminal.hpp"
#include "cmdline/text_table.hpp"
#include "core/json.hpp"
#include "report/number.hpp"
#include "report/run_profile.hpp"
#include "report/run_report.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;
using report::RunProfile;
using report::StepProfile;
using store::JobState;

/// Failures told in full; the rest are counted.
constexpr std::size_t kFailuresShown = 10;

const core::Value* described(const RunProfile& profile, std::string_view key) {
  return profile.run.started ? profile.run.started->description.find(key) : nullptr;
}

std::string described_text(const RunProfile& profile, std::string_view key) {
  const core::Value* found = described(profile, key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

std::string count_or_blank(std::int64_t count) { return count == 0 ? "" : std::to_string(count); }

std::string state_text(const report::JobProfile& job) { return job.reused ? "reused" : std::string(job.state_name()); }

std::string step_text(const core::StepPath& step) { return step.text() == "/" ? "(the tool)" : step.text(); }

void tell_values(std::string& text, std::string_view title, const core::Value* values) {
  if (values == nullptr || !values->is_object() || values->as_object().empty()) return;
  text += "\n" + std::string(title) + "\n";
  std::size_t width = 0;
  for (const auto& [name, value] : values->as_object()) width = std::max(width, cmdline::columns_of(name));
  for (const auto& [name, value] : values->as_object()) {
    text += "  " + name + std::string(width - cmdline::columns_of(name), ' ') + "  " + value_text(value) + "\n";
  }
}

/// What stands for a figure of a command that ended and could not be measured.
std::string unknown_if(bool ended) { return ended ? "?" : ""; }

void tell_steps(std::string& text, const RunProfile& profile) {
  if (profile.steps.empty()) return;
  const StepProfile whole = profile.whole();
  const bool any_reused = whole.reused > 0;
  const bool any_retried = whole.retries > 0;
  std::vector<std::string> heads = {"STEP", "DONE", "FAILED", "SKIPPED", "RUNNING", "WAITING"};
  if (any_reused) heads.emplace_back("REUSED");
  if (any_retried) heads.emplace_back("RETRIES");
  heads.insert(heads.end(), {"MEDIAN", "LONGEST", "CPU", "MEMORY"});
  std::vector<std::size_t> numbers;
  for (std::size_t i = 1; i < heads.size(); ++i) numbers.push_back(i);
  cmdline::TextTable table(heads, numbers);
  for (const StepProfile& step : profile.steps) {
    std::vector<std::string> cells = {step_text(step.step),         count_or_blank(step.done),
                                      count_or_blank(step.failed),  count_or_blank(step.skipped),
                                      count_or_blank(step.running), count_or_blank(step.waiting)};
    if (any_reused) cells.push_back(count_or_blank(step.reused));
    if (any_retried) cells.push_back(count_or_blank(step.retries));
    const bool ran = step.running_max.count() > 0 || step.cpu_time;
    cells.push_back(ran ? report::elapsed_text(step.running_median) : "");
    cells.push_back(ran ? report::elapsed_text(step.running_max) : "");
    cells.push_back(step.cpu_time ? report::elapsed_text(*step.cpu_time) : unknown_if(ran));
    cells.push_back(step.memory_max_bytes ? report::bytes_text(*step.memory_max_bytes) : unknown_if(ran));
    table.add(std::move(cells));
  }
  text += "\nsteps\n" + table.text("  ");
}

void tell_failures(std::string& text, const ProfiledRun& shown) {
  std::vector<const report::JobProfile*> failed;
  for (const auto& job : shown.profile.jobs) {
    if (job.state == JobState::kFailed) failed.push_back(&job);
  }
  if (failed.empty()) return;
  text += "\nfailures\n";
  for (std::size_t i = 0; i < failed.size() && i < kFailuresShown; ++i) {
    std::string reason = failed[i]->failure;
    for (std::size_t at = 0; (at = reason.find('\n', at)) != std::string::npos; at += 5)
      reason.replace(at, 1, "\n    ");
    text += "  " + failed[i]->name + ": " + reason + "\n";
    if (!failed[i]->occupations.empty()) {
      text += "    its log: alveus logs " + shown.folder.run.text() + " " + failed[i]->name + "\n";
    }
  }
  if (failed.size() > kFailuresShown) {
    text += "  and " + std::to_string(failed.size() - kFailuresShown) + " more: alveus show " +
            shown.folder.run.text() + " --jobs\n";
  }
}

void tell_jobs(std::string& text, const RunProfile& profile) {
  cmdline::TextTable table(
      {"JOB", "STATE", "ATTEMPTS", "WAITING", "STAGING", "RUNNING", "COLLECTING", "CPU", "MEMORY", "EXIT"},
      {2, 3, 4, 5, 6, 7, 8, 9});
  for (const auto& job : profile.jobs) {
    const bool ran = job.attempts > 0;
    const bool ended = job.exit_code.has_value();
    const auto time = [&](report::Duration duration) { return ran ? report::elapsed_text(duration) : std::string(); };
    table.add({job.name, state_text(job), count_or_blank(static_cast<std::int64_t>(job.attempts)),
               time(job.phases.waiting), time(job.phases.staging), time(job.phases.running),
               time(job.phases.collecting), job.cpu_time ? report::elapsed_text(*job.cpu_time) : unknown_if(ended),
               job.memory_max_bytes ? report::bytes_text(*job.memory_max_bytes) : unknown_if(ended),
               job.exit_code ? std::to_string(*job.exit_code) : ""});
  }
  text += "\njobs\n" + table.text("  ");
}

std::string text_of(const ProfiledRun& shown, bool with_jobs) {
  const RunProfile& profile = shown.profile;
  std::string text = "run " + shown.folder.run.text() + "  " + shown.standing + "\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += "  " + std::string(name) + std::string(10 - name.size(), ' ') + value + "\n";
  };
  line("document", described_text(shown.profile, "document"));
  line("started", report::time_text(profile.begin()) + " UTC");
  line("took", report::elapsed_text(profile.elapsed()));
  for (const auto& gap : profile.run.interruptions) {
    line("resumed", report::time_text(gap.to) + " UTC, after " + report::elapsed_text(gap.to - gap.from) +
                        " without a controller");
  }
  line("outdir", described_text(shown.profile, "outdir"));
  line("folder", shown.folder.path.string());
  tell_values(text, "inputs", described(shown.profile, "inputs"));
  tell_steps(text, profile);
  if (with_jobs) tell_jobs(text, profile);
  tell_failures(text, shown);
  const auto& ended = profile.run.ended;
  const bool only_run_failed = ended && profile.whole().failed == 0 && !ended->reason.empty();
  if (only_run_failed) text += "\nreason\n  " + ended->reason + "\n";
  if (ended) tell_values(text, "outputs", &ended->outputs);
  if (can_resume(shown.standing)) text += "\nto go on with it: alveus resume " + shown.folder.run.text() + "\n";
  return text;
}

core::Value value_of(const ProfiledRun& shown, bool with_jobs) {
  const RunProfile& profile = shown.profile;
  core::Array steps;
  for (const StepProfile& step : profile.steps) steps.push_back(report::step_value(step));
  core::Array failures;
  core::Array jobs;
  for (const auto& job : profile.jobs) {
    if (job.state == JobState::kFailed) failures.push_back(core::Object{{"job", job.name}, {"reason", job.failure}});
    if (with_jobs) jobs.push_back(report::job_value(profile, job));
  }
  const core::Value* inputs = described(shown.profile, "inputs");
  core::Object value{{"run", shown.folder.run.text()},
                     {"status", shown.standing},
                     {"document", described_text(shown.profile, "document")},
                     {"started", report::time_text(profile.begin()) + "Z"},
                     {"seconds", report::seconds_of(profile.elapsed())},
                     {"resumed", static_cast<std::int64_t>(profile.run.interruptions.size())},
                     {"outdir", described_text(shown.profile, "outdir")},
                     {"folder", shown.folder.path.string()},
                     {"inputs", inputs == nullptr ? core::Value() : *inputs},
                     {"outputs", profile.run.ended ? profile.run.ended->outputs : core::Value()},
                     {"reason", profile.run.ended ? profile.run.ended->reason : std::string()},
                     {"can_resume", can_resume(shown.standing)},
                     {"steps", std::move(steps)},
                     {"failures", std::move(failures)}};
  if (with_jobs) value.append("jobs", std::move(jobs));
  return value;
}

core::Result<ExitStatus> run_show(const cmdline::Flags& flags, std::span<const std::string>,
                                  cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(auto folder, run_folder_of(flags));
  ALVEUS_TRY_ASSIGN(const auto shown, profile_run(std::move(folder)));
  terminal.result(flags.on("json") ? core::to_json(value_of(shown, flags.on("jobs")), core::JsonStyle::kIndented) + "\n"
                                   : text_of(shown, flags.on("jobs")));
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_show_command() {
  return {.name = "show",
          .summary = "show one run: inputs, steps, failures, outputs",
          .details =
              "How a run stands, also while it is under way: what it was started with, how many jobs of each "
              "step are done, what failed and why, what came out, and how to go on with it.",
          .flags = {run_argument(),
                    {.name = "jobs", .kind = Kind::kSwitch, .help = "List every job too."},
                    {.name = "json", .kind = Kind::kSwitch, .help = "A JSON object, for programs."},
                    state_flag()},
          .run = run_show};
}

}  // namespace alveus::cli
