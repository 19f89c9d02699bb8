// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string>
#include <vector>

#include "cmdline/terminal.hpp"
#include "lab/commands.hpp"

namespace alveus::lab {
namespace {

constexpr std::string_view kSummary =
    "The laboratory's steps, which `alveus` runs: they need LibTorch or ITK. Research use only.";

int run_main(const std::vector<std::string>& arguments) {
  cmdline::StandardTerminal terminal;
  return cmdline::run_program("alveus-lab", ALVEUS_VERSION, kSummary, make_commands(), arguments, terminal);
}

}  // namespace
}  // namespace alveus::lab

int main(int argc, char** argv) {
  try {
    return alveus::lab::run_main(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& failure) {
    alveus::cmdline::StandardTerminal terminal;
    terminal.error({.code = alveus::core::ErrorCode::kInternal, .message = failure.what()});
    return static_cast<int>(alveus::cmdline::ExitStatus::kFailed);
  }
}
