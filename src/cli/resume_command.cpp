// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/workflow_run.hpp"
#include "core/json.hpp"

namespace alveus::cli {
namespace {

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  terminal.set_quiet(flags.on("quiet"));
  ALVEUS_TRY_ASSIGN(const auto state, state_directory_of(flags));
  ALVEUS_TRY_ASSIGN(const auto folder, store::find_run_folder(state / "runs", flags.text("run")));
  ALVEUS_TRY_ASSIGN(const auto result, resume_workflow(folder, flags, terminal));
  if (result.outputs.is_object() && !result.outputs_told) {
    terminal.result(core::to_json(result.outputs, core::JsonStyle::kIndented) + "\n");
  }
  return result.status;
}

}  // namespace

cmdline::Command make_resume_command() {
  cmdline::Command command{
      .name = "resume",
      .summary = "go on with a run that was killed, interrupted or failed",
      .details =
          "Goes on where the run stopped: finished jobs are not run again, all others begin anew, and the outputs are "
          "those of a run that nothing disturbed. The documents and inputs are those the run was started with, "
          "whatever "
          "became of the files since; flags replace what was given then. A run that is done gives its output object "
          "again.\n\nRUN is the id that `alveus run` told, the beginning of one, or `last`.",
      .flags = resume_flags(),
      .run = run};
  command.flags.push_back(
      {.name = "run", .value_name = "RUN", .help = "Which run.", .fallback = "last", .positional = true});
  return command;
}

}  // namespace alveus::cli
