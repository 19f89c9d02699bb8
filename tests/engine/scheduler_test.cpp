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
  for (const ActivityId id : given.place()) numbers.push_back(id.index);
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
      allot({.cores_min = 1.5, .cores_max = 4, .ram_min_mib = 10.2, .tmpdir_min_mib = 1, .outdir_min_mib = 2});
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
    const auto given = allot(request);
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, core::ErrorCode::kInvalidInput);
  }
}

}  // namespace
}  // namespace alveus::engine
