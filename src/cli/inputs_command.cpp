// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/document_load.hpp"
#include "cli/file_source.hpp"
#include "cli/input_template.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  if (flags.on("template") && flags.on("json")) {
    return core::fail(core::ErrorCode::kInvalidInput, "--template and --json exclude each other");
  }
  const std::string document = flags.text("document");
  ALVEUS_TRY_ASSIGN(const auto process, read_model(document, terminal));
  std::string text = input_table(*process);
  if (flags.on("template")) text = input_template(*process, document);
  if (flags.on("json")) text = core::to_json(input_list(*process), core::JsonStyle::kIndented) + "\n";
  if (!flags.has("output")) {
    terminal.result(text);
    return cmdline::ExitStatus::kDone;
  }
  ALVEUS_TRY(sys::write_file(flags.text("output"), text));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_inputs_command() {
  return {.name = "inputs",
          .summary = "list the inputs of a CWL document, or write a file of them to fill in",
          .details =
              "Prints a line for each input: name, type, whether it is required, and what it is.\n\n"
              "  alveus inputs --template -o inputs.yml main.cwl\n\n"
              "With --template it prints a commented YAML file instead. What is required is empty there; `alveus "
              "validate main.cwl inputs.yml` says what is left to fill in.",
          .flags = {{.name = "template", .kind = cmdline::Flag::Kind::kSwitch, .help = "Write YAML to fill in."},
                    {.name = "json", .kind = cmdline::Flag::Kind::kSwitch, .help = "Write the list as JSON."},
                    {.name = "output",
                     .value_name = "FILE",
                     .help = "Write to a file instead of standard output.",
                     .short_name = "o"},
                    {.name = "document",
                     .help = "The document; #name picks a process.",
                     .required = true,
                     .positional = true}},
          .run = run};
}

}  // namespace alveus::cli
