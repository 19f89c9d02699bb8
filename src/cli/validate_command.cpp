// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/document_flags.hpp"
#include "cli/findings.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"

namespace alveus::cli {
namespace {

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  const std::string document = flags.text("document");
  const DocumentFindings findings = find_faults(document, flags.text("inputs"));
  if (flags.on("json")) {
    terminal.result(core::to_json(findings_object(findings), core::JsonStyle::kIndented) + "\n");
  } else {
    for (const auto& warning : findings.warnings) terminal.warning(warning.text());
    for (const auto& error : findings.errors) terminal.error(error);
    const std::string warnings = findings.warnings.empty() ? "" : ", " + counted(findings.warnings.size(), "warning");
    terminal.result(document + ": " + (findings.is_valid() ? "valid" : counted(findings.errors.size(), "error")) +
                    warnings + "\n");
  }
  if (findings.is_valid()) return cmdline::ExitStatus::kDone;
  return findings.code() == core::ErrorCode::kUnsupported ? cmdline::ExitStatus::kUnsupported
                                                          : cmdline::ExitStatus::kFailed;
}

}  // namespace

cmdline::Command make_validate_command() {
  return {.name = "validate",
          .summary = "check a CWL document, and inputs for it, without running anything",
          .details =
              "Reports all errors and warnings at once, each with its file, line and column: of the document, of all "
              "that it runs, of the scripts in its expressions, and of the inputs where a file is named.\n\n"
              "Exit status: 0 valid, 1 errors, 33 nothing but features that this version lacks.",
          .flags = {{.name = "json",
                     .kind = cmdline::Flag::Kind::kSwitch,
                     .help = "Write the findings as one JSON object to standard output."},
                    document_argument(),
                    {.name = "inputs", .help = "YAML or JSON file with the inputs.", .positional = true}},
          .run = run};
}

}  // namespace alveus::cli
