// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace alveus::testing {

/// What tools/torch_check.py says, which reads and writes with PyTorch alone.
struct TorchCheck {
  bool skipped = false;  ///< PyTorch is not installed
  int exit_code = 0;
  std::string output;
  std::string errors;
};

/// Runs it in the folder.
TorchCheck torch_check(const std::filesystem::path& folder, std::vector<std::string> arguments);

}  // namespace alveus::testing
