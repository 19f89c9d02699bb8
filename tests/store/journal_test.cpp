// SPDX-License-Identifier: Apache-2.0
#include "store/journal.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "store/run_log.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

sys::WallTime at(int seconds) { return sys::WallTime(std::chrono::seconds(seconds)); }

Record skipped(const std::string& job) { return JobSkipped{core::JobId(job)}; }

mode_t mode_of(const std::filesystem::path& file) {
  struct stat status{};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 0777;
}

class JournalTest : public testing::Test {
 protected:
  /// Changes the file from outside.
  void alter(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("journal-test");
  std::filesystem::path file_ = folder_.path() / "journal.db";
};

TEST_F(JournalTest, KeepsRecordsInOrderWithTheirTimes) {
  auto journal = SqliteJournal::create(file_);
  ASSERT_TRUE(journal) << journal.error().text();
  ASSERT_TRUE((*journal)->append(std::vector{skipped("/a/0"), skipped("/b/0")}, at(1)));
  ASSERT_TRUE((*journal)->append(std::vector{skipped("/c/0")}, at(2)));
  const auto log = read_run(file_);
  ASSERT_TRUE(log) << log.error().text();
  ASSERT_EQ(log->records.size(), 3U);
  EXPECT_EQ(log->records[0].record, skipped("/a/0"));
  EXPECT_EQ(log->records[2].record, skipped("/c/0"));
  EXPECT_EQ(log->records[2].time, at(2));
  EXPECT_EQ(log->records[2].sequence, 3);
}

TEST_F(JournalTest, NoOtherUserMayReadIt) {
  auto journal = SqliteJournal::create(file_);
  ASSERT_TRUE((*journal)->append(std::vector{skipped("/a/0")}, at(1)));
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(file_.string() + suffix), 0600U) << suffix;
}

TEST_F(JournalTest, IsNotMadeTwice) {
  ASSERT_TRUE(SqliteJournal::create(file_));
  const auto again = SqliteJournal::create(file_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, core::ErrorCode::kInvalidInput);
}

TEST_F(JournalTest, GoesOnWhereItWasLeft) {
  ASSERT_TRUE((*SqliteJournal::create(file_))->append(std::vector{skipped("/a/0")}, at(1)));
  auto journal = SqliteJournal::open(file_);
  ASSERT_TRUE(journal) << journal.error().text();
  ASSERT_TRUE((*journal)->append(std::vector{skipped("/b/0")}, at(2)));
  EXPECT_EQ(read_run(file_)->records.size(), 2U);
}

TEST_F(JournalTest, AFullDiskLeavesTheRecordsThatWereThere) {
  auto journal = SqliteJournal::create(file_);
  ASSERT_TRUE((*journal)->append(std::vector{skipped("/a/0")}, at(1)));
  ASSERT_TRUE((*journal)->limit_pages(4));
  const std::vector<Record> many(2000, skipped("/b/0"));
  const auto appended = (*journal)->append(many, at(2));
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, core::ErrorCode::kUnavailable);
  EXPECT_NE(appended.error().text().find("journal.db"), std::string::npos) << appended.error().text();
  EXPECT_EQ(read_run(file_)->records.size(), 1U);
  ASSERT_TRUE((*journal)->limit_pages(100000));
  EXPECT_TRUE((*journal)->append(std::vector{skipped("/c/0")}, at(3))) << "a journal with room again goes on";
  EXPECT_EQ(read_run(file_)->records.size(), 2U);
}

TEST_F(JournalTest, ARecordThatIsRefusedTakesItsWholeBatchAlong) {
  auto journal = SqliteJournal::create(file_);
  alter("CREATE TRIGGER t BEFORE INSERT ON event WHEN NEW.subject = '/bad/0' BEGIN SELECT RAISE(ABORT, 'no'); END");
  ASSERT_FALSE((*journal)->append(std::vector{skipped("/a/0"), skipped("/bad/0")}, at(1)));
  EXPECT_TRUE(read_run(file_)->records.empty());
  EXPECT_TRUE((*journal)->append(std::vector{skipped("/a/0")}, at(2)));
  EXPECT_EQ(read_run(file_)->records.size(), 1U);
}

TEST_F(JournalTest, CannotBeMadeWhereThereIsNoFolder) {
  const auto journal = SqliteJournal::create(folder_.path() / "absent" / "journal.db");
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, core::ErrorCode::kNotFound);
}

TEST_F(JournalTest, AForeignFileIsRefused) {
  std::ofstream(file_) << "these are no records, but text that is long enough to be looked at as a header of a file";
  EXPECT_EQ(SqliteJournal::open(file_).error().code, core::ErrorCode::kCorrupt);
  EXPECT_EQ(read_run(file_).error().code, core::ErrorCode::kCorrupt);
  EXPECT_EQ(SqliteJournal::open(folder_.path() / "absent.db").error().code, core::ErrorCode::kNotFound);
}

TEST_F(JournalTest, ANewerFormatIsRefused) {
  ASSERT_TRUE(SqliteJournal::create(file_));
  alter("PRAGMA user_version = 99");
  EXPECT_EQ(SqliteJournal::open(file_).error().code, core::ErrorCode::kUnsupported);
  EXPECT_EQ(read_run(file_).error().code, core::ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace alveus::store
