// SPDX-License-Identifier: Apache-2.0
#include "store/run_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "store/journal.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Outcome = flow::JobOutcome;

const core::JobId kJob("/a/0.3");
const core::StepPath kStep("/a");

class RunHistoryTest : public testing::Test {
 protected:
  /// Each record a second after the one before.
  void write(const std::vector<Record>& records) {
    auto journal = *SqliteJournal::create(file_);
    int now = 0;
    for (const Record& record : records) {
      EXPECT_TRUE(journal->append(std::span(&record, 1), sys::WallTime(seconds(++now))));
    }
  }
  /// A record as a version that is not written yet might add it.
  void write_row(const char* kind, const char* subject, const char* detail) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    const std::string sql = std::string("INSERT INTO event(time_us, kind, subject, detail) VALUES (99000000, '") +
                            kind + "', '" + subject + "', '" + detail + "')";
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  RunHistory read(Values values = Values::kRead) {
    jobs_.clear();
    auto run = read_history(file_, values, [this](JobHistory job) { jobs_.push_back(std::move(job)); });
    EXPECT_TRUE(run) << run.error().text();
    return *run;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const JobHistory& job : jobs_) names.push_back(job.job.text() + " " + std::string(name_of(job.state)));
    return names;
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("run-history-test");
  std::filesystem::path file_ = folder_.path() / "journal.db";
  std::vector<JobHistory> jobs_;
};

TEST_F(RunHistoryTest, TellsAJobThatWasTriedTwiceWithTheTimesOfBothAttempts) {
  write({RunStarted{core::RunId("r"), "d", "i", nullptr}, JobCreated{kJob, kStep, "0.3", "f"},
         JobPlaced{kJob, "local", 2, 512, 0}, JobPrepared{kJob, core::RemotePath("/jobs/1")}, JobStarted{kJob, "100"},
         JobEnded{kJob, {Outcome::Kind::kTemporaryFailure, 75}, microseconds(5), 10},
         JobRetried{kJob, 1, seconds(1), "code 75"}, JobPlaced{kJob, "local", 2, 512, 1},
         JobPrepared{kJob, core::RemotePath("/jobs/2"), core::RemotePath("/jobs/2/out/o.txt")}, JobStarted{kJob, "101"},
         JobEnded{kJob, {Outcome::Kind::kSuccess, 0}, microseconds(7), 20},
         JobCollected{kJob, core::Object{{"out", 4}}}});
  const RunHistory run = read();
  EXPECT_EQ(run.started->run.text(), "r");
  EXPECT_FALSE(run.ended.has_value());
  ASSERT_THAT(names(), ElementsAre("/a/0.3 done"));
  const JobHistory& job = jobs_[0];
  EXPECT_EQ(job.step, kStep);
  EXPECT_EQ(job.created_at, sys::WallTime(seconds(2)));
  EXPECT_EQ(job.finished_at, sys::WallTime(seconds(12)));
  EXPECT_EQ(job.outputs, core::Value(core::Object{{"out", 4}}));
  ASSERT_EQ(job.attempts.size(), 2U);
  EXPECT_EQ(job.attempts[0].retry_reason, "code 75");
  EXPECT_EQ(job.attempts[0].outcome->exit_code, 75);
  EXPECT_EQ(job.attempts[0].ended_at, sys::WallTime(seconds(6)));
  EXPECT_EQ(job.attempts[1].placed_at, sys::WallTime(seconds(8)));
  EXPECT_EQ(job.attempts[1].stdout_path.text(), "/jobs/2/out/o.txt");
  EXPECT_EQ(job.attempts[1].cores, 2);
  EXPECT_EQ(job.attempts[1].cpu_time, microseconds(7));
}

TEST_F(RunHistoryTest, HandsOverWhatIsUnderWayLast) {
  write({JobCreated{kJob, kStep, "0.3", "f"}, JobCreated{core::JobId("/b/0"), core::StepPath("/b"), "0", "f"},
         JobSkipped{core::JobId("/c/0")}, JobPlaced{kJob, "local", 1, 1, 0},
         JobFailed{core::JobId("/d/e/0.1"), "no such input"}});
  read();
  EXPECT_THAT(names(), ElementsAre("/c/0 skipped", "/d/e/0.1 failed", "/a/0.3 placed", "/b/0 created"));
  EXPECT_EQ(jobs_[1].step.text(), "/d/e") << "a step that failed before it had jobs has no other record";
  EXPECT_EQ(jobs_[1].tag, "0.1");
}

TEST_F(RunHistoryTest, PutsLargeValuesBackInTheirPlace) {
  const core::Value refers = core::Object{{"big", core::Object{{"$noted", "h1"}}}, {"small", 1}};
  write({ValueNoted{"h1", core::Array{1, 2, 3}}, WorkflowEntered{core::JobId("/0"), "f", refers},
         JobCreated{kJob, kStep, "0.3", "f", "", "", refers}});
  const core::Value whole = core::Object{{"big", core::Array{1, 2, 3}}, {"small", 1}};
  EXPECT_EQ(read().workflows.at(0).inputs, whole);
  EXPECT_EQ(jobs_.at(0).inputs, whole);
  read(Values::kSkip);
  EXPECT_TRUE(jobs_.at(0).inputs.is_null());
}

