// SPDX-License-Identifier: Apache-2.0
#include "store/recovery.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"
#include "store/journal.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

const core::JobId kFirst("/a/0");
const core::JobId kSecond("/b/0");

class RecoveryTest : public testing::Test {
 protected:
  Recovery read(std::vector<Record> records) {
    records.insert(records.begin(), RunStarted{.run = core::RunId("r"), .description = "as started"});
    auto journal = *SqliteJournal::create(file_);
    EXPECT_TRUE(journal->append(records, sys::WallTime()));
    auto recovery = read_recovery(file_);
    EXPECT_TRUE(recovery) << recovery.error().text();
    return std::move(*recovery);
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("recovery-test");
  std::filesystem::path file_ = folder_.path() / "journal.db";
};

TEST_F(RecoveryTest, TakesOverWhatIsDoneWithItsOutputsAndItsLastFolder) {
  const auto recovery =
      read({JobCreated{.job = kFirst}, JobPrepared{kFirst, core::RemotePath("/j/1")}, JobRetried{.job = kFirst},
            JobPrepared{kFirst, core::RemotePath("/j/2")}, JobEnded{.job = kFirst},
            JobCollected{kFirst, core::Object{{"o", 3}}}, JobSkipped{core::JobId("/c/0")}});
  ASSERT_EQ(recovery.finished.done.size(), 1U);
  EXPECT_EQ(core::to_json(recovery.finished.done.at(kFirst).outputs), R"({"o":3})");
  EXPECT_EQ(recovery.finished.done.at(kFirst).folder.text(), "/j/2");
  EXPECT_TRUE(recovery.finished.skipped.contains(core::JobId("/c/0")));
}

TEST_F(RecoveryTest, WhatIsNotCollectedIsNotDone) {
  const auto recovery =
      read({JobCreated{.job = kFirst}, JobPrepared{kFirst, core::RemotePath("/j/1")}, JobStarted{kFirst, "7"},
            JobEnded{.job = kFirst}, JobCreated{.job = kSecond}, JobFailed{kSecond, "no"}});
  EXPECT_TRUE(recovery.finished.empty());
}

TEST_F(RecoveryTest, KnowsTheAttemptsWhoseStreamsAreNotOnRecord) {
  const auto recovery =
      read({JobPrepared{kFirst, core::RemotePath("/j/old")}, RunResumed{}, JobPlaced{kFirst, "local", 1, 1, 0},
            JobPrepared{kFirst, core::RemotePath("/j/1")}, JobLogged{kFirst, 0, "log", 1, "x"}, JobRetried{kFirst, 1},
            JobPlaced{kFirst, "local", 1, 1, 1}, JobPrepared{kFirst, core::RemotePath("/j/2")}, JobStarted{kFirst, "7"},
            JobPrepared{kSecond, core::RemotePath("/j/3")}, JobFailed{kSecond, "no"},
            JobPrepared{core::JobId("/c/0"), core::RemotePath("/j/4")}, JobCollected{core::JobId("/c/0"), nullptr}});
  ASSERT_EQ(recovery.interrupted.size(), 1U);
  EXPECT_EQ(recovery.interrupted[0].prepared.folder.text(), "/j/2");
  EXPECT_EQ(recovery.interrupted[0].attempt, 1);
}

TEST_F(RecoveryTest, AJobThatWasBegunAnewIsNotDone) {
  const auto recovery = read({JobCreated{.job = kFirst}, JobCollected{kFirst, core::Object{{"o", 3}}},
                              RunResumed{"as resumed"}, JobCreated{.job = kFirst}});
  EXPECT_TRUE(recovery.finished.empty());
  EXPECT_EQ(recovery.description, core::Value("as resumed"));
}

TEST_F(RecoveryTest, AnEndCountsUntilTheRunIsResumed) {
  EXPECT_EQ(read({RunEnded{.status = RunStatus::kFailed}}).ended->status, RunStatus::kFailed);
  std::filesystem::remove(file_);
  EXPECT_FALSE(read({RunEnded{.status = RunStatus::kFailed}, RunResumed{}}).ended.has_value());
}

TEST_F(RecoveryTest, OnlyAMoveKeepsTheRunFromRunningAgain) {
  const DeliveryTarget target{.from = core::Location("file:///a"), .path = core::RemotePath("/o/a"), .is_new = true};
  const auto copied = read({DeliveryBegun{.is_move = false, .targets = {target}}});
  EXPECT_FALSE(copied.moving.has_value());
  EXPECT_EQ(copied.targets, std::vector{target});
  std::filesystem::remove(file_);
  const auto moved = read({DeliveryBegun{.outputs = "o", .is_move = true, .targets = {target}}});
  ASSERT_TRUE(moved.moving.has_value());
  EXPECT_EQ(moved.moving->outputs, core::Value("o"));
}

TEST_F(RecoveryTest, AJournalWithoutAStartTellsToStartAgain) {
  auto journal = *SqliteJournal::create(file_);
  EXPECT_EQ(read_recovery(file_).error().code, core::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::store
