// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "testing/unprivileged.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make("alveus-file-test-");
    ASSERT_TRUE(made) << made.error().text();
    directory_.emplace(std::move(*made));
  }
  fs::path at(std::string_view name) const { return directory_->path() / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory_->path())) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
  std::optional<TemporaryDirectory> directory_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  const std::string content(200'000, 'x');
  ASSERT_TRUE(write_file(at("a"), content));
  EXPECT_EQ(read_file(at("a")), content);
  ASSERT_TRUE(write_file(at("a"), ""));
  EXPECT_EQ(read_file(at("a")), "");
}

TEST_F(FileTest, ReadsFilesThatReportNoSize) {
  const auto content = read_file("/proc/self/status");
  ASSERT_TRUE(content);
  EXPECT_THAT(*content, ::testing::HasSubstr("Pid:"));
}

TEST_F(FileTest, SaysWhichFileIsMissing) {
  const auto content = read_file(at("none"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(content.error().message, "cannot open '" + at("none").string() + "': No such file or directory");
}

TEST_F(FileTest, RefusesToReadADirectoryOrMoreThanTheLimit) {
  EXPECT_EQ(read_file(directory_->path()).error().code, ErrorCode::kInvalidInput);
  ASSERT_TRUE(write_file(at("a"), "12345"));
  EXPECT_EQ(read_file(at("a"), 5), "12345");
  EXPECT_EQ(read_file(at("a"), 4).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(read_file("/proc/self/status", 4).error().code, ErrorCode::kInvalidInput);
}

TEST_F(FileTest, WritesThroughALinkAndKeepsTheMode) {
  ASSERT_TRUE(write_file(at("tool"), "one"));
  fs::permissions(at("tool"), fs::perms::owner_all);
  fs::create_symlink("tool", at("link"));
  ASSERT_TRUE(write_file(at("link"), "two"));
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(read_file(at("tool")), "two");
  EXPECT_EQ(fs::status(at("tool")).permissions(), fs::perms::owner_all);
}

TEST_F(FileTest, ReportsAFullDiskAsWorthRetrying) {
  const auto status = write_file("/dev/full", "text");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(FileTest, KeepsTheOldContentWhenTheNewOneDoesNotFit) {
  ASSERT_TRUE(write_file(at("a"), "old"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const auto status = write_file(at("a"), std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(read_file(at("a")), "old");
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
}

TEST_F(FileTest, ReportsMissingPermission) {
  ASSERT_TRUE(make_directories(at("closed")));
  fs::permissions(at("closed"), fs::perms::owner_read | fs::perms::owner_exec);
  testing::Unprivileged::own(directory_->path());
  const testing::Unprivileged user;
  EXPECT_EQ(write_file(at("closed/a"), "x").error().code, ErrorCode::kDenied);
  EXPECT_EQ(make_directories(at("closed/b")).error().code, ErrorCode::kDenied);
}

TEST_F(FileTest, MakesParentsAndMindsFilesInTheWay) {
  ASSERT_TRUE(make_directories(at("a/b/c")));
  EXPECT_TRUE(make_directories(at("a/b/c")));
  ASSERT_TRUE(write_file(at("file"), ""));
  EXPECT_EQ(make_directories(at("file")).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(make_directories(at("file/below")).error().code, ErrorCode::kInvalidInput);
}

TEST_F(FileTest, RemovesTreesThatForbidIt) {
  ASSERT_TRUE(make_directories(at("top/closed/inner")));
  ASSERT_TRUE(write_file(at("top/closed/inner/file"), "x"));
  ASSERT_TRUE(write_file(at("kept"), "x"));
  fs::create_symlink(at("kept"), at("top/closed/link"));
  fs::permissions(at("top/closed/inner"), fs::perms::none);
  fs::permissions(at("top/closed"), fs::perms::owner_read);
  for (const auto* name : {"", "top", "top/closed", "top/closed/inner"}) testing::Unprivileged::own(at(name));
  const testing::Unprivileged user;
  EXPECT_TRUE(remove_tree(at("top")));
  EXPECT_TRUE(remove_tree(at("top")));
  EXPECT_THAT(names(), ::testing::ElementsAre("kept"));
}

TEST_F(FileTest, RemovesTreesOfAnyShapeAndNothingThatLinksPointTo) {
  fs::create_directories(at("kept/inner"));
  std::ofstream(at("kept/inner/file")) << "x";
  for (int i = 0; i < 100; ++i) {
    const fs::path one = at("wide") / std::to_string(i);
    fs::create_directories(one / "a/b/c");
    std::ofstream(one / "a/file") << "x";
    fs::create_directory_symlink(at("kept"), one / "a/link");
  }
  fs::create_directory_symlink(at("kept"), at("wide/link"));
  EXPECT_TRUE(remove_tree(at("wide")));
  EXPECT_FALSE(fs::exists(at("wide")));
  EXPECT_TRUE(fs::exists(at("kept/inner/file")));
  fs::create_directory_symlink(at("kept"), at("link"));
  EXPECT_TRUE(remove_tree(at("link")));
  EXPECT_FALSE(fs::is_symlink(at("link")));
  EXPECT_TRUE(fs::exists(at("kept/inner/file")));
}

TEST_F(FileTest, TemporaryDirectoryIsPrivateAndGoesWithItsOwner) {
  fs::path path;
  {
    auto made = TemporaryDirectory::make("inner-", directory_->path());
    ASSERT_TRUE(made);
    path = made->path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    ASSERT_TRUE(write_file(path / "x", "x"));
    const TemporaryDirectory moved = std::move(*made);
    EXPECT_TRUE(fs::exists(path));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(FileTest, ReleasedTemporaryDirectoryStays) {
  auto made = TemporaryDirectory::make("inner-", directory_->path());
  ASSERT_TRUE(made);
  const fs::path path = made->release();
  *made = std::move(*TemporaryDirectory::make("other-", directory_->path()));
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(FileTest, TemporaryDirectoryNeedsItsParent) {
  EXPECT_EQ(TemporaryDirectory::make("x-", at("none")).error().code, ErrorCode::kNotFound);
}

TEST_F(FileTest, MapsFilesEmptyOnesToo) {
  ASSERT_TRUE(write_file(at("a"), "mapped"));
  ASSERT_TRUE(write_file(at("empty"), ""));
  auto map = MappedFile::open(at("a"));
  auto empty = MappedFile::open(at("empty"));
  ASSERT_TRUE(map && empty);
  const MappedFile moved = std::move(*map);
  EXPECT_EQ(moved.bytes(), "mapped");
  EXPECT_EQ(empty->bytes(), "");
  EXPECT_EQ(MappedFile::open(at("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MappedFile::open(directory_->path()).error().code, ErrorCode::kInvalidInput);
}

TEST_F(FileTest, FindsItsOwnProgram) {
  const auto directory = executable_directory();
  ASSERT_TRUE(directory);
  EXPECT_TRUE(fs::exists(*directory / "sys_integration_tests"));
}

TEST(ErrorCodeTest, SaysWhatTheCallerCanDo) {
  struct Case {
    int number;
    ErrorCode code;
  };
  for (const auto& [number, code] :
       {Case{ENOENT, ErrorCode::kNotFound}, Case{EACCES, ErrorCode::kDenied}, Case{EROFS, ErrorCode::kDenied},
        Case{ENOSPC, ErrorCode::kUnavailable}, Case{EMFILE, ErrorCode::kUnavailable},
        Case{EISDIR, ErrorCode::kInvalidInput}, Case{EBADF, ErrorCode::kInternal}}) {
    EXPECT_EQ(error_code_of(number), code) << number;
  }
}

}  // namespace
}  // namespace alveus::sys