TEST_F(RunHistoryTest, AResumedRunTellsEachJobOnceWithAllItsAttempts) {
  write({RunStarted{core::RunId("r"), "d", "i", core::Object{{"outdir", "/one"}}},
         JobCreated{core::JobId("/a/0"), kStep, "0", "f"}, JobCollected{core::JobId("/a/0"), core::Object{}},
         JobFailed{core::JobId("/s/0"), "a list, and no number"}, JobCreated{kJob, kStep, "0.3", "f"},
         JobPlaced{kJob, "local", 1, 1, 0}, JobFailed{kJob, "exit code 1"}, RunEnded{RunStatus::kFailed, nullptr, "x"},
         RunResumed{core::Object{{"outdir", "/two"}}}, JobCreated{kJob, kStep, "0.3", "f"},
         JobPlaced{kJob, "local", 1, 1, 0}, JobCollected{kJob, core::Object{}},
         JobCollected{core::JobId("/s/0.0"), core::Object{}}});
  const RunHistory run = read();
  EXPECT_THAT(names(), ElementsAre("/a/0 done", "/a/0.3 done", "/s/0.0 done"));
  EXPECT_EQ(jobs_[1].attempts.size(), 2U);
  EXPECT_EQ(jobs_[1].failure, "");
  EXPECT_FALSE(run.ended.has_value()) << "it goes on";
  EXPECT_EQ(run.started->description.string_or("outdir", ""), "/two");
  ASSERT_EQ(run.interruptions.size(), 1U);
  EXPECT_EQ(run.interruptions[0].to - run.interruptions[0].from, seconds(1));
  EXPECT_EQ(*count_jobs(file_), (JobCounts{.done = 3, .failed = 1})) << "the step's own failure has no later word";
}

TEST_F(RunHistoryTest, WhatANewerVersionAddsIsLeftOut) {
  write({JobCreated{kJob, kStep, "0.3", "f"}});
  write_row("job-teleported", "/a/0.3", R"({"to": "the moon"})");
  write_row("job-reused", "/a/0.3", R"({"cache_key": "k", "run": "r0", "job": "/z/0", "new": [1]})");
  write_row("job-collected", "/a/0.3", R"({"outputs": {"o": 1}, "new": null})");
  write_row("run-ended", "", R"({"status": "done", "outputs": null, "reason": "", "mood": "good"})");
  const RunHistory run = read();
  ASSERT_THAT(names(), ElementsAre("/a/0.3 done"));
  EXPECT_TRUE(jobs_[0].reused);
  EXPECT_EQ(jobs_[0].reused_run.text(), "r0");
  EXPECT_EQ(jobs_[0].reused_job.text(), "/z/0");
  EXPECT_EQ(jobs_[0].outputs, core::Value(core::Object{{"o", 1}}));
  EXPECT_EQ(run.ended->status, RunStatus::kDone);
  EXPECT_EQ(*count_jobs(file_), (JobCounts{.done = 1, .reused = 1}));
}

TEST_F(RunHistoryTest, KeepsTheLogsOfTheJobsAskedFor) {
  write({JobPlaced{kJob, "local", 1, 1, 0}, JobLogged{kJob, 0, "log", 5, "hello"},
         JobLogged{core::JobId("/b/0"), 0, "log", 1, "x"}, JobPlaced{kJob, "local", 1, 1, 1},
         JobLogged{kJob, 1, "stderr", 100, "the end"}});
  const auto logs = read_kept_logs(file_, [](const std::string& job) { return job == "/a/0.3"; });
  ASSERT_TRUE(logs);
  ASSERT_EQ(logs->size(), 2U);
  EXPECT_EQ((*logs)[0].text, "hello");
  EXPECT_EQ((*logs)[1].stream, "stderr");
  EXPECT_EQ((*logs)[1].attempt, 1U);
  EXPECT_EQ((*logs)[1].bytes, 100);
}

TEST_F(RunHistoryTest, AttemptsOfALogCountOnOverAResumption) {
  write({JobPlaced{kJob, "local", 1, 1, 0}, JobLogged{kJob, 0, "log", 2, "a\n"}, RunResumed{},
         JobPlaced{kJob, "local", 1, 1, 0}, JobLogged{kJob, 0, "log", 2, "b\n"}});
  const auto logs = read_kept_logs(file_, [](const std::string&) { return true; });
  ASSERT_TRUE(logs);
  ASSERT_EQ(logs->size(), 2U);
  EXPECT_EQ((*logs)[0].attempt, 0U);
  EXPECT_EQ((*logs)[1].attempt, 1U) << "as JobHistory::attempts counts them";
}

TEST_F(RunHistoryTest, TellsThatMemoryRanOut) {
  write({JobCreated{kJob, kStep, "0.3", "f"}, JobPlaced{kJob, "local", 1, 1, 0},
         JobEnded{kJob, {Outcome::Kind::kOutOfMemory, 137}}, JobFailed{kJob, "no memory"}});
  read();
  EXPECT_EQ(jobs_.at(0).attempts.at(0).outcome->kind, Outcome::Kind::kOutOfMemory);
}

TEST_F(RunHistoryTest, RefusesWhatItCannotRead) {
  const auto nothing = [](const JobHistory&) {};
  EXPECT_EQ(read_history(file_, Values::kRead, nothing).error().code, core::ErrorCode::kNotFound);
  write({});
  write_row("job-created", "/a/0", "{");
  const auto broken = read_history(file_, Values::kRead, nothing);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, core::ErrorCode::kCorrupt);
  EXPECT_NE(broken.error().message.find("record 1"), std::string::npos) << broken.error().message;
}

}  // namespace
}  // namespace alveus::store
