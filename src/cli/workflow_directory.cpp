// SPDX-License-Identifier: Apache-2.0
#include "cli/workflow_directory.hpp"

#include "sys/file.hpp"

namespace alveus::cli {

core::Result<std::filesystem::path> find_workflow(const std::string& name) {
  ALVEUS_TRY_ASSIGN(const auto own, sys::executable_directory());
  const auto file = own.parent_path() / "share/alveus/workflows" / name;
  std::error_code failure;
  if (!std::filesystem::is_regular_file(file, failure)) {
    return core::fail(core::ErrorCode::kNotFound,
                      "the pipeline's workflow '" + name + "' is not at " + file.string() + "; install Alveus anew");
  }
  return file;
}

}  // namespace alveus::cli
