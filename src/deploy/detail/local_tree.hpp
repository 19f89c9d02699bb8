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

/// A name beside `path` that nobody else takes, for what is not whole yet. It tells the machine and the process that
/// chose it.
std::filesystem::path partial_path(const std::filesystem::path& path);

/// Gives what is whole its name, where nothing stands; when that fails (EEXIST), it is removed. Returns 0 or an errno.
int name_whole(const std::filesystem::path& partial, const std::filesystem::path& path);

/// Removes what stands in the directory under a partial name whose process on this machine is no more.
core::Status remove_partial(const std::filesystem::path& directory);

/// Copies a file or tree to where nothing stands; see Connector::copy. It appears there in one step. Blocks are shared
/// where the file system can.
core::Status copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes a copy of a file or tree take the place of what stands at `to`; see Connector::replace.
core::Status replace_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// See Connector::make_self_contained.
core::Status make_self_contained(const std::filesystem::path& path);

/// Moves a file or tree to where nothing stands; see Connector::move.
core::Status move_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// The symbolic links in a tree and what they hold, sorted; see Connector::links.
core::Result<std::vector<std::pair<std::filesystem::path, std::string>>> links_in(const std::filesystem::path& tree);

/// Paths that match, sorted; see Connector::glob.
core::Result<std::vector<std::filesystem::path>> glob_paths(const std::filesystem::path& directory,
                                                            std::string_view pattern);

}  // namespace alveus::deploy::detail
