// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/run_records.hpp"
#include "cli/workflow_run_options.hpp"
#include "cmdline/terminal.hpp"
#include "cmdline/text_table.hpp"
#include "core/json.hpp"
#include "report/number.hpp"
#include "store/run_history.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

/// A run as the list shows it.
struct Line {
  store::RunListing run;
  std::string standing;
  store::JobCounts jobs;
};

std::chrono::microseconds elapsed(const Line& line) { return line.run.last_record_at - line.run.started_at; }

core::Value value_of(const Line& line) {
  return core::Object{{"run", line.run.folder.run.text()},
                      {"started", report::time_text(line.run.started_at) + "Z"},
                      {"status", line.standing},
                      {"document", line.run.description.string_or("document", "")},
                      {"outdir", line.run.description.string_or("outdir", "")},
                      {"jobs", core::Object{{"done", line.jobs.done},
                                            {"reused", line.jobs.reused},
                                            {"failed", line.jobs.failed},
                                            {"skipped", line.jobs.skipped}}},
                      {"seconds", std::chrono::duration<double>(elapsed(line)).count()},
                      {"folder", line.run.folder.path.string()}};
}

std::string table_of(const std::vector<Line>& lines) {
  cmdline::TextTable table({"RUN", "STARTED (UTC)", "STATUS", "TIME", "DONE", "FAILED", "DOCUMENT"}, {3, 4, 5});
  for (const Line& line : lines) {
    table.add({line.run.folder.run.text(), report::time_text(line.run.started_at), line.standing,
               report::elapsed_text(elapsed(line)), std::to_string(line.jobs.done), std::to_string(line.jobs.failed),
               line.run.description.string_or("document", "")});
  }
  return table.text();
}

core::Result<ExitStatus> run_runs(const cmdline::Flags& flags, std::span<const std::string>,
                                  cmdline::Terminal& terminal) {
  if (flags.integer("limit") < 0) {
    return core::fail(core::ErrorCode::kInvalidInput, "--limit takes 0 (all runs) or more");
  }
  const auto limit = static_cast<std::size_t>(flags.integer("limit"));
  ALVEUS_TRY_ASSIGN(const auto state, state_directory_of(flags));
  // One more than asked for tells whether there are more.
  ALVEUS_TRY_ASSIGN(auto runs, store::list_runs(state / "runs", limit == 0 ? SIZE_MAX : limit + 1));
  std::ranges::reverse(runs);  // the latest first
  const bool has_more = limit > 0 && runs.size() > limit;
  if (has_more) runs.resize(limit);
  std::vector<Line> lines;
  for (auto& run : runs) {
    // A run that goes away meanwhile is a run less.
    auto jobs = store::count_jobs(run.folder.journal_file());
    if (!jobs) continue;
    const std::string standing = standing_of(run.folder.path, run.status);
    lines.push_back({.run = std::move(run), .standing = standing, .jobs = *jobs});
  }
  if (flags.on("json")) {
    core::Array values;
    for (const Line& line : lines) values.push_back(value_of(line));
    terminal.result(core::to_json(values, core::JsonStyle::kIndented) + "\n");
    return ExitStatus::kDone;
  }
  if (lines.empty()) {
    terminal.message("no runs in " + (state / "runs").string());
    return ExitStatus::kDone;
  }
  terminal.result(table_of(lines));
  if (has_more) terminal.message("there are older ones: --limit 0 shows all");
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_runs_command() {
  return {.name = "runs",
          .summary = "list the runs",
          .details =
              "One line a run, the latest first: its id, when it began, how it stands, how long it took, and how "
              "many jobs are done and failed. \"under way\": its controller lives on this machine; \"lost\": it "
              "did not end and has no controller, so 'alveus resume' goes on with it.",
          .flags = {{.name = "limit",
                     .kind = Kind::kInteger,
                     .value_name = "N",
                     .help = "How many to show; 0 for all.",
                     .fallback = "20",
                     .short_name = "n"},
                    {.name = "json", .kind = Kind::kSwitch, .help = "A JSON list, for programs."},
                    state_flag()},
          .run = run_runs};
}

}  // namespace alveus::cli
