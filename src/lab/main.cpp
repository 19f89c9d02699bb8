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
  const std::vector<cmdline::Command> commands = {
      make_phantom_command(),      make_ingest_command(),         make_window_command(),        make_augment_command(),
      make_pretrain_command(),     make_pack_command(),           make_learning_rate_command(), make_train_command(),
      make_predict_command(),      make_explain_command(),        make_networks_command(),      make_export_command(),
      make_weights_show_command(), make_weights_convert_command()};
  return cmdline::run_program("alveus-lab", ALVEUS_VERSION, kSummary, commands, arguments, terminal);
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
