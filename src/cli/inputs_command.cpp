// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/document_flags.hpp"
#include "cli/document_load.hpp"
#include "cli/file_source.hpp"
#include "cli/input_template.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"

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
  return put_out(text, flags, terminal);
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
                    output_flag(),
                    document_argument()},
          .run = run};
}

}  // namespace alveus::cli
