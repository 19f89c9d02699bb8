// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace alveus::sys::detail {

/// Where the kernel tells what a control group uses. Both versions of control groups.
struct ControlGroup {
  std::filesystem::path processor_file;  ///< cpu.stat, or cpuacct.usage
  std::filesystem::path memory_file;     ///< memory.stat
  friend bool operator==(const ControlGroup&, const ControlGroup&) = default;
};

/// The group of a process, from the text of its /proc/N/cgroup, below `root` (/sys/fs/cgroup). Empty unless `name`
/// stands in its path: a process that is not in a group of that name is another, or shares its group with others.
std::optional<ControlGroup> find_control_group(std::string_view membership, std::string_view name,
                                               const std::filesystem::path& root);

/// Processor time from the text of a group's file; empty when it does not tell.
std::optional<std::chrono::microseconds> processor_time_in(std::string_view text);
/// Memory of the group's processes that files on disk cannot give back, and the parts of files that they map: what
/// "resident" means for one process. From the text of memory.stat; empty when it does not tell.
std::optional<std::int64_t> resident_bytes_in(std::string_view text);

}  // namespace alveus::sys::detail
