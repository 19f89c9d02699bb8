// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/job_usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>

namespace alveus::sys::detail {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

/// Follows each process up to one whose owner is known.
class Attribution {
 public:
  Attribution(std::span<const ProcessFacts> processes, std::span<const WatchedJob> jobs, pid_t self,
              const OrphanOwner& orphan_owner)
      : processes_(processes), self_(self), orphan_owner_(orphan_owner), owner_(processes.size(), kNobody) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      job_of_leader_.emplace(jobs[i].leader, i);
      job_of_id_.emplace(jobs[i].id, i);
    }
    for (std::size_t i = 0; i < processes.size(); ++i) index_.emplace(processes[i].id, i);
    known_.resize(processes.size());
  }

  /// Index of the job, or kNobody. A chain of parents has an end, since numbers of processes that live differ.
  std::size_t owner(std::size_t process) {
    std::vector<std::size_t> chain;
    std::size_t found = kNobody;
    for (std::size_t at = process; chain.size() < processes_.size();) {
      if (known_[at]) {
        found = owner_[at];
        break;
      }
      chain.push_back(at);
      const ProcessFacts& facts = processes_[at];
      if (const auto job = job_of_leader_.find(facts.group); job != job_of_leader_.end()) {
        found = job->second;
        break;
      }
      if (facts.parent == self_) {
        const auto job = job_of_id_.find(orphan_owner_(facts));
        if (job != job_of_id_.end()) found = job->second;
        break;
      }
      const auto parent = index_.find(facts.parent);
      if (parent == index_.end()) break;
      at = parent->second;
    }
    for (const std::size_t at : chain) {
      owner_[at] = found;
      known_[at] = true;
    }
    return found;
  }

 private:
  std::span<const ProcessFacts> processes_;
  pid_t self_;
  const OrphanOwner& orphan_owner_;
  std::unordered_map<pid_t, std::size_t> index_;
  std::unordered_map<pid_t, std::size_t> job_of_leader_;
  std::unordered_map<ProcessId, std::size_t> job_of_id_;
  std::vector<std::size_t> owner_;
  std::vector<bool> known_;
};

std::int64_t sum_of(std::span<const JobUsage> usage) {
  std::int64_t sum = 0;
  for (const JobUsage& job : usage) sum += job.resident_bytes;
  return sum;
}

/// Below this the kernel begins to look for somebody to kill.
bool is_exhausted(const MachineMemory& machine) {
  constexpr std::int64_t kReserveMin = std::int64_t{64} << 20;
  constexpr std::int64_t kReserveFraction = 64;
  const std::int64_t reserve = std::max(kReserveMin, machine.total_bytes / kReserveFraction);
  return machine.total_bytes > 0 && machine.available_bytes < reserve;
}

}  // namespace

std::vector<JobUsage> attribute(std::span<const ProcessFacts> processes, std::span<const WatchedJob> jobs, pid_t self,
                                const OrphanOwner& orphan_owner) {
  const auto tick = std::chrono::microseconds(1'000'000 / std::max(1L, ::sysconf(_SC_CLK_TCK)));
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  std::vector<JobUsage> usage(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) usage[i].id = jobs[i].id;
  Attribution attribution(processes, jobs, self, orphan_owner);
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const ProcessFacts& facts = processes[i];
    if (facts.id == self) continue;
    const std::size_t owner = attribution.owner(i);
    if (owner == kNobody) continue;
    JobUsage& job = usage[owner];
    job.members.push_back(facts.id);
    job.resident_bytes += static_cast<std::int64_t>(facts.resident_pages) * page_bytes;
    job.cpu_time += tick * static_cast<std::int64_t>(facts.cpu_ticks + facts.cpu_ticks_waited);
  }
  return usage;
}

std::vector<JobUsage> UsageSampler::sample(std::span<const WatchedJob> jobs) {
  std::vector<ProcessFacts> processes;
  ProcessWalk walk;
  while (const pid_t number = walk.next()) {
    if (const auto facts = facts_of(number)) processes.push_back(*facts);
  }
  decltype(orphans_) still_there;
  const auto owner_of = [&](const ProcessFacts& orphan) -> ProcessId {
    const std::pair key{orphan.id, orphan.began};
    const auto known = orphans_.find(key);
    ProcessId owner = known == orphans_.end() ? 0 : known->second;
    for (const WatchedJob& job : jobs) {
      if (known != orphans_.end() || owner != 0 || job.folder.empty()) break;
      if (works_below(orphan.id, job.folder.c_str())) owner = job.id;
    }
    still_there.emplace(key, owner);
    return owner;
  };
  auto usage = attribute(processes, jobs, ::getpid(), owner_of);
  orphans_ = std::move(still_there);
  return usage;
}

std::vector<Excess> find_excess(std::span<const WatchedJob> jobs, std::span<const JobUsage> usage,
                                std::int64_t total_bytes, const MachineMemory& machine, const ExactBytes& exact) {
  std::vector<Excess> found;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::int64_t limit = jobs[i].memory_limit_bytes;
    if (limit <= 0 || jobs[i].is_ending || usage[i].resident_bytes <= limit) continue;
    if (const std::int64_t used = exact(usage[i]); used > limit)
      found.push_back({.id = jobs[i].id, .used_bytes = used});
  }
  const bool is_short = total_bytes > 0 && (sum_of(usage) > total_bytes || is_exhausted(machine));
  if (!found.empty() || !is_short || std::ranges::any_of(jobs, &WatchedJob::is_ending)) return found;

  std::int64_t sum = 0;
  Excess worst;
  std::int64_t worst_excess = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::int64_t used = exact(usage[i]);
    sum += used;
    const std::int64_t excess = used - jobs[i].memory_expected_bytes;
    if (excess > worst_excess) {
      worst = {.id = jobs[i].id, .used_bytes = used};
      worst_excess = excess;
    }
  }
  if (worst_excess > 0 && (sum > total_bytes || is_exhausted(machine))) found.push_back(worst);
  return found;
}

bool is_near(std::span<const WatchedJob> jobs, std::span<const JobUsage> usage, std::int64_t total_bytes,
             const MachineMemory& machine) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::int64_t limit = jobs[i].memory_limit_bytes;
    if (limit > 0 && usage[i].resident_bytes > limit / 2) return true;
  }
  constexpr std::int64_t kLowFraction = 8;
  return total_bytes > 0 &&
         (sum_of(usage) > total_bytes / 2 || machine.available_bytes < machine.total_bytes / kLowFraction);
}

}  // namespace alveus::sys::detail
