// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/job_usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace alveus::sys::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr pid_t kSelf = 10;
constexpr std::int64_t kMiB = 1 << 20;

ProcessFacts process(pid_t id, pid_t parent, pid_t group) {
  return {.id = id, .parent = parent, .group = group, .session = 1, .state = 'S', .resident_pages = 1};
}

/// Members of each job, where orphans belong to the job of this id.
std::vector<std::vector<pid_t>> members(const std::vector<ProcessFacts>& processes, const std::vector<WatchedJob>& jobs,
                                        ProcessId owner_of_orphans = 0) {
  std::vector<std::vector<pid_t>> all;
  for (auto& job : attribute(processes, jobs, kSelf, [&](const ProcessFacts&) { return owner_of_orphans; })) {
    all.push_back(std::move(job.members));
  }
  return all;
}

const std::vector<WatchedJob> kTwoJobs = {{.id = 1, .leader = 100}, {.id = 2, .leader = 200}};

TEST(AttributeTest, TellsTheGroupsOfJobsApart) {
  EXPECT_THAT(members({process(100, kSelf, 100), process(101, 100, 100), process(200, kSelf, 200)}, kTwoJobs),
              ElementsAre(ElementsAre(100, 101), ElementsAre(200)));
}

TEST(AttributeTest, FollowsDescendantsThatLeftTheGroup) {
  EXPECT_THAT(members({process(120, 110, 120), process(110, 100, 110), process(100, kSelf, 100)}, kTwoJobs),
              ElementsAre(ElementsAre(120, 110, 100), IsEmpty()));
}

TEST(AttributeTest, AsksForTheOwnerOfAnOrphanAndItsChildren) {
  EXPECT_THAT(members({process(200, kSelf, 200), process(50, kSelf, 50), process(51, 50, 50)}, kTwoJobs, 2),
              ElementsAre(IsEmpty(), ElementsAre(200, 50, 51)));
}

TEST(AttributeTest, LeavesEverybodyElseAlone) {
  EXPECT_THAT(
      members({process(1, 0, 1), process(kSelf, 1, kSelf), process(11, kSelf, kSelf), process(300, 1, 300)}, kTwoJobs),
      ElementsAre(IsEmpty(), IsEmpty()));
}

TEST(AttributeTest, AddsUpMemoryAndTimeIncludingThatOfChildrenThatEnded) {
  ProcessFacts leader = process(100, kSelf, 100);
  leader.cpu_ticks = 3;
  leader.cpu_ticks_waited = 4;
  leader.resident_pages = 5;
  const auto usage = attribute(std::vector{leader, process(101, 100, 100)}, kTwoJobs, kSelf,
                               [](const ProcessFacts&) { return ProcessId{0}; });
  EXPECT_EQ(usage[0].resident_bytes, 6 * ::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(usage[0].cpu_time, std::chrono::microseconds(7 * 1'000'000 / ::sysconf(_SC_CLK_TCK)));
}

/// One job of each row: its limit, what was expected, what it uses; and who has to go.
class ExcessTest : public ::testing::Test {
 protected:
  void add(std::int64_t limit, std::int64_t expected, std::int64_t used) {
    const auto id = static_cast<ProcessId>(jobs_.size() + 1);
    jobs_.push_back({.id = id, .memory_limit_bytes = limit * kMiB, .memory_expected_bytes = expected * kMiB});
    usage_.push_back({.id = id, .resident_bytes = used * kMiB});
  }
  std::vector<ProcessId> ended(std::int64_t total = 0) const {
    std::vector<ProcessId> ids;
    for (const auto& excess : find_excess(jobs_, usage_, total * kMiB, machine_, exact_)) ids.push_back(excess.id);
    return ids;
  }
  std::vector<WatchedJob> jobs_;
  std::vector<JobUsage> usage_;
  MachineMemory machine_{.available_bytes = 4096 * kMiB, .total_bytes = 8192 * kMiB};
  ExactBytes exact_ = [](const JobUsage& job) { return job.resident_bytes; };
};

TEST_F(ExcessTest, EndsEachJobAboveItsOwnLimit) {
  add(100, 50, 101);
  add(100, 50, 100);
  add(0, 50, 4000);
  add(10, 10, 11);
  EXPECT_THAT(ended(), ElementsAre(1, 4));
}

TEST_F(ExcessTest, DoesNotCountTwiceWhatProcessesShare) {
  add(100, 50, 150);
  exact_ = [](const JobUsage& job) { return job.resident_bytes / 2; };
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(ExcessTest, WithoutATotalNobodyPaysForTheMachine) {
  add(0, 50, 4000);
  machine_.available_bytes = 1;
  EXPECT_THAT(ended(), IsEmpty());
}

TEST_F(ExcessTest, EndsTheOneFurthestAboveItsShareWhenAllUseTooMuch) {
  add(0, 1000, 1100);
  add(0, 100, 400);
  add(0, 100, 200);
  EXPECT_THAT(ended(2000), IsEmpty());
  EXPECT_THAT(ended(1600), ElementsAre(2));
}

TEST_F(ExcessTest, EndsItAlsoWhenTheMachineHasNothingLeft) {
  add(0, 100, 400);
  add(0, 100, 90);
  machine_.available_bytes = 10 * kMiB;
  EXPECT_THAT(ended(7000), ElementsAre(1));
}

TEST_F(ExcessTest, SparesJobsThatKeepToWhatTheySaid) {
  add(0, 100, 90);
  machine_.available_bytes = 10 * kMiB;
  EXPECT_THAT(ended(7000), IsEmpty()) << "somebody else took the memory";
}

TEST_F(ExcessTest, WaitsForTheOneThatIsEnding) {
  add(0, 100, 400);
  add(0, 100, 300);
  jobs_[0].is_ending = true;
  EXPECT_THAT(ended(500), IsEmpty());
}

TEST_F(ExcessTest, LooksAgainSoonWhenAJobComesNearItsLimit) {
  add(100, 50, 49);
  EXPECT_FALSE(is_near(jobs_, usage_, 0, machine_));
  add(100, 50, 51);
  EXPECT_TRUE(is_near(jobs_, usage_, 0, machine_));
}

}  // namespace
}  // namespace alveus::sys::detail
