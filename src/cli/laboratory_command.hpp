// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "cmdline/command.hpp"
#include "core/result.hpp"

namespace alveus::cli {

/// True for a subcommand that the program `alveus-lab` carries out: it needs LibTorch or ITK, which `alveus` must not
/// link (a program that links LibTorch spends half a second loading it before `main`).
bool is_laboratory_command(std::string_view name);

/// The laboratory's subcommands for the list in --help: name and summary.
struct LaboratoryCommand {
  std::string_view name;
  std::string_view summary;
};
std::span<const LaboratoryCommand> laboratory_commands();

/// Runs `alveus-lab` beside the running executable with `arguments` (the subcommand first). Without --record-failure
/// this process becomes that program. With it, whatever ends the program but an interruption leaves a file
/// failure.json {"variant", "step", "reason"}: in the folder --out names for `train`, else in the current folder; the
/// status is then 0, so that one variant's failure does not stop a study.
core::Result<int> run_laboratory(std::span<const std::string> arguments);

}  // namespace alveus::cli
