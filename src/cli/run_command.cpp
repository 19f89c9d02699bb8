// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/document_load.hpp"
#include "cli/workflow_run.hpp"
#include "core/json.hpp"

namespace alveus::cli {
namespace {

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  terminal.set_quiet(flags.on("quiet"));
  const auto options = workflow_run_options(flags);
  if (!options) {
    terminal.error(options.error());
    return cmdline::ExitStatus::kUsage;
  }
  expr::Javascript javascript({});
  ALVEUS_TRY_ASSIGN(const auto document,
                    load_document(flags.text("workflow"), flags.text("inputs"), {}, javascript, terminal));
  const WorkflowRequest request{.document = document, .name = flags.text("workflow")};
  ALVEUS_TRY_ASSIGN(const auto result, run_workflow(request, *options, terminal));
  if (result.status == cmdline::ExitStatus::kDone || result.outputs.is_object()) {
    terminal.result(core::to_json(result.outputs, core::JsonStyle::kIndented) + "\n");
  }
  return result.status;
}

}  // namespace

cmdline::Command make_run_command() {
  cmdline::Command command{
      .name = "run",
      .summary = "run a CWL workflow or tool",
      .details =
          "Runs a CWL v1.0 to v1.2 document with its inputs on this machine. The output object goes to standard "
          "output as JSON, everything else to standard error. Called as `cwl-runner` the command word is left "
          "out.\n\nExit status: 0 done, 1 failed, 2 wrong use, 33 the document needs what this version lacks, "
          "130 interrupted.",
      .flags = workflow_run_flags("."),
      .run = run};
  command.flags.push_back({.name = "workflow",
                           .value_name = "WORKFLOW",
                           .help = "The document; #name picks a process.",
                           .required = true,
                           .positional = true});
  command.flags.push_back(
      {.name = "inputs", .value_name = "INPUTS", .help = "YAML or JSON file with the inputs.", .positional = true});
  return command;
}

}  // namespace alveus::cli
