// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace alveus::cli {

/// The entry of the same folder whose name is nearest to that of `path`, when it may be a misspelling of it.
std::optional<std::string> nearest_file(const std::filesystem::path& path);

/// "there is no file 'a/b.cwl'; did you mean 'c.cwl'?" for a file that is not there; `what` is "file" or "folder".
std::string no_such_file(const std::filesystem::path& path, const std::string& what = "file");

}  // namespace alveus::cli
