// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduler.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace alveus::engine {
namespace {

Scheduler scheduler(double cores, double ram_mib = 1000) {
  return Scheduler({.name = "site", .cores = cores, .ram_mib = ram_mib});
}

Allotment needs(double cores, double ram_mib = 1) { return {.cores = cores, .ram_mib = ram_mib}; }

ActivityId job(std::uint32_t number) { return {.index = number}; }

using Numbers = std::vector<std::uint32_t>;

Numbers placed(Scheduler& given) {
  Numbers numbers;
  for (const Placement& placement : given.place()) numbers.push_back(placement.activity.index);
  return numbers;
}

TEST(SchedulerTest, StartsAsManyAsFitInTheOrderTheyCame) {
  Scheduler site = scheduler(2);
  for (std::uint32_t i = 0; i < 4; ++i) site.add(job(i), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{0, 1}));
  site.release(needs(1));
  EXPECT_EQ(placed(site), (Numbers{2}));
  EXPECT_EQ(site.waiting_count(), 1U);
}

Numbers announced(Scheduler& given, std::size_t announced_max) {
  Numbers numbers;
  for (const ActivityId id : given.announce(announced_max)) numbers.push_back(id.index);
  return numbers;
}

TEST(SchedulerTest, AnnouncesOnceAndInBurstsWhoWillBeNext) {
  Scheduler site = scheduler(1);
  for (std::uint32_t i = 0; i < 8; ++i) site.add(job(i), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{0}));
  EXPECT_EQ(announced(site, 4), (Numbers{1, 2, 3, 4}));
  for (const std::uint32_t next : {1U, 2U}) {
    EXPECT_EQ(announced(site, 4), Numbers());
    site.release(needs(1));
    EXPECT_EQ(placed(site), (Numbers{next}));
  }
  EXPECT_EQ(announced(site, 4), (Numbers{5, 6}));
}

TEST(SchedulerTest, AnnouncesTheMoreUrgentFirst) {
  Scheduler site = scheduler(1);
  site.add(job(0), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{0}));
  site.add(job(1), needs(1), 0);
  site.add(job(2), needs(0.5), 3);
  site.add(job(3), needs(1), 3);
  EXPECT_EQ(announced(site, 3), (Numbers{2, 3, 1}));
}

TEST(SchedulerTest, AnAnnouncedJobMayBeWithdrawn) {
  Scheduler site = scheduler(1);
  for (std::uint32_t i = 0; i < 3; ++i) site.add(job(i), needs(1), 0);
  EXPECT_EQ(announced(site, 2), (Numbers{0, 1}));
  site.withdraw(job(0));
  EXPECT_EQ(placed(site), (Numbers{1}));
  EXPECT_EQ(announced(site, 2), (Numbers{2}));
  site.withdraw(job(2));
  EXPECT_EQ(site.waiting_count(), 0U);
}

TEST(SchedulerTest, CountsMemoryToo) {
  Scheduler site = scheduler(8, 1000);
  site.add(job(0), needs(1, 600), 0);
  site.add(job(1), needs(1, 600), 0);
  EXPECT_EQ(placed(site), (Numbers{0}));
}

TEST(SchedulerTest, FractionsOfCoresAddUp) {
  Scheduler site = scheduler(1);
  for (std::uint32_t i = 0; i < 11; ++i) site.add(job(i), needs(0.1), 0);
  EXPECT_EQ(placed(site).size(), 10U);
}

TEST(SchedulerTest, UrgentJobsComeFirst) {
  Scheduler site = scheduler(1);
  site.add(job(0), needs(1), 0);
  site.add(job(1), needs(1), 5);
  EXPECT_EQ(placed(site), (Numbers{1}));
}

TEST(SchedulerTest, SmallJobsPassABigOneThatDoesNotFit) {
  Scheduler site = scheduler(4);
  site.add(job(0), needs(3), 0);
  EXPECT_EQ(placed(site), (Numbers{0}));
  site.add(job(1), needs(4), 0);
  site.add(job(2), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{2}));
}

TEST(SchedulerTest, ABigJobIsNotPassedForEver) {
  Scheduler site = scheduler(2);
  site.add(job(1000), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{1000}));
  site.add(job(2000), needs(2), 0);
  std::size_t passed = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    site.add(job(i), needs(1), 0);
    const auto started = placed(site);
    passed += started.size();
    for (std::size_t n = 0; n < started.size(); ++n) site.release(needs(1));
  }
  EXPECT_EQ(passed, Scheduler::kOvertakesMax);
  site.release(needs(1));
  EXPECT_EQ(placed(site).at(0), 2000U);
}

TEST(SchedulerTest, SaysAtOnceThatAJobCanNeverRun) {
  const Scheduler site = scheduler(2, 1000);
  EXPECT_TRUE(site.check(needs(2, 1000)));
  EXPECT_EQ(site.check(needs(64)).error().message,
            "the job needs 64 cores, but the site 'site' has 2 in all; it can never run there");
  EXPECT_EQ(site.check(needs(1, 2000)).error().message,
            "the job needs 2000 MiB of memory, but the site 'site' has 1000 in all; it can never run there");
}

TEST(AllotTest, GivesTheLeastThatIsAskedFor) {
  const auto given =
      allot({.cores_min = 1.5, .cores_max = 4, .ram_min_mib = 10.2, .tmpdir_min_mib = 1, .outdir_min_mib = 2}, {});
  const Allotment expected{.cores = 1.5, .ram_mib = 11, .tmpdir_mib = 1, .outdir_mib = 2};
  EXPECT_EQ(*given, expected);
}

