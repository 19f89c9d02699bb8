// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduler.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "core/check.hpp"
#include "core/csv.hpp"

namespace alveus::engine {
namespace {

/// Cores are fractions; sums of them must not fail by a rounding error.
constexpr double kTolerance = 1e-6;

core::Result<double> least(std::string_view what, double minimum, double maximum) {
  if (!std::isfinite(minimum) || minimum < 0) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the job asks for " + core::number_text(minimum) + " of " + std::string(what));
  }
  if (maximum != 0 && !(maximum >= minimum)) {
    return core::fail(core::ErrorCode::kInvalidInput, "the job asks for at least " + core::number_text(minimum) +
                                                          " and at most " + core::number_text(maximum) + " of " +
                                                          std::string(what));
  }
  return minimum;
}

constexpr std::size_t kGpusMax = 64;  // bits of a GpuSet

/// "12.10" is newer than "12.4"; what is no number counts as 0.
std::pair<int, int> version_of(std::string_view text) {
  const auto number = [](std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  const std::size_t dot = text.find('.');
  return {number(text.substr(0, dot)), dot == std::string_view::npos ? 0 : number(text.substr(dot + 1))};
}

/// What nobody knows about a device is taken to fit: it is there on the person's word, or on its driver's.
bool will_do(const deploy::Gpu& gpu, const flow::GpuRequest& request) {
  if (gpu.compute_capability.empty() || request.capabilities.empty()) return true;
  const auto has = version_of(gpu.compute_capability);
  return std::ranges::any_of(request.capabilities, [&](const std::string& wanted) {
    return request.is_capability_minimum ? has >= version_of(wanted) : has == version_of(wanted);
  });
}

std::string words_of(const flow::GpuRequest& request) {
  std::string words;
  for (const std::string& capability : request.capabilities) {
    words += (words.empty() ? " of compute capability " : " or ") + capability;
  }
  if (!words.empty() && request.is_capability_minimum) words += " or higher";
  return words;
}

core::Status allot_gpus(const flow::GpuRequest& request, const deploy::SiteCapacity& capacity, Allotment& allotment) {
  ALVEUS_TRY_ASSIGN(const double count, least("GPUs", request.count_min, request.count_max));
  const auto impossible = [&](const std::string& fact) -> core::Status {
    if (!request.required) return {};  // a hint: it runs without
    return core::fail(core::ErrorCode::kInvalidInput, "the job needs " + core::number_text(std::ceil(count)) +
                                                          " GPUs (CUDARequirement)" + words_of(request) + ", but " +
                                                          fact + "; it can never run there");
  };
  const std::string site = "the site '" + capacity.name + "'";
  if (capacity.gpus.empty()) return impossible(site + " has none");
  const bool is_old = !capacity.cuda_version.empty() && !request.cuda_version_min.empty() &&
                      version_of(capacity.cuda_version) < version_of(request.cuda_version_min);
  if (is_old) {
    return impossible("the driver of " + site + " speaks CUDA " + capacity.cuda_version + " and not " +
                      request.cuda_version_min);
  }
  GpuSet usable = 0;
  for (std::size_t i = 0; i < std::min(kGpusMax, capacity.gpus.size()); ++i) {
    if (will_do(capacity.gpus[i], request)) usable |= GpuSet{1} << i;
  }
  if (count > std::popcount(usable)) return impossible(site + " has " + std::to_string(std::popcount(usable)));
  allotment.gpu_count = static_cast<std::uint32_t>(std::ceil(count));
  allotment.gpus_usable = usable;
  return {};
}

}  // namespace

core::Result<Allotment> allot(const flow::ResourceRequest& request, const deploy::SiteCapacity& capacity) {
  ALVEUS_TRY_ASSIGN(const double cores, least("cores", request.cores_min, request.cores_max));
  ALVEUS_TRY_ASSIGN(const double ram, least("memory (MiB)", request.ram_min_mib, request.ram_max_mib));
  ALVEUS_TRY_ASSIGN(const double tmpdir, least("temporary space (MiB)", request.tmpdir_min_mib, 0));
  ALVEUS_TRY_ASSIGN(const double outdir, least("output space (MiB)", request.outdir_min_mib, 0));
  Allotment allotment{.cores = cores,
                      .ram_mib = std::ceil(ram),
                      .tmpdir_mib = std::ceil(tmpdir),
                      .outdir_mib = std::ceil(outdir),
                      .ram_limit_mib = std::ceil(request.ram_max_mib)};
  if (request.gpus) ALVEUS_TRY(allot_gpus(*request.gpus, capacity, allotment));
  return allotment;
}

Scheduler::Scheduler(deploy::SiteCapacity capacity)
    : capacity_(std::move(capacity)), cores_free_(capacity_.cores), ram_free_mib_(capacity_.ram_mib) {
  const std::size_t count = std::min(kGpusMax, capacity_.gpus.size());
  gpus_free_ = count == kGpusMax ? ~GpuSet{0} : (GpuSet{1} << count) - 1;
}

core::Status Scheduler::check(const Allotment& allotment) const {
  const auto impossible = [&](double wanted, double there, std::string_view what) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the job needs " + core::number_text(wanted) + " " + std::string(what) + ", but the site '" +
                          capacity_.name + "' has " + core::number_text(there) + " in all; it can never run there");
  };
  if (allotment.cores > capacity_.cores + kTolerance) return impossible(allotment.cores, capacity_.cores, "cores");
  if (allotment.ram_mib > capacity_.ram_mib + kTolerance) {
    return impossible(allotment.ram_mib, std::floor(capacity_.ram_mib), "MiB of memory");
  }
  return {};
}

