// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/document_load.hpp"
#include "cli/study_inputs.hpp"
#include "cli/workflow_directory.hpp"
#include "cli/workflow_run.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

std::string path_of(const core::Value& outputs, std::string_view name) {
  const core::Value* output = outputs.find(name);
  return output == nullptr ? "" : output->string_or("path", "");
}

/// The ranking as columns, as the CSV has it.
core::Status tell_ranking(const std::string& file, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(file, text));
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns()) widths.push_back(column.size());
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], table.row(row)[i].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string words;
    for (std::size_t i = 0; i < cells.size(); ++i)
      words += cells[i] + std::string(widths[i] - cells[i].size() + 2, ' ');
    terminal.result(words.substr(0, words.find_last_not_of(' ') + 1) + "\n");
  };
  line(table.columns());
  for (std::size_t row = 0; row < table.row_count(); ++row) line(table.row(row));
  return {};
}

/// A variant that failed is data for the workflow and news for the person.
core::Status tell_failed_variants(const std::string& file, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto metrics, core::parse_json_file(file, text));
  const core::Value* failures = metrics.find("failures");
  if (failures == nullptr || !failures->is_array()) return {};
  for (const auto& failure : failures->as_array()) {
    terminal.warning("variant '" + failure.string_or("variant", "") + "' failed in step '" +
                     failure.string_or("step", "") + "': " + failure.string_or("reason", ""));
  }
  return {};
}

/// Outputs of an earlier study would only be in the way when this one has been computed.
core::Status require_room(const std::filesystem::path& outdir) {
  std::error_code failure;
  if (!std::filesystem::exists(outdir, failure)) return {};
  if (std::filesystem::is_directory(outdir, failure) && std::filesystem::is_empty(outdir, failure)) return {};
  return core::fail(core::ErrorCode::kInvalidInput,
                    "--outdir: '" + outdir.string() + "' is not an empty folder; name another, or remove it");
}

cmdline::ExitStatus wrong_use(const core::Error& error, cmdline::Terminal& terminal) {
  terminal.error(error);
  return cmdline::ExitStatus::kUsage;
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  terminal.set_quiet(flags.on("quiet"));
  const auto options = workflow_run_options(flags);
  if (!options) return wrong_use(options.error(), terminal);
  if (options->json_events == "-") {
    return wrong_use({.code = core::ErrorCode::kInvalidInput,
                      .message = "standard output takes the ranking of the study: let --json-events name a file or a "
                                 "descriptor"},
                     terminal);
  }
  const auto study = study_request(flags);
  if (!study) return wrong_use(study.error(), terminal);
  ALVEUS_TRY(require_room(options->outdir));
  ALVEUS_TRY_ASSIGN(const auto workflow, find_workflow(study->workflow));
  expr::Javascript javascript({});
  ALVEUS_TRY_ASSIGN(const auto document, load_document(workflow.string(), "", study->inputs, javascript, terminal));
  ALVEUS_TRY(sys::make_directories(options->outdir));
  ALVEUS_TRY(sys::write_file(options->outdir / "inputs.json",
                             core::to_json(study->inputs, core::JsonStyle::kIndented) + "\n"));
  const WorkflowRequest request{.document = document, .name = study->workflow};
  ALVEUS_TRY_ASSIGN(const auto result, run_workflow(request, *options, terminal));
  if (result.status != cmdline::ExitStatus::kDone) return result.status;
  ALVEUS_TRY(tell_failed_variants(path_of(result.outputs, "metrics"), terminal));
  ALVEUS_TRY(tell_ranking(path_of(result.outputs, "ranking"), terminal));
  terminal.result("report: " + path_of(result.outputs, "report") + "\n");
  return result.status;
}

}  // namespace

cmdline::Command make_study_run_command() {
  cmdline::Command command{
      .name = "study run",
      .summary = "run the universal pipeline on a data set or a phantom",
      .details =
          "Runs workflows/universal.cwl: ingest, window, split, and for every variant train, predict and explain; "
          "then metrics, comparison and report. DIR/inputs.json holds the inputs, so that any CWL runner can "
          "repeat the study. Research use only.",
      .flags = study_flags(),
      .run = run};
  for (auto& flag : workflow_run_flags("out")) command.flags.push_back(std::move(flag));
  return command;
}

}  // namespace alveus::cli
