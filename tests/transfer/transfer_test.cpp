// SPDX-License-Identifier: Apache-2.0
#include "transfer/transfer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/fake_connector.hpp"

namespace alveus::transfer {
namespace {

using ::alveus::testing::FakeConnector;
using core::ErrorCode;
using core::RemotePath;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TransferTest : public ::testing::Test {
 protected:
  TransferTest() {
    sites_.add(here_);
    sites_.add(there_);
  }
  Place on(deploy::Connector& site, const std::string& path) { return {.site = &site, .path = RemotePath(path)}; }
  std::string text(FakeConnector& site, const std::string& path) {
    return site.read(RemotePath(path), UINT64_MAX).value_or("(missing)");
  }
  core::Location location(FakeConnector& site, const std::string& path) { return site.location_of(RemotePath(path)); }

  FakeConnector here_{"here"};
  FakeConnector there_{"there"};
  Sites sites_;
};

TEST_F(TransferTest, FindsTheSiteOfALocation) {
  const auto place = sites_.find(location(there_, "/a b"));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->site, &there_);
  EXPECT_EQ(place->path, RemotePath("/a b"));
  EXPECT_EQ(sites_.find(core::Location("http://x/y")).error().code, ErrorCode::kNotFound);
}

TEST_F(TransferTest, LinksOrCopiesOnOneSite) {
  here_.put("/data/a", "a");
  ASSERT_TRUE(put_in_place(sites_, location(here_, "/data/a"), on(here_, "/data/read"), Access::kReadOnly));
  ASSERT_TRUE(put_in_place(sites_, location(here_, "/data/a"), on(here_, "/data/same"), Access::kInPlace));
  ASSERT_TRUE(put_in_place(sites_, location(here_, "/data/a"), on(here_, "/data/write"), Access::kWritable));
  EXPECT_THAT(here_.tree(),
              ElementsAre("/data/a", "/data/read -> /data/a", "/data/same -> /data/a", "/data/write", "/jobs"));
}

TEST_F(TransferTest, CopiesTreesFromSiteToSite) {
  there_.put("/data/tree/a", "contents of a");
  there_.put("/data/tree/sub/b", "");
  ASSERT_TRUE(there_.make_directory(RemotePath("/data/tree/empty")));
  ASSERT_TRUE(there_.set_executable(RemotePath("/data/tree/a")));
  there_.put_link("/data/tree/link", "a");
  ASSERT_TRUE(put_in_place(sites_, location(there_, "/data/tree"), on(here_, "/copy"), Access::kReadOnly));
  EXPECT_THAT(here_.tree(), ElementsAre("/copy/a", "/copy/empty", "/copy/link", "/copy/sub/b", "/jobs"));
  EXPECT_EQ(text(here_, "/copy/a"), "contents of a");
  EXPECT_EQ(text(here_, "/copy/link"), "contents of a");
  EXPECT_TRUE(here_.status(RemotePath("/copy/a"))->is_executable);
  EXPECT_FALSE(here_.status(RemotePath("/copy/sub/b"))->is_executable);
}

TEST_F(TransferTest, CannotChangeInPlaceWhatLiesElsewhere) {
  there_.put("/a", "a");
  const auto status = put_in_place(sites_, location(there_, "/a"), on(here_, "/a"), Access::kInPlace);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
}

TEST_F(TransferTest, ReplacesNothing) {
  there_.put("/a", "new");
  here_.put("/a", "old");
  const auto status = copy_between(on(there_, "/a"), on(here_, "/a"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(text(here_, "/a"), "old");
}

TEST_F(TransferTest, ATreeThatLeadsBackToItselfEnds) {
  there_.put("/tree/a", "a");
  there_.put_link("/tree/up", "/tree");
  const auto status = copy_between(on(there_, "/tree"), on(here_, "/copy"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidInput);
}

TEST_F(TransferTest, EveryFailureOfEitherSiteIsReported) {
  there_.put("/tree/a", "contents");
  there_.put("/tree/sub/b", "contents");
  for (FakeConnector* failing : {&here_, &there_}) {
    int number = 1;
    for (;; ++number) {
      ASSERT_LT(number, 100);
      const std::string target = "/copy-" + failing->capacity().name + std::to_string(number);
      failing->fail_operation(number);
      const auto status = copy_between(on(there_, "/tree"), on(here_, target));
      EXPECT_EQ(status.has_value(), !failing->has_failed()) << number;
      const bool was_last = !failing->has_failed();
      failing->fail_operation(0);
      if (was_last) {
        EXPECT_EQ(text(here_, target + "/sub/b"), "contents");
        break;
      }
    }
    EXPECT_GT(number, 5);
  }
}

/// Damages the first copies of a file on their way in.
class DamagingSite final : public deploy::Connector {
 public:
  DamagingSite(FakeConnector& inner, int damaged_count) : inner_(inner), damaged_left_(damaged_count) {}

  core::Status store(const RemotePath& file, const Producer& produce) override {
    if (damaged_left_-- <= 0) return inner_.store(file, produce);
    return inner_.write(file, "damaged");
  }

  deploy::SiteCapacity capacity() const override { return inner_.capacity(); }
  core::Result<deploy::JobFolder> make_job_folder(const core::JobId& job) override {
    return inner_.make_job_folder(job);
  }
  core::Status clear_job_folders(const std::set<RemotePath>& kept) override { return inner_.clear_job_folders(kept); }
  core::Status remove_partial(const RemotePath& directory) override { return inner_.remove_partial(directory); }
  core::Status replace(const RemotePath& from, const RemotePath& to) override { return inner_.replace(from, to); }
  core::Result<deploy::CommandHandle> start(const deploy::SiteCommand& command, OnEnd on_end) override {
    return inner_.start(command, std::move(on_end));
  }
  void cancel(const deploy::CommandHandle& command) override { inner_.cancel(command); }
  std::vector<deploy::RunningUsage> usage() override { return inner_.usage(); }
  core::Location location_of(const RemotePath& path) const override { return inner_.location_of(path); }
  core::Result<RemotePath> path_of(const core::Location& location) const override { return inner_.path_of(location); }
  core::Result<deploy::SiteEntry> status(const RemotePath& path) const override { return inner_.status(path); }
  core::Result<std::vector<deploy::SiteEntry>> list(const RemotePath& path) const override { return inner_.list(path); }
  core::Result<std::vector<deploy::SiteLink>> links(const RemotePath& tree) const override {
    return inner_.links(tree);
  }
  core::Result<std::string> read(const RemotePath& file, std::uint64_t limit) const override {
    return inner_.read(file, limit);
  }
  core::Result<std::string> sha1(const RemotePath& file) const override { return inner_.sha1(file); }
  core::Result<std::vector<deploy::SiteEntry>> glob(const RemotePath& path, std::string_view pattern) const override {
    return inner_.glob(path, pattern);
  }
  core::Status make_directory(const RemotePath& path) override { return inner_.make_directory(path); }
  core::Status write(const RemotePath& file, std::string_view text) override { return inner_.write(file, text); }
  core::Status set_executable(const RemotePath& file) override { return inner_.set_executable(file); }
  core::Status link(const RemotePath& from, const RemotePath& to) override { return inner_.link(from, to); }
  core::Status copy(const RemotePath& from, const RemotePath& to) override { return inner_.copy(from, to); }
  core::Status make_self_contained(const RemotePath& path) override { return inner_.make_self_contained(path); }
  core::Status move(const RemotePath& from, const RemotePath& to) override { return inner_.move(from, to); }
  core::Status remove(const RemotePath& path) override { return inner_.remove(path); }
  core::Status fetch(const RemotePath& file, const TakePiece& take) const override { return inner_.fetch(file, take); }

 private:
  FakeConnector& inner_;
  int damaged_left_;
};

TEST_F(TransferTest, CopiesAgainWhatArrivesDamaged) {
  there_.put("/a", "contents");
  DamagingSite damaging(here_, kCopyAttemptsMax - 1);
  EXPECT_TRUE(copy_between(on(there_, "/a"), on(damaging, "/a")));
  EXPECT_EQ(text(here_, "/a"), "contents");
}

TEST_F(TransferTest, GivesUpOnWhatAlwaysArrivesDamaged) {
  there_.put("/a", "contents");
  DamagingSite damaging(here_, kCopyAttemptsMax);
  const auto status = copy_between(on(there_, "/a"), on(damaging, "/a"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(status.error().message, HasSubstr("'/a' arrives damaged"));
}

}  // namespace
}  // namespace alveus::transfer
