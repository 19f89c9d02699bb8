// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/usage_watch.hpp"

#include <algorithm>
#include <utility>

#include "sys/detail/signals_blocked.hpp"

namespace alveus::sys::detail {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIntervalToShow{1000};
constexpr milliseconds kIntervalToLimit{250};
constexpr milliseconds kIntervalNearALimit{50};
constexpr milliseconds kAskedFor{3000};
constexpr int kCostFactor = 50;

/// One process is exact as it is; the other reading is slow for big ones.
std::int64_t exact_bytes(const JobUsage& job) {
  if (job.members.size() < 2) return job.resident_bytes;
  std::int64_t sum = 0;
  for (const pid_t member : job.members) sum += proportional_bytes(member);
  return sum == 0 ? job.resident_bytes : sum;
}

}  // namespace

UsageWatch::UsageWatch(std::int64_t total_bytes, Owner owner)
    : total_bytes_(total_bytes), owner_(std::move(owner)), has_limits_(total_bytes > 0) {
  const SignalsBlocked blocked;
  thread_ = std::jthread([this](const std::stop_token& end) { watch(end); });
}

void UsageWatch::ask() {
  const auto now = SteadyClock::now();
  const std::scoped_lock lock(mutex_);
  is_asked_anew_ = is_asked_anew_ || asked_until_ < now;
  asked_until_ = now + kAskedFor;
  if (is_asked_anew_) changed_.notify_one();
}

void UsageWatch::enforce_limits() {
  const std::scoped_lock lock(mutex_);
  if (std::exchange(has_limits_, true)) return;
  is_asked_anew_ = true;
  changed_.notify_one();
}

std::optional<std::chrono::microseconds> UsageWatch::interval() const {
  if (!has_limits_ && asked_until_ < SteadyClock::now()) return std::nullopt;
  const milliseconds wanted = !has_limits_ ? kIntervalToShow : is_near_ ? kIntervalNearALimit : kIntervalToLimit;
  return std::max<std::chrono::microseconds>(wanted, last_cost_ * kCostFactor);
}

void UsageWatch::watch(const std::stop_token& end) {
  std::unique_lock lock(mutex_);
  while (!end.stop_requested()) {
    const auto is_asked = [this] { return is_asked_anew_; };
    if (const auto wait = interval()) {
      changed_.wait_for(lock, end, *wait, is_asked);
    } else {
      changed_.wait(lock, end, is_asked);
    }
    is_asked_anew_ = false;
    if (end.stop_requested()) return;
    lock.unlock();
    look();
    lock.lock();
  }
}

void UsageWatch::look() {
  const auto began = SteadyClock::now();
  const std::vector<WatchedJob> jobs = owner_.jobs();
  is_near_ = false;
  if (jobs.empty()) return;
  const auto usage = sampler_.sample(jobs);
  owner_.on_usage(usage);
  const MachineMemory machine = machine_memory();
  for (const Excess& excess : find_excess(jobs, usage, total_bytes_, machine, exact_bytes)) owner_.on_excess(excess);
  is_near_ = is_near(jobs, usage, total_bytes_, machine);
  last_cost_ = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - began);
}

}  // namespace alveus::sys::detail
