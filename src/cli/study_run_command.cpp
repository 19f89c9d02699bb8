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

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  terminal.set_quiet(flags.on("quiet"));
  ALVEUS_TRY_ASSIGN(const auto options, workflow_run_options(flags));
  ALVEUS_TRY_ASSIGN(const auto study, study_request(flags));
  ALVEUS_TRY_ASSIGN(const auto workflow, find_workflow(study.workflow));
  expr::Javascript javascript({});
  ALVEUS_TRY_ASSIGN(const auto document, load_document(workflow.string(), "", study.inputs, javascript, terminal));
  ALVEUS_TRY(sys::make_directories(options.outdir));
  ALVEUS_TRY(
      sys::write_file(options.outdir / "inputs.json", core::to_json(study.inputs, core::JsonStyle::kIndented) + "\n"));
  const WorkflowRequest request{.process = *document.loaded.process,
                                .inputs = document.inputs,
                                .document = study.workflow,
                                .document_hash = document.hash};
  ALVEUS_TRY_ASSIGN(const auto result, run_workflow(request, options, terminal));
  if (result.status != cmdline::ExitStatus::kDone) return result.status;
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
