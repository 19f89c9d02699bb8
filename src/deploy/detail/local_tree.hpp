// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace alveus::deploy::detail {

/// Whether `path` is `directory` or lies below it, by components: "/a/bc" does not lie within "/a/b". Both are
/// absolute; "." and ".." are resolved as text, links are not.
bool lies_within(const std::filesystem::path& path, const std::filesystem::path& directory);

/// Makes a relative link to `source`, which has no link on its way, where both lie below `root` and an absolute one
/// would be long: file systems keep only a short target in the link itself, and one of ext4 that is kept elsewhere
/// waits for the disk when it is removed. False, with nothing made, where it cannot be.
bool make_short_link(const std::filesystem::path& source, const std::filesystem::path& link,
                     const std::filesystem::path& root);

/// Copies a file or tree to where nothing stands; see Connector::copy. Blocks are shared where the file system can.
core::Status copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// Moves a file or tree to where nothing stands; see Connector::move.
core::Status move_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// The symbolic links in a tree and what they hold, sorted; see Connector::links.
core::Result<std::vector<std::pair<std::filesystem::path, std::string>>> links_in(const std::filesystem::path& tree);

/// Paths that match, sorted; see Connector::glob.
core::Result<std::vector<std::filesystem::path>> glob_paths(const std::filesystem::path& directory,
                                                            std::string_view pattern);

}  // namespace alveus::deploy::detail
