// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "flow/secrets.hpp"

namespace alveus::cli {

/// Keeps the secrets of a run, while it may still have to be resumed, in a file of mode 0600: the one place on disk
/// that holds them. No secrets, no file. docs/internals/run-folder.md describes the form.
core::Status write_secrets(const std::filesystem::path& file, const flow::Secrets& secrets);
/// None where there is no file. kCorrupt.
core::Result<flow::Secrets> read_secrets(const std::filesystem::path& file);
/// When the run needs them no more. A missing file is a success.
core::Status remove_secrets(const std::filesystem::path& file);

}  // namespace alveus::cli
