// SPDX-License-Identifier: Apache-2.0
#include "store/run_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/journal.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

class RunFolderTest : public testing::Test {
 protected:
  void record(const RunFolder& folder, const std::vector<Record>& records, int seconds) {
    auto journal = *SqliteJournal::create(folder.journal_file());
    EXPECT_TRUE(journal->append(records, sys::WallTime(std::chrono::seconds(seconds))));
  }
  RunFolder made(const std::string& run) { return *make_run_folder(runs_, core::RunId(run)); }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("run-folder-test");
  std::filesystem::path runs_ = folder_.path() / "runs";
};

TEST_F(RunFolderTest, IdsSortByTime) {
  EXPECT_EQ(make_run_id(sys::WallTime(std::chrono::seconds(0)), 0x1a2b3c4d).text(), "19700101-000000-1a2b3c4d");
  EXPECT_EQ(make_run_id(sys::WallTime(std::chrono::seconds(951782400)), 7).text(), "20000229-000000-00000007");
}

TEST_F(RunFolderTest, BelongsToOneUserAndOneRun) {
  const RunFolder folder = made("r1");
  struct stat status{};
  ASSERT_EQ(::stat(folder.path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  EXPECT_EQ(make_run_folder(runs_, core::RunId("r1")).error().code, core::ErrorCode::kInvalidInput);
}

TEST_F(RunFolderTest, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"", "../x", "a/b", ".hidden"}) {
    EXPECT_EQ(make_run_folder(runs_, core::RunId(name)).error().code, core::ErrorCode::kInvalidInput) << name;
  }
}

TEST_F(RunFolderTest, IsFoundOnceItHasAJournal) {
  const RunFolder folder = made("r1");
  EXPECT_EQ(find_run_folder(runs_, "r1").error().code, core::ErrorCode::kNotFound);
  record(folder, {RunStarted{.run = folder.run}}, 1);
  EXPECT_EQ(find_run_folder(runs_, "r1")->path, folder.path);
}

TEST_F(RunFolderTest, IsFoundByTheBeginningOfItsIdAndAsTheLast) {
  for (const char* run : {"20260101-a1", "20260101-a2", "20260102-b"}) {
    record(made(run), {RunStarted{.run = core::RunId(run)}}, 1);
  }
  EXPECT_EQ(find_run_folder(runs_, "20260102")->run.text(), "20260102-b");
  EXPECT_EQ(find_run_folder(runs_, "last")->run.text(), "20260102-b");
  EXPECT_EQ(find_run_folder(runs_, "20260101-a2")->run.text(), "20260101-a2");
  const auto ambiguous = find_run_folder(runs_, "20260101");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_NE(ambiguous.error().message.find("20260101-a1"), std::string::npos);
  EXPECT_EQ(find_run_folder(runs_, "").error().code, core::ErrorCode::kNotFound);
}

TEST_F(RunFolderTest, TheLastOfOneSecondIsTheOneThatBeganLast) {
  record(made("20260101-000000-b"), {RunStarted{.run = core::RunId("b")}}, 1);
  record(made("20260101-000000-a"), {RunStarted{.run = core::RunId("a")}}, 2);
  EXPECT_EQ(find_run_folder(runs_, "last")->run.text(), "20260101-000000-a");
}

TEST_F(RunFolderTest, ListsRunsByTimeAndSkipsWhatIsNone) {
  record(made("later"), {RunStarted{.run = core::RunId("later"), .description = "b"}}, 20);
  record(made("first"),
         {RunStarted{.run = core::RunId("first"), .description = "a"}, RunEnded{RunStatus::kFailed, nullptr, ""}}, 10);
  made("no-journal");
  ASSERT_TRUE(sys::write_file(made("broken").journal_file(), "no journal"));
  const auto runs = list_runs(runs_);
  ASSERT_TRUE(runs) << runs.error().text();
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ((*runs)[0].folder.run.text(), "first");
  EXPECT_EQ((*runs)[0].status, RunStatus::kFailed);
  EXPECT_EQ((*runs)[0].description, core::Value("a"));
  EXPECT_EQ((*runs)[1].folder.run.text(), "later");
  EXPECT_FALSE((*runs)[1].status.has_value());
}

TEST_F(RunFolderTest, NoFolderMeansNoRuns) { EXPECT_TRUE(list_runs(folder_.path() / "absent")->empty()); }

}  // namespace
}  // namespace alveus::store
