// SPDX-License-Identifier: Apache-2.0
#include "report/run_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/run_report.hpp"
#include "store/journal.hpp"
#include "sys/file.hpp"

namespace alveus::report {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = flow::JobOutcome;

/// A journal whose records stand at the times that the test says, in seconds.
class RunProfileTest : public testing::Test {
 protected:
  void at(int second, const store::Record& record) {
    ASSERT_TRUE(journal_->append(std::span(&record, 1), sys::WallTime(seconds(second))));
  }
  /// A job that waited, was staged, ran and was collected until these times.
  void job(const std::string& name, int created, int placed, int prepared, int ended, int collected, double cores = 1) {
    const core::JobId id(name);
    const std::string step = name.substr(0, name.rfind('/'));
    at(created, store::JobCreated{id, core::StepPath(step), name.substr(name.rfind('/') + 1), "f"});
    at(placed, store::JobPlaced{id, "local", cores, 256, 0});
    at(prepared, store::JobPrepared{id, core::RemotePath("/jobs/1")});
    at(prepared, store::JobStarted{id, "1"});
    at(ended, store::JobEnded{id, {Outcome::Kind::kSuccess, 0}, seconds(ended - prepared), 1 << 20});
    at(collected, store::JobCollected{id, core::Object{}});
  }
  void start() { at(0, store::RunStarted{core::RunId("r1"), "d", "i", core::Object{{"document", "main.cwl"}}}); }
  RunProfile read(const StepGraph* graph = nullptr) const {
    auto profile = read_profile(file_, graph);
    EXPECT_TRUE(profile) << profile.error().text();
    return *profile;
  }
  static std::vector<std::string> path_of(const RunProfile& profile) {
    std::vector<std::string> names;
    for (const std::size_t index : profile.critical_path) names.push_back(profile.jobs[index].name);
    return names;
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("run-profile-test");
  std::filesystem::path file_ = folder_.path() / "journal.db";
  std::unique_ptr<store::SqliteJournal> journal_ = *store::SqliteJournal::create(file_);
};

TEST_F(RunProfileTest, SplitsTheTimeOfAJobIntoPhases) {
  start();
  job("/a/0", 1, 3, 6, 16, 18, 2);
  const RunProfile profile = read();
  ASSERT_EQ(profile.jobs.size(), 1U);
  EXPECT_EQ(profile.jobs[0].phases,
            (Phases{.waiting = seconds(2), .staging = seconds(3), .running = seconds(10), .collecting = seconds(2)}));
  const StepProfile& step = profile.steps.at(0);
  EXPECT_EQ(step.done, 1);
  EXPECT_EQ(step.running_median, seconds(10));
  EXPECT_DOUBLE_EQ(*step.efficiency(), 0.5) << "one core busy of two";
  EXPECT_EQ(profile.elapsed(), seconds(18));
}

TEST_F(RunProfileTest, AWaitBetweenAttemptsIsWaiting) {
  start();
  const core::JobId id("/a/0");
  at(0, store::JobCreated{id, core::StepPath("/a"), "0", "f"});
  for (const int begin : {0, 10}) {
    at(begin, store::JobPlaced{id, "local", 1, 256, 0});
    at(begin, store::JobPrepared{id, core::RemotePath("/j")});
    at(begin, store::JobStarted{id, "1"});
    at(begin + 4, store::JobEnded{id, {Outcome::Kind::kTemporaryFailure, 75}, seconds(1), 1});
    if (begin == 0) at(4, store::JobRetried{id, 1, std::chrono::milliseconds(6000), "75"});
  }
  at(14, store::JobFailed{id, "gave up"});
  const RunProfile profile = read();
  EXPECT_EQ(profile.jobs.at(0).phases, (Phases{.waiting = seconds(6), .running = seconds(8)}));
  EXPECT_EQ(profile.steps.at(0).retries, 1);
  EXPECT_EQ(profile.steps.at(0).failed, 1);
}

TEST_F(RunProfileTest, TheCriticalPathFollowsTheLinks) {
  start();
  job("/long/0", 0, 0, 0, 10, 10);
  job("/short/0", 0, 0, 0, 19, 19);
  job("/last/0", 20, 20, 20, 30, 30);
  StepGraph graph{.sources = {{"/last", {"/long"}}}};
  EXPECT_THAT(path_of(read(&graph)), ElementsAre("/long/0", "/last/0"));
  EXPECT_THAT(path_of(read()), ElementsAre("/short/0", "/last/0")) << "without links the times decide";
}

TEST_F(RunProfileTest, TheCriticalPathStaysInItsInstanceOfAScatteredWorkflow) {
  start();
  at(0, store::WorkflowEntered{core::JobId("/0"), "f"});
  at(0, store::WorkflowEntered{core::JobId("/sub/0.0"), "f"});
  at(0, store::WorkflowEntered{core::JobId("/sub/0.1"), "f"});
  job("/sub/a/0.0", 0, 0, 0, 5, 5);
  job("/sub/a/0.1", 0, 0, 0, 9, 9);
  job("/sub/b/0.0", 10, 10, 10, 20, 20);
  StepGraph graph{.sources = {{"/sub", {}}, {"/sub/b", {"/sub/a"}}}};
  EXPECT_THAT(path_of(read(&graph)), ElementsAre("/sub/a/0.0", "/sub/b/0.0"));
}

TEST_F(RunProfileTest, TheCriticalPathGoesFromIterationToIteration) {
  start();
  at(0, store::WorkflowEntered{core::JobId("/0"), "f"});
  for (const char* name : {"/outer/0.0", "/outer/0.1"}) at(0, store::WorkflowEntered{core::JobId(name), "f"});
  job("/outer/a/0.0.0", 0, 0, 0, 5, 5);
  job("/outer/a/0.0.1", 5, 5, 5, 9, 9);
  job("/outer/a/0.1.0", 9, 9, 9, 20, 20);
  job("/outer/a/0.1.1", 20, 20, 20, 30, 30);
  const StepGraph loops{.sources = {{"/outer", {}}, {"/outer/a", {}}}, .loops = {"/outer", "/outer/a"}};
  EXPECT_THAT(path_of(read(&loops)),
              ElementsAre("/outer/a/0.0.0", "/outer/a/0.0.1", "/outer/a/0.1.0", "/outer/a/0.1.1"));
  const StepGraph scattered{.sources = loops.sources};
  EXPECT_THAT(path_of(read(&scattered)), ElementsAre("/outer/a/0.1.1")) << "elements of a scatter wait for nobody";
}

TEST_F(RunProfileTest, CountsTheCoresInUse) {
  start();
  job("/a/0.0", 0, 0, 0, 10, 10, 2);
  job("/a/0.1", 0, 0, 5, 10, 10, 1);
  const auto load = load_over_time(read(), 1000);
  std::vector<double> cores;
  for (const Load& point : load) cores.push_back(point.cores);
  EXPECT_THAT(cores, ElementsAre(0, 2, 3, 0, 0));
  const auto means = load_over_time(read(), 2);
  ASSERT_EQ(means.size(), 2U);
  EXPECT_THAT(means[0].cores, DoubleNear(2, 1e-6));
  EXPECT_THAT(means[1].cores, DoubleNear(3, 1e-6));
}

TEST_F(RunProfileTest, AResumedRunShowsWhenNobodyWorkedOnIt) {
  start();
  const core::JobId id("/a/0");
  at(1, store::JobCreated{id, core::StepPath("/a"), "0", "f"});
  at(2, store::JobPlaced{id, "local", 1, 256, 0});
  at(2, store::JobPrepared{id, core::RemotePath("/j")});
  at(2, store::JobStarted{id, "1"});
  at(100, store::RunResumed{nullptr});
  job("/a/0", 101, 101, 101, 110, 110);
  const RunProfile profile = read();
  ASSERT_EQ(profile.run.interruptions.size(), 1U);
  ASSERT_EQ(profile.jobs.size(), 1U);
  ASSERT_EQ(profile.jobs[0].occupations.size(), 2U);
  EXPECT_EQ(profile.jobs[0].occupations[0].ended_at, sys::WallTime(seconds(2))) << "it was last heard of then";
  const std::string page = render_run_report(profile, {.standing = "done", .logs = {}});
  EXPECT_THAT(page, HasSubstr("without a controller"));
}

TEST_F(RunProfileTest, TheTimeWithoutAControllerIsNoWaiting) {
  start();
  const core::JobId id("/a/0");
  at(1, store::JobCreated{id, core::StepPath("/a"), "0", "f"});
  at(3, store::JobPlaced{id, "local", 1, 256, 0});
  at(3, store::JobPrepared{id, core::RemotePath("/j")});
  at(3, store::JobStarted{id, "1"});
  at(50, store::ValueNoted{"hash", 1});  // the last that was heard of it
  at(100, store::RunResumed{nullptr});
  job("/a/0", 101, 105, 105, 110, 111);
  EXPECT_EQ(read().jobs.at(0).phases,
            (Phases{.waiting = seconds(2 + 4), .running = seconds(47 + 5), .collecting = seconds(1)}));
}

TEST_F(RunProfileTest, JobsOfOneMomentStandInTheOrderOfTheJournal) {
  start();
  job("/say/0.2", 1, 1, 1, 1, 1);
  job("/say/0.10", 1, 1, 1, 1, 1);
  job("/join/0", 1, 1, 1, 1, 1);
  std::vector<std::string> names;
  for (const JobProfile& one : read().jobs) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("/say/0.2", "/say/0.10", "/join/0"));
}

TEST_F(RunProfileTest, WhatNoControllerWorksOnIsInterrupted) {
  start();
  job("/a/0.0", 1, 1, 1, 2, 2);
  const core::JobId id("/a/0.1");
  at(2, store::JobCreated{id, core::StepPath("/a"), "0.1", "f"});
  at(2, store::JobPlaced{id, "local", 1, 256, 0});
  at(2, store::JobPrepared{id, core::RemotePath("/j")});
  at(2, store::JobStarted{id, "1"});
  RunProfile profile = read();
  EXPECT_EQ(profile.jobs.at(1).state_name(), "running");
  EXPECT_EQ(profile.steps.at(0).running, 1);
  profile.mark_interrupted();
  EXPECT_EQ(profile.jobs.at(0).state_name(), "done");
  EXPECT_EQ(profile.jobs.at(1).state_name(), "interrupted");
  EXPECT_EQ(profile.steps.at(0).running, 0);
  EXPECT_EQ(profile.steps.at(0).waiting, 1);
}

TEST_F(RunProfileTest, ThePageNeedsNoNetworkAndEscapesWhatJobsSay) {
  start();
  job("/a/0", 0, 0, 1, 2, 2);
  at(3, store::JobFailed{core::JobId("/b/0"), "<script>alert(1)</script>"});
  at(3, store::RunEnded{store::RunStatus::kFailed, nullptr, "x"});
  const RunReportOptions options{.standing = "failed", .logs = {{"/b/0", "<b>log</b>"}}};
  const std::string page = render_run_report(read(), options);
  EXPECT_THAT(page, AllOf(HasSubstr("Run r1"), HasSubstr("main.cwl"), HasSubstr("&lt;script&gt;"),
                          HasSubstr("&lt;b&gt;log"), Not(HasSubstr("<script>alert"))));
  for (const char* reference : {"http://", "https://", "@import", "url(", "<link", "src="}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
  EXPECT_EQ(page, render_run_report(read(), options)) << "the same journal gives the same bytes";
}

TEST_F(RunProfileTest, ThePageStaysSmallWithManyJobs) {
  std::vector<store::Record> records{store::RunStarted{core::RunId("r"), "d", "i", core::Object{}}};
  for (int i = 0; i < 3000; ++i) {
    const core::JobId id("/many/0." + std::to_string(i));
    records.push_back(store::JobCreated{id, core::StepPath("/many"), "0." + std::to_string(i), "f"});
    records.push_back(store::JobPlaced{id, "local", 1, 256, 0});
    records.push_back(store::JobPrepared{id, core::RemotePath("/j")});
    records.push_back(store::JobStarted{id, "1"});
  }
  ASSERT_TRUE(journal_->append(records, sys::WallTime(seconds(1))));
  records.clear();
  for (int i = 0; i < 3000; ++i) {
    const core::JobId id("/many/0." + std::to_string(i));
    records.push_back(store::JobEnded{id, {Outcome::Kind::kSuccess, 0}, seconds(1), 1});
    records.push_back(store::JobCollected{id, core::Object{}});
  }
  ASSERT_TRUE(journal_->append(records, sys::WallTime(seconds(3))));
  EXPECT_LT(render_run_report(read(), {.standing = "done", .logs = {}}).size(), 200'000U);
}

TEST_F(RunProfileTest, TheTableHasALineForEachJob) {
  start();
  job("/a/0", 1, 3, 6, 16, 18, 2);
  EXPECT_EQ(run_csv(read()),
            "job,step,state,reused,attempts,created,finished,waiting,staging,running,collecting,cores,cpu,"
            "memory_max_bytes,exit_code,reason\n"
            "/a/0,/a,done,false,1,1,18,2,3,10,2,2,10,1048576,0,\n");
}

}  // namespace
}  // namespace alveus::report
