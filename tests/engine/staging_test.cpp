// SPDX-License-Identifier: Apache-2.0
#include "engine/staging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_connector.hpp"

namespace alveus::engine {
namespace {

using core::Location;
using core::RemotePath;
using flow::StageEntry;
using ::testing::ElementsAre;
using testing::FakeConnector;
using Kind = flow::StageEntry::Kind;

std::vector<StageEntry> one_of_each() {
  return {
      {.kind = Kind::kReadOnly, .location = Location("fake-site:///data/a"), .target = RemotePath("/jobs/j/in/1/a")},
      {.kind = Kind::kWritable, .location = Location("fake-site:///data/a"), .target = RemotePath("/jobs/j/out/b")},
      {.kind = Kind::kInPlace, .location = Location("fake-site:///data/a"), .target = RemotePath("/jobs/j/out/c")},
      {.kind = Kind::kLiteral, .target = RemotePath("/jobs/j/out/run.sh"), .contents = "go", .executable = true},
      {.kind = Kind::kDirectory, .target = RemotePath("/jobs/j/out/d")}};
}

class StagingTest : public ::testing::Test {
 protected:
  StagingTest() { site_.put("/data/a", "text"); }
  core::Status stage_all() {
    return stage(one_of_each(), *site_.make_job_folder(core::JobId("/j")), transfer::Sites(site_), site_);
  }
  FakeConnector site_;
};

TEST_F(StagingTest, PutsEachKindInPlace) {
  const auto staged = stage_all();
  ASSERT_TRUE(staged) << staged.error().text();
  EXPECT_THAT(site_.tree(),
              ElementsAre("/data/a", "/jobs/j/in/1/a -> /data/a", "/jobs/j/out/b", "/jobs/j/out/c -> /data/a",
                          "/jobs/j/out/d", "/jobs/j/out/run.sh", "/jobs/j/tmp"));
  EXPECT_TRUE(site_.status(RemotePath("/jobs/j/out/run.sh"))->is_executable);
}

TEST_F(StagingTest, ReportsTheFailureOfAnyOperation) {
  int number = 2;  // the first makes the folder
  for (;; ++number) {
    FakeConnector site;
    site.put("/data/a", "text");
    site.fail_operation(number);
    const auto folder = site.make_job_folder(core::JobId("/j"));
    const auto staged = stage(one_of_each(), *folder, transfer::Sites(site), site);
    if (!site.has_failed()) break;
    ASSERT_FALSE(staged) << number;
    EXPECT_EQ(staged.error().code, core::ErrorCode::kUnavailable);
  }
  EXPECT_GT(number, 6);
}

TEST_F(StagingTest, SaysWhatItCouldNotStage) {
  const std::vector<StageEntry> entries = {
      {.kind = Kind::kReadOnly, .location = Location("elsewhere://x"), .target = RemotePath("/jobs/j/in/x")}};
  const auto staged = stage(entries, *site_.make_job_folder(core::JobId("/j")), transfer::Sites(site_), site_);
  ASSERT_FALSE(staged);
  EXPECT_THAT(staged.error().text(), ::testing::HasSubstr("while staging '/jobs/j/in/x'"));
}

TEST(RemotePathTest, PartsAreJoinedAndTakenApart) {
  EXPECT_EQ(join(RemotePath("/a"), "b").text(), "/a/b");
  EXPECT_EQ(parent_of(RemotePath("/a/b")).text(), "/a");
  EXPECT_EQ(parent_of(RemotePath("b")).text(), "");
}

}  // namespace
}  // namespace alveus::engine
