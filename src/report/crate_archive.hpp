// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace alveus::report {

/// Packs what lies in a crate's folder into a new ZIP file, whose root is the folder. Names are UTF-8 and sorted, times
/// and modes the same for all: equal folders give equal bytes. Links are followed. A file that is too large for the old
/// format gets ZIP64. kInvalidInput when something stands at `archive`, which then stays; after any other failure there
/// is no archive.
core::Status pack_crate(const std::filesystem::path& folder, const std::filesystem::path& archive);

}  // namespace alveus::report
