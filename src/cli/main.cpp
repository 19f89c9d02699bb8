// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/laboratory_command.hpp"
#include "cmdline/terminal.hpp"

namespace alveus::cli {
namespace {

constexpr std::string_view kSummary =
    "Runs CWL workflows, and the universal pipeline that compares deep models on chest CT. Research use only.";

/// A laboratory command as it stands in the list; `main` hands it to alveus-lab before any of this is asked.
cmdline::Command listed(const LaboratoryCommand& entry) {
  return {.name = std::string(entry.name), .summary = std::string(entry.summary), .takes_rest = true};
}

int run_main(const std::string& program, std::vector<std::string> arguments) {
  cmdline::StandardTerminal terminal;
  if (std::filesystem::path(program).filename() == "cwl-runner" && (arguments.empty() || arguments[0] != "--version")) {
    arguments.insert(arguments.begin(), "run");
  }
  if (arguments.size() >= 2 && arguments[0] == "help" && is_laboratory_command(arguments[1])) {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  if (!arguments.empty() && is_laboratory_command(arguments.front())) {
    const auto status = run_laboratory(arguments);
    if (status) return *status;
    terminal.error(status.error());
    return static_cast<int>(cmdline::ExitStatus::kFailed);
  }
  std::vector<cmdline::Command> commands = make_commands();
  for (const auto& entry : laboratory_commands()) commands.push_back(listed(entry));
  return cmdline::run_program("alveus", ALVEUS_VERSION, kSummary, commands, arguments, terminal);
}

}  // namespace
}  // namespace alveus::cli

int main(int argc, char** argv) {
  try {
    return alveus::cli::run_main(argv[0], std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& failure) {
    alveus::cmdline::StandardTerminal terminal;
    terminal.error({.code = alveus::core::ErrorCode::kInternal, .message = failure.what()});
    return static_cast<int>(alveus::cmdline::ExitStatus::kFailed);
  }
}
