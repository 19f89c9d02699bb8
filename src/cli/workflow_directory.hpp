// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace alveus::cli {

/// The file of that name among the pipeline's workflows: share/alveus/workflows beside the folder of the running
/// executable. kNotFound when the installation lacks it.
core::Result<std::filesystem::path> find_workflow(const std::string& name);

}  // namespace alveus::cli
