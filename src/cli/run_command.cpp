// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/document_load.hpp"
#include "cli/input_flags.hpp"
#include "cli/run_plan.hpp"
#include "cli/workflow_run.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"

namespace alveus::cli {
namespace {

cmdline::ExitStatus wrong_use(const core::Error& error, cmdline::Terminal& terminal) {
  terminal.error(error);
  return cmdline::ExitStatus::kUsage;
}

std::vector<cmdline::Flag> run_flags() {
  auto flags = workflow_run_flags(".");
  flags.push_back({.name = "plan",
                   .kind = cmdline::Flag::Kind::kSwitch,
                   .help = "Runs nothing; says what would run, what the cache would save, and why."});
  flags.push_back({.name = "json", .kind = cmdline::Flag::Kind::kSwitch, .help = "Writes the plan as JSON."});
  flags.push_back({.name = "workflow",
                   .value_name = "WORKFLOW",
                   .help = "The document; #name picks a process.",
                   .required = true,
                   .positional = true});
  flags.push_back({.name = "inputs",
                   .value_name = "INPUTS",
                   .help = "YAML or JSON file with the inputs; - for standard input.",
                   .positional = true});
  return flags;
}

/// The flags that may stand among the inputs: all but the positionals that were given.
std::vector<cmdline::Flag> flags_among_inputs(const cmdline::Flags& given) {
  auto flags = run_flags();
  std::erase_if(flags, [&](const cmdline::Flag& flag) { return flag.positional && given.has(flag.name); });
  return flags;
}

std::string help_on_inputs(const cmdline::Flags& flags, const OpenedDocument& opened) {
  return input_help(*opened.loaded.model, flags.text("workflow"), flags_among_inputs(flags));
}

core::Result<std::string> more_help(const cmdline::Flags& flags) {
  if (!flags.has("workflow")) return std::string();
  expr::Javascript javascript({});
  cmdline::StandardTerminal terminal;
  ALVEUS_TRY_ASSIGN(const auto opened, open_document(flags.text("workflow"), "", javascript, terminal));
  return help_on_inputs(flags, opened);
}

/// Nothing but missing inputs is wrong: says how to give them.
core::Error with_remedy(core::Error error, const cmdline::Flags& flags, const OpenedDocument& opened) {
  const auto engine_flags = flags_among_inputs(flags);
  std::string missing;
  for (const cwl::InputParameter& input : opened.loaded.model->inputs) {
    if (input.type.is_optional() || input.fallback || opened.object.inputs.find(input.name) != nullptr) continue;
    missing += (missing.empty() ? "" : " ") + flag_of_input(input, engine_flags);
  }
  if (missing.empty()) return error;
  return std::move(error).with("give what is missing as '" + missing + "' or in a file of inputs ('alveus inputs " +
                               flags.text("workflow") + " --template' writes one)");
}

core::Result<cmdline::ExitStatus> run_opened(const cmdline::Flags& flags, OpenedDocument opened,
                                             const WorkflowRunOptions& options, cmdline::Terminal& terminal) {
  const OpenedDocument asked = opened;
  auto document = with_checked_inputs(std::move(opened), terminal);
  if (!document) return core::fail(with_remedy(std::move(document).error(), flags, asked));
  const WorkflowRequest request{.document = *document, .name = flags.text("workflow")};
  if (flags.on("plan")) {
    return show_plan(request, options, flags.on("json") ? PlanStyle::kJson : PlanStyle::kText, terminal);
  }
  ALVEUS_TRY_ASSIGN(const auto result, run_workflow(request, options, terminal));
  const bool has_outputs = result.status == cmdline::ExitStatus::kDone || result.outputs.is_object();
  if (has_outputs && !result.outputs_told) {
    terminal.result(core::to_json(result.outputs, core::JsonStyle::kIndented) + "\n");
  }
  return result.status;
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& first_flags, std::span<const std::string> rest,
                                      cmdline::Terminal& terminal) {
  cmdline::Flags flags = first_flags;
  terminal.set_quiet(flags.on("quiet"));
  if (const auto options = workflow_run_options(flags); !options) return wrong_use(options.error(), terminal);
  expr::Javascript javascript({});
  const std::string workflow = flags.text("workflow");
  ALVEUS_TRY_ASSIGN(auto opened, open_document(workflow, flags.text("inputs"), javascript, terminal));
  const auto arguments = read_input_arguments(*opened.loaded.model, flags_among_inputs(flags), rest);
  if (!arguments) {
    terminal.error(arguments.error());
    terminal.message("'alveus run " + workflow + " --help' shows its inputs");
    return cmdline::ExitStatus::kUsage;
  }
  if (arguments->wants_help) {
    terminal.result(help_on_inputs(flags, opened));
    return cmdline::ExitStatus::kDone;
  }
  for (const auto& flag : run_flags()) {
    if (arguments->engine_flags.has(flag.name)) flags.set(flag.name, arguments->engine_flags.list(flag.name));
  }
  terminal.set_quiet(flags.on("quiet"));
  const auto options = workflow_run_options(flags);
  if (!options) return wrong_use(options.error(), terminal);
  if (!arguments->inputs_file.empty()) {
    auto again = open_document(workflow, arguments->inputs_file, javascript, terminal);
    if (!again) return core::fail(std::move(again).error().with("when reading the inputs"));
    opened = *std::move(again);
  }
  set_inputs(opened.object, arguments->values);
  return run_opened(flags, std::move(opened), *options, terminal);
}

}  // namespace

cmdline::Command make_run_command() {
  return {.name = "run",
          .summary = "run a CWL workflow or tool",
          .details =
              "Runs a CWL v1.0 to v1.2 document with its inputs on this machine. The output object goes to standard "
              "output as JSON, everything else to standard error. Called as `cwl-runner` the command word is left "
              "out.\n\nInputs may stand in a file, or as flags behind the document, which win over the file:\n\n"
              "  alveus run --outdir out tool.cwl inputs.yml --message hello --item a --item b\n"
              "  make-inputs | alveus run --outdir out tool.cwl -\n\n"
              "`alveus run DOCUMENT --help` lists them. A flag of this command is taken as such wherever it stands; "
              "behind \"--\" every flag is an input.\n\n"
              "Exit status: 0 done, 1 failed, 2 wrong use, 33 the document needs what this version lacks, "
              "130 interrupted.",
          .flags = run_flags(),
          .takes_rest = true,
          .rest_name = "--INPUT VALUE",
          .run = run,
          .more_help = more_help};
}

}  // namespace alveus::cli
