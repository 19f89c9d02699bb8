// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "engine/event.hpp"
#include "flow/job.hpp"

namespace alveus::engine {

/// What a job of this request is given at a site: the least it asks for. Whole MiB. kInvalidInput when a maximum lies
/// below its minimum, a number is negative or no number, or the site has no GPUs of the kind that the job requires.
core::Result<Allotment> allot(const flow::ResourceRequest& request, const deploy::SiteCapacity& capacity);

/// A job that may start, with the GPUs that it holds until they are released.
struct Placement {
  ActivityId activity;
  GpuSet gpus = 0;
};

/// Decides when waiting jobs get the cores, memory and GPUs of one site. Pure: no clock, starts nothing. First come,
/// first served within a priority; a job that does not fit lets smaller ones pass, but not for ever: once
/// `kOvertakesMax` jobs went by it, all wait until it fits. The work for one placement grows with the number of
/// different requests that wait, and of jobs announced, not with the number of jobs.
class Scheduler {
 public:
  static constexpr std::size_t kOvertakesMax = 64;

  explicit Scheduler(deploy::SiteCapacity capacity);

  /// kInvalidInput, in words for the person, when a job of this size can never run here.
  core::Status check(const Allotment& allotment) const;
  /// Queues a job that passed `check`.
  void add(ActivityId activity, const Allotment& allotment, int priority);
  /// Takes all jobs that may start now out of the queue, in order.
  std::vector<Placement> place();
  /// Jobs that will be next as far as can be told, so that they can be made ready while others run: each once, in
  /// order, no more than `announced_max` of those that wait. None as long as half of these still wait: they come in
  /// bursts. Jobs with GPUs are never among them: they are made ready for devices that they hold.
  std::vector<ActivityId> announce(std::size_t announced_max);
  /// Takes a job that was announced out of the queue.
  void withdraw(ActivityId activity);
  /// Gives back what a placed job held.
  void release(const Allotment& allotment);

  std::size_t waiting_count() const { return waiting_count_; }
  const deploy::SiteCapacity& capacity() const { return capacity_; }

 private:
  struct Waiting {
    ActivityId activity;
    std::uint64_t order = 0;
  };
  /// All waiting jobs of one size and priority.
  struct Queue {
    Allotment allotment;
    std::deque<Waiting> jobs;
    std::size_t announced_count = 0;  ///< of the first ones
  };
  struct Key {
    int priority_reversed = 0;
    double cores = 0;
    double ram_mib = 0;
    std::uint32_t gpu_count = 0;
    GpuSet gpus_usable = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Queues = std::map<Key, Queue>;

  bool fits(const Allotment& allotment) const;
  GpuSet take_gpus(const Allotment& allotment);
  Queues::iterator choose();

  deploy::SiteCapacity capacity_;
  double cores_free_ = 0;
  double ram_free_mib_ = 0;
  GpuSet gpus_free_ = 0;
  Queues queues_;
  std::size_t waiting_count_ = 0;
  std::size_t announced_count_ = 0;  ///< of all queues
  std::uint64_t next_order_ = 0;
  std::uint64_t overtaken_order_ = 0;  ///< the job at the head of the line when it was last passed over
  std::size_t overtakes_ = 0;
};

}  // namespace alveus::engine