TEST(AllotTest, RefusesWhatMakesNoSense) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  for (const flow::ResourceRequest& request :
       {flow::ResourceRequest{.cores_min = -1}, flow::ResourceRequest{.cores_min = kNan},
        flow::ResourceRequest{.cores_min = 4, .cores_max = 2},
        flow::ResourceRequest{.ram_min_mib = 9, .ram_max_mib = 8}, flow::ResourceRequest{.tmpdir_min_mib = -1},
        flow::ResourceRequest{.outdir_min_mib = kNan}}) {
    const auto given = allot(request, {});
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, core::ErrorCode::kInvalidInput);
  }
}

deploy::SiteCapacity with_gpus(std::vector<std::string> capabilities, std::string cuda_version = "12.4") {
  deploy::SiteCapacity capacity{.name = "site", .cores = 8, .ram_mib = 10000, .gpus = {}, .cuda_version = cuda_version};
  for (std::string& capability : capabilities) {
    capacity.gpus.push_back({.id = std::to_string(capacity.gpus.size()), .compute_capability = std::move(capability)});
  }
  return capacity;
}

flow::ResourceRequest wants_gpus(double count, std::vector<std::string> capabilities = {}) {
  return {.gpus = flow::GpuRequest{
              .count_min = count, .cuda_version_min = "11.4", .capabilities = std::move(capabilities)}};
}

TEST(SchedulerGpuTest, RunningJobsHaveDifferentDevices) {
  const auto capacity = with_gpus({"9.0", "9.0", "9.0"});
  Scheduler site(capacity);
  const Allotment one = allot(wants_gpus(1), capacity).value();
  const Allotment two = allot(wants_gpus(2), capacity).value();
  site.add(job(0), one, 0);
  site.add(job(1), two, 0);
  site.add(job(2), one, 0);
  const auto first = site.place();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].gpus, 0b001U);
  EXPECT_EQ(first[1].gpus, 0b110U);
  EXPECT_TRUE(site.place().empty());
  Allotment held = one;
  held.gpus = first[0].gpus;
  site.release(held);
  const auto second = site.place();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].gpus, 0b001U);
}

TEST(SchedulerGpuTest, AreMadeReadyForDevicesTheyHold) {
  const auto capacity = with_gpus({"9.0"});
  Scheduler site(capacity);
  const Allotment one = allot(wants_gpus(1), capacity).value();
  for (std::uint32_t i = 0; i < 3; ++i) site.add(job(i), one, 0);
  site.add(job(3), needs(8), 0);
  EXPECT_EQ(placed(site), (Numbers{0}));
  EXPECT_EQ(announced(site, 4), (Numbers{3}));
}

TEST(SchedulerGpuTest, JobsWithoutThemPassThoseThatWaitForOne) {
  const auto capacity = with_gpus({"9.0"});
  Scheduler site(capacity);
  const Allotment one = allot(wants_gpus(1), capacity).value();
  site.add(job(0), one, 0);
  site.add(job(1), one, 0);
  site.add(job(2), needs(1), 0);
  EXPECT_EQ(placed(site), (Numbers{0, 2}));
}

TEST(SchedulerGpuTest, OnlyDevicesOfTheRightCapabilityCount) {
  const auto capacity = with_gpus({"7.5", "8.6", "9.0", ""});
  EXPECT_EQ(allot(wants_gpus(1, {"8.0"}), capacity)->gpus_usable, 0b1110U) << "that or higher; unknown ones too";
  auto listed = wants_gpus(1, {"7.5", "9.0"});
  listed.gpus->is_capability_minimum = false;
  EXPECT_EQ(allot(listed, capacity)->gpus_usable, 0b1101U) << "one of the list";
  EXPECT_EQ(
      allot(wants_gpus(1, {"10.0"}), with_gpus({"9.0"})).error().message,
      "the job needs 1 GPUs (CUDARequirement) of compute capability 10.0 or higher, but the site 'site' has 0; it "
      "can never run there");
}

TEST(SchedulerGpuTest, AJobThatCanNeverRunIsToldWhy) {
  EXPECT_EQ(allot(wants_gpus(2), with_gpus({"9.0"})).error().message,
            "the job needs 2 GPUs (CUDARequirement), but the site 'site' has 1; it can never run there");
  EXPECT_EQ(allot(wants_gpus(1), with_gpus({})).error().message,
            "the job needs 1 GPUs (CUDARequirement), but the site 'site' has none; it can never run there");
  EXPECT_EQ(
      allot(wants_gpus(1), with_gpus({"9.0"}, "11.3")).error().message,
      "the job needs 1 GPUs (CUDARequirement), but the driver of the site 'site' speaks CUDA 11.3 and not 11.4; it "
      "can never run there");
  EXPECT_TRUE(allot(wants_gpus(1), with_gpus({"9.0"}, "11.10"))) << "11.10 is newer than 11.4";
}

TEST(SchedulerGpuTest, AHintThatCannotBeMetIsLeftOut) {
  auto hint = wants_gpus(1);
  hint.gpus->required = false;
  EXPECT_EQ(allot(hint, with_gpus({}))->gpu_count, 0U);
  EXPECT_EQ(allot(hint, with_gpus({"9.0"}))->gpu_count, 1U);
}

}  // namespace
}  // namespace alveus::engine
