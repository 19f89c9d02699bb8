// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "sys/detail/proc.hpp"
#include "sys/process.hpp"

namespace alveus::sys::detail {

/// A job that runs, as far as its use of the machine is watched.
struct WatchedJob {
  ProcessId id = 0;
  pid_t leader = 0;
  std::filesystem::path folder;
  std::int64_t memory_limit_bytes = 0;     ///< zero: none
  std::int64_t memory_expected_bytes = 0;  ///< zero: nobody said
  bool is_ending = false;                  ///< was told to end
};

/// What all processes of a job use together.
struct JobUsage {
  ProcessId id = 0;
  std::int64_t resident_bytes = 0;  ///< pages that they share count more than once
  std::chrono::microseconds cpu_time{0};
  std::vector<pid_t> members;
};

/// Looks who uses what. One look reads a line for each process of the machine. For one thread.
class UsageSampler {
 public:
  /// In the order of `jobs`.
  std::vector<JobUsage> sample(std::span<const WatchedJob> jobs);

 private:
  /// Orphans that this program adopted, by number and begin, and the job they belong to; 0: none.
  std::map<std::pair<pid_t, std::uint64_t>, ProcessId> orphans_;
};

/// Says to which job an orphan that this program adopted belongs; 0: none.
using OrphanOwner = std::function<ProcessId(const ProcessFacts&)>;

/// The processes of each job: its group, and whatever descends from that or was adopted by `self`. In the order of
/// `jobs`.
std::vector<JobUsage> attribute(std::span<const ProcessFacts> processes, std::span<const WatchedJob> jobs, pid_t self,
                                const OrphanOwner& orphan_owner);

/// A job that has to go for its memory.
struct Excess {
  ProcessId id = 0;
  std::int64_t used_bytes = 0;
};

/// Memory of several processes without counting twice what they share.
using ExactBytes = std::function<std::int64_t(const JobUsage&)>;

/// The jobs above their own limit. When there is none, and all together use more than `total_bytes` (zero: no such
/// rule) or the machine has nearly nothing left, the one that is furthest above what it was said to need, if one is,
/// and if none is ending already.
std::vector<Excess> find_excess(std::span<const WatchedJob> jobs, std::span<const JobUsage> usage,
                                std::int64_t total_bytes, const MachineMemory& machine, const ExactBytes& exact);

/// Whether memory should be looked at again soon: a job uses more than half of its limit, or all of the total.
bool is_near(std::span<const WatchedJob> jobs, std::span<const JobUsage> usage, std::int64_t total_bytes,
             const MachineMemory& machine);

}  // namespace alveus::sys::detail