void Scheduler::add(ActivityId activity, const Allotment& allotment, int priority) {
  ALVEUS_CHECK(check(allotment).has_value(), "a job that can never run must not wait");
  const Key key{.priority_reversed = -priority,
                .cores = allotment.cores,
                .ram_mib = allotment.ram_mib,
                .gpu_count = allotment.gpu_count,
                .gpus_usable = allotment.gpus_usable};
  Queue& queue = queues_[key];
  queue.allotment = allotment;
  queue.jobs.push_back({.activity = activity, .order = next_order_++});
  ++waiting_count_;
}

bool Scheduler::fits(const Allotment& allotment) const {
  return allotment.cores <= cores_free_ + kTolerance && allotment.ram_mib <= ram_free_mib_ + kTolerance &&
         allotment.gpu_count <= static_cast<std::uint32_t>(std::popcount(gpus_free_ & allotment.gpus_usable));
}

Scheduler::Queues::iterator Scheduler::choose() {
  const auto rank = [](const Queues::value_type& entry) {
    return std::pair(entry.first.priority_reversed, entry.second.jobs.front().order);
  };
  auto head = queues_.end();
  auto first_fitting = queues_.end();
  for (auto it = queues_.begin(); it != queues_.end(); ++it) {
    if (head == queues_.end() || rank(*it) < rank(*head)) head = it;
    if (fits(it->second.allotment) && (first_fitting == queues_.end() || rank(*it) < rank(*first_fitting))) {
      first_fitting = it;
    }
  }
  if (first_fitting == queues_.end() || first_fitting == head) return first_fitting;

  const std::uint64_t head_order = head->second.jobs.front().order;
  if (overtaken_order_ != head_order) {
    overtaken_order_ = head_order;
    overtakes_ = 0;
  }
  if (overtakes_ >= kOvertakesMax) return queues_.end();
  ++overtakes_;
  return first_fitting;
}

GpuSet Scheduler::take_gpus(const Allotment& allotment) {
  GpuSet taken = 0;
  for (std::uint32_t i = 0; i < allotment.gpu_count; ++i) {
    const GpuSet there = gpus_free_ & allotment.gpus_usable;
    const GpuSet first = there & ~(there - 1);
    taken |= first;
    gpus_free_ &= ~first;
  }
  return taken;
}

std::vector<Placement> Scheduler::place() {
  std::vector<Placement> placed;
  while (waiting_count_ > 0) {
    const auto chosen = choose();
    if (chosen == queues_.end()) break;
    Queue& queue = chosen->second;
    cores_free_ -= queue.allotment.cores;
    ram_free_mib_ -= queue.allotment.ram_mib;
    placed.push_back({.activity = queue.jobs.front().activity, .gpus = take_gpus(queue.allotment)});
    queue.jobs.pop_front();
    --waiting_count_;
    if (queue.announced_count > 0) {
      --queue.announced_count;
      --announced_count_;
    }
    if (queue.jobs.empty()) queues_.erase(chosen);
  }
  return placed;
}

std::vector<ActivityId> Scheduler::announce(std::size_t announced_max) {
  std::vector<ActivityId> announced;
  if (announced_count_ > announced_max / 2) return announced;
  while (announced_count_ < announced_max && announced_count_ < waiting_count_) {
    auto first = queues_.end();
    const auto rank = [](const Queues::value_type& entry) {
      return std::pair(entry.first.priority_reversed, entry.second.jobs[entry.second.announced_count].order);
    };
    for (auto it = queues_.begin(); it != queues_.end(); ++it) {
      if (it->second.announced_count == it->second.jobs.size() || it->first.gpu_count > 0) continue;
      if (first == queues_.end() || rank(*it) < rank(*first)) first = it;
    }
    if (first == queues_.end()) break;
    announced.push_back(first->second.jobs[first->second.announced_count].activity);
    ++first->second.announced_count;
    ++announced_count_;
  }
  return announced;
}

void Scheduler::withdraw(ActivityId activity) {
  for (auto queue = queues_.begin(); queue != queues_.end(); ++queue) {
    auto& [allotment, jobs, announced_count] = queue->second;
    const auto announced_end = jobs.begin() + static_cast<std::ptrdiff_t>(announced_count);
    const auto job =
        std::find_if(jobs.begin(), announced_end, [&](const Waiting& one) { return one.activity == activity; });
    if (job == announced_end) continue;
    jobs.erase(job);
    --announced_count;
    --announced_count_;
    --waiting_count_;
    if (jobs.empty()) queues_.erase(queue);
    return;
  }
  ALVEUS_CHECK(false, "only a job that waits and was announced is withdrawn");
}

void Scheduler::release(const Allotment& allotment) {
  cores_free_ += allotment.cores;
  ram_free_mib_ += allotment.ram_mib;
  ALVEUS_CHECK((gpus_free_ & allotment.gpus) == 0, "a job gave back GPUs that it did not hold");
  gpus_free_ |= allotment.gpus;
  ALVEUS_CHECK(cores_free_ <= capacity_.cores + 1e-3 && ram_free_mib_ <= capacity_.ram_mib + 1e-3,
               "a job gave back more than it held");
}

}  // namespace alveus::engine
