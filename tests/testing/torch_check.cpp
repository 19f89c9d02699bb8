// SPDX-License-Identifier: Apache-2.0
#include "testing/torch_check.hpp"

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::testing {
namespace {

constexpr int kSkipped = 77;

}  // namespace

TorchCheck torch_check(const std::filesystem::path& folder, std::vector<std::string> arguments) {
  const auto runner = sys::LocalProcessRunner::make();
  arguments.insert(arguments.begin(), {"/usr/bin/python3", ALVEUS_TEST_PROJECT_DIR "/tools/torch_check.py"});
  sys::ProcessCommand command;
  command.arguments = std::move(arguments);
  command.environment = sys::current_environment();
  command.working_directory = folder;
  command.stdout_file = folder / "torch_check.out";
  command.stderr_file = folder / "torch_check.err";
  const auto end = sys::run_process(**runner, command);
  if (!end) return {.exit_code = -1, .errors = end.error().text()};
  return {.skipped = end->exit_code == kSkipped,
          .exit_code = end->exit_code,
          .output = sys::read_file(command.stdout_file).value_or(""),
          .errors = sys::read_file(command.stderr_file).value_or("")};
}

}  // namespace alveus::testing
