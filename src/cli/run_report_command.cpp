// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <unordered_map>
#include <utility>

#include "cli/commands.hpp"
#include "cli/run_document.hpp"
#include "cli/run_records.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "report/run_report.hpp"
#include "store/run_history.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;

constexpr std::size_t kLogsShownMax = 20;
constexpr std::size_t kLogBytesMax = 4096;

/// Where the cause of a failure most likely stands, last.
std::size_t rank_of(std::string_view stream) { return stream == "stderr" ? 3 : stream == "log" ? 2 : 1; }

/// The ends of the logs of the first jobs that failed.
core::Result<std::vector<report::FailureLog>> failure_logs(const store::RunFolder& folder,
                                                           const report::RunProfile& profile) {
  struct Best {
    std::size_t attempts = 0;
    std::size_t rank = 0;
    std::string text;
  };
  std::unordered_map<std::string, Best> texts;
  std::vector<std::string> order;
  for (const auto& job : profile.jobs) {
    if (job.state != store::JobState::kFailed || order.size() == kLogsShownMax) continue;
    order.push_back(job.name);
    texts[job.name].attempts = job.attempts;
  }
  std::vector<report::FailureLog> logs;
  if (order.empty()) return logs;
  const auto wants = [&](const std::string& job) { return texts.contains(job); };
  ALVEUS_TRY_ASSIGN(const auto kept, store::read_kept_logs(folder.journal_file(), wants));
  for (const auto& log : kept) {
    Best& best = texts[log.job.text()];
    if (log.attempt + 1 != best.attempts || rank_of(log.stream) <= best.rank) continue;
    const std::size_t cut = log.text.size() > kLogBytesMax ? log.text.size() - kLogBytesMax : 0;
    best = {.attempts = best.attempts, .rank = rank_of(log.stream), .text = log.text.substr(cut)};
  }
  for (const std::string& job : order) {
    if (!texts[job].text.empty()) logs.push_back({.job = job, .text = std::move(texts[job].text)});
  }
  return logs;
}

core::Result<ExitStatus> run_report(const cmdline::Flags& flags, std::span<const std::string>,
                                    cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto folder, run_folder_of(flags));
  // Without the document the critical path follows from the times alone.
  const auto document = load_run_document(folder.documents_file());
  const auto graph = document ? step_graph_of(*document->process) : report::StepGraph{};
  ALVEUS_TRY_ASSIGN(const auto run, profile_run(folder, document ? &graph : nullptr));
  const report::RunProfile& profile = run.profile;
  report::RunReportOptions options{.standing = run.standing, .logs = {}};
  ALVEUS_TRY_ASSIGN(options.logs, failure_logs(folder, profile));
  const bool only_tables = (flags.has("csv") || flags.has("json")) && !flags.has("out");
  const auto write = [&](const std::string& file, const std::string& text) -> core::Status {
    ALVEUS_TRY(sys::write_file(file, text));
    terminal.message("report of run " + folder.run.text() + " in " + file);
    return {};
  };
  if (flags.has("csv")) ALVEUS_TRY(write(flags.text("csv"), report::run_csv(profile)));
  if (flags.has("json")) {
    const auto value = report::run_json(profile, options);
    ALVEUS_TRY(write(flags.text("json"), core::to_json(value) + "\n"));
  }
  if (only_tables) return ExitStatus::kDone;
  const std::string out = flags.has("out") ? flags.text("out") : "report-" + folder.run.text() + ".html";
  ALVEUS_TRY(write(out, report::render_run_report(profile, options)));
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_report_command() {
  return {.name = "report",
          .summary = "make a page of one run: where its time went",
          .details =
              "Writes one HTML page that needs no other file and no network: a timeline of the steps with waiting, "
              "staging and run time, the cores in use, the critical path, processor time and memory of each step and "
              "of the longest jobs, and what failed. The same as tables: --csv has a line for each job, --json "
              "everything. Works while the run is under way.\n\nThe report of a study is 'alveus study report'.",
          .flags = {run_argument(),
                    {.name = "out",
                     .value_name = "FILE",
                     .help = "The page; report-RUN.html without it, unless only tables are asked for.",
                     .short_name = "o"},
                    {.name = "csv", .value_name = "FILE", .help = "A table of all jobs."},
                    {.name = "json", .value_name = "FILE", .help = "All of it as JSON."},
                    state_flag()},
          .run = run_report};
}

}  // namespace alveus::cli
