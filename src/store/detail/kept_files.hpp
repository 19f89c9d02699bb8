// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "store/cache_entry.hpp"

namespace alveus::store::detail {

/// How the bytes of a job's outputs come to lie in the cache. Blocks are shared where the file system can; else a file
/// that only the job's folder knows becomes one with two names, where that is allowed; else it is copied.
struct Keeping {
  std::filesystem::path jobs_directory;  ///< without links in it; files outside of it get no second name
  bool may_link = false;
};

/// Puts a file or tree at `to`, where nothing stands. Modes stay: a job that copies an input must find the mode that it
/// has without a cache. Links are followed, so that it
/// depends on nothing outside. Adds what it made to `files`, with paths relative to `base`. kInvalidInput for a link to
/// nothing, a pipe, a tree without an end.
core::Status keep_files(const std::filesystem::path& from, const std::filesystem::path& to,
                        const std::filesystem::path& base, const Keeping& keeping, std::vector<KeptFile>& files);

/// A copy of its own of a kept file or tree, which its owner may write.
core::Status copy_kept(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace alveus::store::detail
