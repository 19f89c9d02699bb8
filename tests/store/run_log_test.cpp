// SPDX-License-Identifier: Apache-2.0
#include "store/run_log.hpp"

#include <gtest/gtest.h>

#include "store/journal.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = flow::JobOutcome;

const core::JobId kJob("/a/0.3");

class RunLogTest : public testing::Test {
 protected:
  /// Each record a second after the one before.
  RunLog read(const std::vector<Record>& records) {
    auto journal = *SqliteJournal::create(file_);
    int now = 0;
    for (const Record& record : records) {
      EXPECT_TRUE(journal->append(std::span(&record, 1), sys::WallTime(seconds(++now))));
    }
    auto log = read_run(file_);
    EXPECT_TRUE(log) << log.error().text();
    return *log;
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("run-log-test");
  std::filesystem::path file_ = folder_.path() / "journal.db";
};

TEST_F(RunLogTest, SumsUpAJobThatWasTriedTwice) {
  const RunLog log = read({JobCreated{kJob, core::StepPath("/a"), "0.3", "f"}, JobPlaced{kJob, "local", 1, 256, 0},
                           JobPrepared{kJob, core::RemotePath("/jobs/1")}, JobStarted{kJob, "100"},
                           JobEnded{kJob, {Outcome::Kind::kTemporaryFailure, 75}, microseconds(5), 1},
                           JobRetried{kJob, 1, seconds(1), "75"}, JobPlaced{kJob, "local", 1, 256, 1},
                           JobPrepared{kJob, core::RemotePath("/jobs/2")}, JobStarted{kJob, "101"},
                           JobEnded{kJob, {Outcome::Kind::kSuccess, 0}, microseconds(7), 2},
                           JobCollected{kJob, core::Object{{"out", 4}}}});
  ASSERT_EQ(log.jobs.size(), 1U);
  const JobSummary& job = log.jobs[0];
  EXPECT_EQ(job.job, kJob);
  EXPECT_EQ(job.step.text(), "/a");
  EXPECT_EQ(job.tag, "0.3");
  EXPECT_EQ(job.state, JobState::kDone);
  EXPECT_EQ(job.inputs_fingerprint, "f");
  EXPECT_EQ(job.folder.text(), "/jobs/2");
  EXPECT_EQ(job.handle, "101");
  EXPECT_EQ(job.attempt, 1);
  EXPECT_EQ(job.outcome, (Outcome{Outcome::Kind::kSuccess, 0}));
  EXPECT_EQ(*job.outputs, core::Value(core::Object{{"out", 4}}));
  EXPECT_EQ(*job.ended_at - *job.started_at, seconds(1));
  EXPECT_EQ(job.cpu_time, microseconds(7));
}

TEST_F(RunLogTest, TellsWhatALostControllerLeft) {
  const RunLog log = read({RunStarted{core::RunId("r"), "d", "i", nullptr},
                           JobCreated{kJob, core::StepPath("/a"), "0.3", "f"}, JobPlaced{kJob, "local", 1, 256, 0},
                           JobPrepared{kJob, core::RemotePath("/jobs/1")}, JobStarted{kJob, "100"}});
  EXPECT_EQ(log.started->run.text(), "r");
  EXPECT_FALSE(log.ended.has_value());
  EXPECT_EQ(log.jobs.at(0).state, JobState::kRunning);
  EXPECT_EQ(log.jobs.at(0).handle, "100");
}

TEST_F(RunLogTest, TellsFailuresAndTheEnd) {
  const RunLog log = read(
      {JobFailed{kJob, "exit code 1"}, JobSkipped{core::JobId("/b/0")}, RunEnded{RunStatus::kFailed, nullptr, "why"}});
  EXPECT_EQ(log.jobs.at(0).state, JobState::kFailed);
  EXPECT_EQ(log.jobs.at(0).failure, "exit code 1");
  EXPECT_EQ(log.jobs.at(1).state, JobState::kSkipped);
  EXPECT_EQ(log.ended->status, RunStatus::kFailed);
}

TEST_F(RunLogTest, AMissingJournalIsNotFound) {
  EXPECT_EQ(read_run(folder_.path() / "absent.db").error().code, core::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::store
