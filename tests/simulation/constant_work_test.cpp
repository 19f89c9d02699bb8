// SPDX-License-Identifier: Apache-2.0
// What a job costs does not grow with the number of jobs. Counted, not timed: allocations, bytes, requests to the site.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine/machine.hpp"
#include "engine/work.hpp"
#include "testing/graph.hpp"
#include "testing/null_connector.hpp"

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> live_bytes{0};

void* counted(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  ++allocations;
  live_bytes += ::malloc_usable_size(memory);
  return memory;
}

void uncount(void* memory) noexcept {
  live_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { uncount(memory); }
void operator delete[](void* memory) noexcept { uncount(memory); }
void operator delete(void* memory, std::size_t) noexcept { uncount(memory); }
void operator delete[](void* memory, std::size_t) noexcept { uncount(memory); }

namespace alveus::engine {
namespace {

/// Counts what is asked of it.
class CountingConnector final : public testing::NullConnector {
 public:
  using NullConnector::NullConnector;
  core::Result<deploy::JobFolder> make_job_folder(const core::JobId& job) override {
    ++folders_made;
    return NullConnector::make_job_folder(job);
  }
  void retire_job_folder(const deploy::JobFolder&, deploy::JobRemains) override { ++folders_retired; }
  core::Result<deploy::CommandHandle> start(const deploy::SiteCommand& command, OnEnd on_end) override {
    ++starts;
    return NullConnector::start(command, std::move(on_end));
  }
  core::Result<deploy::SiteEntry> status(const core::RemotePath& path) const override {
    ++looks;
    return NullConnector::status(path);
  }
  core::Status make_directory(const core::RemotePath&) override {
    ++looks;
    return {};
  }
  core::Status remove(const core::RemotePath&) override {
    ++looks;
    return {};
  }

  std::size_t folders_made = 0;
  std::size_t folders_retired = 0;
  std::size_t starts = 0;
  mutable std::size_t looks = 0;
};

struct Cost {
  double allocations = 0;  ///< for each job
  double bytes_left = 0;   ///< for each finished job, before the run's end
};

/// A scatter over so many numbers, on one thread.
Cost cost_of(std::size_t jobs, CountingConnector& site) {
  const auto process =
      testing::Graph().step("s", testing::add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build();
  core::Value inputs = core::Object{{"n", core::Array(jobs, 1)}};
  const std::size_t allocations_before = allocations;
  const std::size_t bytes_before = live_bytes;
  std::vector<Event> events;
  const Work work(site, {}, [&](Event event) { events.push_back(std::move(event)); });
  Machine machine(*process, site.capacity(), {.ready_jobs_max = 8});
  Reaction reaction;
  machine.start(std::move(inputs), reaction);
  while (!machine.finished()) {
    for (const Effect& effect : std::exchange(reaction.effects, {})) {
      std::visit(
          [&](const auto& wanted) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(wanted)>, CancelJob>) {
              events.push_back(work.perform(wanted));
            }
          },
          effect);
    }
    reaction.records.clear();
    for (Event& event : std::exchange(events, {})) machine.on_event(std::move(event), {}, reaction);
  }
  EXPECT_EQ(machine.take_ending().status, store::RunStatus::kDone);
  const auto count = static_cast<double>(jobs);
  return {.allocations = static_cast<double>(allocations - allocations_before) / count,
          .bytes_left = (static_cast<double>(live_bytes) - static_cast<double>(bytes_before)) / count};
}

TEST(ConstantWorkTest, AJobCostsTheSameAmongAThousandAndAmongTwentyThousand) {
  CountingConnector small_site(4);
  CountingConnector large_site(4);
  const Cost small = cost_of(1'000, small_site);
  const Cost large = cost_of(20'000, large_site);
  EXPECT_LT(large.allocations, small.allocations * 1.05);
  EXPECT_LT(large.bytes_left, 2048);
}

TEST(ConstantWorkTest, AJobWithoutFilesAsksFourThingsOfItsSite) {
  constexpr std::size_t kJobs = 1'000;
  CountingConnector site(4);
  cost_of(kJobs, site);
  EXPECT_EQ(site.folders_made, kJobs);
  EXPECT_EQ(site.starts, kJobs);
  EXPECT_EQ(site.folders_retired, kJobs);
  EXPECT_EQ(site.looks, kJobs) << "at its log";
}

}  // namespace
}  // namespace alveus::engine
