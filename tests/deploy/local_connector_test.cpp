// SPDX-License-Identifier: Apache-2.0
#include "deploy/local_connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sys/file.hpp"
#include "testing/unprivileged.hpp"

namespace alveus::deploy {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using core::RemotePath;
using ::testing::HasSubstr;

class LocalConnectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = sys::TemporaryDirectory::make("alveus-local-test-");
    auto runner = sys::LocalProcessRunner::make();
    ASSERT_TRUE(directory && runner);
    directory_.emplace(std::move(*directory));
    runner_ = std::move(*runner);
    auto site = LocalConnector::make(*runner_, {.jobs_directory = at("jobs"), .capacity = {}});
    ASSERT_TRUE(site) << site.error().text();
    site_ = std::move(*site);
  }

  fs::path at(std::string_view name) const { return directory_->path() / name; }
  RemotePath remote(std::string_view name) const { return RemotePath(at(name).string()); }
  JobFolder folder_of(const std::string& job) { return site_->make_job_folder(core::JobId(job)).value_or(JobFolder{}); }
  static RemotePath below(const RemotePath& directory, const std::string& name) {
    return RemotePath(directory.text() + "/" + name);
  }
  std::string text(const RemotePath& file) { return site_->read(file, UINT64_MAX).value_or("(missing)"); }

  SiteCommand shell(const JobFolder& folder, const std::string& script) const {
    SiteCommand command;
    command.arguments = {"sh", "-c", script};
    command.environment = {{"PATH", "/usr/bin:/bin"}};
    command.working_directory = folder.outdir;
    command.log_path = below(folder.root, "log");
    return command;
  }

  std::optional<sys::TemporaryDirectory> directory_;
  std::unique_ptr<sys::LocalProcessRunner> runner_;
  std::unique_ptr<LocalConnector> site_;
};

/// Files may not grow beyond a size while it lives, as on a disk that is full.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(LocalConnectorTest, JobFoldersHaveReadableNamesAndArePrivate) {
  struct Case {
    std::string job;
    std::string name;
  };
  for (const auto& [job, name] : {Case{"/train/0.4", "train.0.4"}, Case{"/train/0.4", "train.0.4-2"}, Case{"/", "job"},
                                  Case{"/a b/$x/..", "a_b._x..."}, Case{"/\xc3\xa9", "job-2"}}) {
    const auto folder = folder_of(job);
    EXPECT_EQ(fs::path(folder.root.text()).filename(), name);
    for (const auto& part : {folder.root, folder.outdir, folder.tmpdir}) {
      EXPECT_EQ(fs::status(part.text()).permissions(), fs::perms::owner_all) << part.text();
    }
  }
  const std::string long_name(1000, 'x');
  EXPECT_NE(folder_of("/" + long_name + "/1").root, folder_of("/" + long_name + "/2").root);
}

/// What identifies a directory, whatever its name.
ino_t number_of(const core::RemotePath& path) {
  struct stat status{};
  return ::lstat(path.text().c_str(), &status) == 0 ? status.st_ino : 0;
}

TEST_F(LocalConnectorTest, AFolderInWhichNothingWasLeftIsHandedOn) {
  const auto first = folder_of("/s/0.0");
  const ino_t number = number_of(first.root);
  std::ofstream(first.root.text() + "/log");
  site_->retire_job_folder(first, JobRemains::kNothing);
  EXPECT_FALSE(fs::exists(first.root.text()));

  const auto second = folder_of("/s/0.1");
  EXPECT_EQ(fs::path(second.root.text()).filename(), "s.0.1");
  EXPECT_EQ(number_of(second.root), number);
}

TEST_F(LocalConnectorTest, AFolderWithATraceOfItsJobIsNotHandedOn) {
  const std::vector<std::function<void(const JobFolder&)>> traces = {
      [](const JobFolder& folder) { std::ofstream(folder.outdir.text() + "/.hidden"); },
      [](const JobFolder& folder) { std::ofstream(folder.root.text() + "/log") << "said something"; },
      [](const JobFolder& folder) { std::ofstream(folder.root.text() + "/beside"); },
      [](const JobFolder& folder) { std::ofstream(folder.tmpdir.text() + "/scratch"); },
      [](const JobFolder& folder) { fs::create_directory(folder.inputs_directory.text()); },
      [](const JobFolder& folder) { ::chmod(folder.outdir.text().c_str(), 0500); },
      [](const JobFolder& folder) { fs::create_symlink("/etc/passwd", folder.root.text() + "/log"); },
      [](const JobFolder& folder) {
        fs::remove(folder.outdir.text());
        fs::create_directory_symlink("/tmp", folder.outdir.text());
      },
  };
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const auto folder = folder_of("/s/" + std::to_string(i));
    traces[i](folder);
    site_->retire_job_folder(folder, JobRemains::kNothing);
    EXPECT_TRUE(fs::exists(folder.root.text())) << i;
    EXPECT_FALSE(fs::exists(folder.tmpdir.text())) << i;
  }
}

TEST_F(LocalConnectorTest, OutputsStayWhileTheEmptyTemporaryFolderIsHandedOn) {
  const auto first = folder_of("/s/0");
  const ino_t number = number_of(first.tmpdir);
  site_->retire_job_folder(first, JobRemains::kOutputs);
  EXPECT_TRUE(fs::exists(first.outdir.text()));
  EXPECT_EQ(number_of(folder_of("/s/1").tmpdir), number);
}

TEST_F(LocalConnectorTest, WhatWaitsForANextJobGoesWithTheConnector) {
  const auto jobs = fs::path(folder_of("/s/0").root.text()).parent_path();
  site_->retire_job_folder(folder_of("/s/1"), JobRemains::kNothing);
  site_->retire_job_folder(folder_of("/s/2"), JobRemains::kOutputs);
  EXPECT_TRUE(fs::exists(jobs / ".spare"));
  site_.reset();
  EXPECT_FALSE(fs::exists(jobs / ".spare"));
}

TEST_F(LocalConnectorTest, LinksBetweenJobsAreShort) {
  const auto first = folder_of("/a-step-whose-name-is-long/0");
  const auto second = folder_of("/another-step/0");
  ASSERT_TRUE(site_->write(below(first.outdir, "item"), "x"));
  ASSERT_TRUE(site_->make_directory(below(second.inputs_directory, "1")));
  const auto link = below(second.inputs_directory, "1/item");
  ASSERT_TRUE(site_->link(below(first.outdir, "item"), link));
  EXPECT_EQ(text(link), "x");
  EXPECT_EQ(fs::read_symlink(link.text()), "../../../a-step-whose-name-is-long.0/out/item");
}

TEST_F(LocalConnectorTest, LinksBelowALinkedDirectoryLeadToTheirPlace) {
  const auto first = folder_of("/a-step-whose-name-is-long/0");
  const auto second = folder_of("/another-step/0");
  ASSERT_TRUE(site_->write(below(first.outdir, "item"), "x"));
  ASSERT_TRUE(site_->make_directory(below(first.outdir, "a/deeper/directory")));
  fs::create_directory_symlink(first.outdir.text() + "/a/deeper/directory", second.outdir.text() + "/linked");
  const auto link = below(second.outdir, "linked/item");
  ASSERT_TRUE(site_->link(below(first.outdir, "item"), link));
  EXPECT_EQ(text(link), "x");
}

TEST_F(LocalConnectorTest, RunsACommandInItsFolder) {
  const auto folder = folder_of("/a");
  ASSERT_TRUE(site_->make_directory(folder.inputs_directory));
  ASSERT_TRUE(site_->write(below(folder.inputs_directory, "in"), "input"));
  auto command = shell(folder, "cat; pwd; echo problem >&2; exit 5");
  command.stdin_path = below(folder.inputs_directory, "in");
  command.stdout_path = below(folder.outdir, "result.txt");
  std::promise<core::Result<CommandEnd>> ended;
  ASSERT_TRUE(site_->start(command, [&](core::Result<CommandEnd> end) { ended.set_value(std::move(end)); }));
  const auto end = ended.get_future().get();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 5);
  EXPECT_GT(end->resident_max_bytes, 0);
  EXPECT_EQ(text(*command.stdout_path), "input" + folder.outdir.text() + "\n");
  EXPECT_EQ(text(command.log_path), "problem\n");
}

TEST_F(LocalConnectorTest, TheLogTakesBothStreams) {
  const auto folder = folder_of("/a");
  const auto command = shell(folder, "echo out; echo err >&2; echo out");
  std::promise<void> ended;
  ASSERT_TRUE(site_->start(command, [&](const core::Result<CommandEnd>&) { ended.set_value(); }));
  ended.get_future().wait();
  EXPECT_EQ(text(command.log_path), "out\nerr\nout\n");
}

TEST_F(LocalConnectorTest, CancelsACommandAndIgnoresStrangeHandles) {
  const auto folder = folder_of("/a");
  std::promise<core::Result<CommandEnd>> ended;
  const auto handle =
      site_->start(shell(folder, "sleep 600"), [&](core::Result<CommandEnd> end) { ended.set_value(std::move(end)); });
  ASSERT_TRUE(handle);
  for (const auto* strange : {"", "x", "12345678", "1x"}) site_->cancel(strange);
  site_->cancel(*handle);
  const auto end = ended.get_future().get();
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->killed);
  site_->cancel(*handle);
}

TEST_F(LocalConnectorTest, SaysThatAProgramIsMissing) {
  const auto folder = folder_of("/a");
  auto command = shell(folder, "");
  command.arguments = {"no-such-program"};
  const auto handle = site_->start(command, [](const core::Result<CommandEnd>&) { FAIL() << "it never started"; });
  ASSERT_FALSE(handle);
  EXPECT_EQ(handle.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(handle.error().message, HasSubstr("no-such-program"));
}

TEST_F(LocalConnectorTest, TakesFileLocationsInAllTheirForms) {
  for (const auto* form : {"file:///a%20b/c", "file://localhost/a b/c", "file:/a%20b/c"}) {
    EXPECT_EQ(site_->path_of(core::Location(form)), RemotePath("/a b/c")) << form;
  }
  EXPECT_EQ(site_->location_of(RemotePath("/a b/c#d")).text(), "file:///a%20b/c%23d");
  for (const auto* other : {"http://x/y", "/a/b", "file://other/a", ""}) {
    EXPECT_FALSE(site_->path_of(core::Location(other))) << other;
  }
}

TEST_F(LocalConnectorTest, AFullDiskLeavesNothingHalfWritten) {
  const auto folder = folder_of("/a");
  const std::string large(100'000, 'x');
  ASSERT_TRUE(site_->make_directory(remote("tree/sub")));
  ASSERT_TRUE(site_->write(remote("tree/sub/large"), large));
  const SizeLimit full(1000);
  for (const auto& status : {site_->write(below(folder.outdir, "a"), large),
                             site_->copy(remote("tree/sub/large"), below(folder.outdir, "b")),
                             site_->copy(remote("tree"), below(folder.outdir, "c"))}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kUnavailable) << status.error().text();
  }
  EXPECT_TRUE(fs::is_empty(folder.outdir.text()));
}

TEST_F(LocalConnectorTest, SaysWherePermissionIsMissing) {
  ASSERT_TRUE(site_->write(remote("secret"), "x"));
  fs::permissions(at("secret"), fs::perms::none);
  fs::create_directory(at("closed"));
  fs::permissions(at("closed"), fs::perms::owner_read | fs::perms::owner_exec);
  for (const auto* name : {"", "secret", "closed"}) testing::Unprivileged::own(at(name));
  const testing::Unprivileged user;
  EXPECT_EQ(site_->read(remote("secret"), 1).error().code, ErrorCode::kDenied);
  EXPECT_EQ(site_->copy(remote("secret"), remote("copy")).error().code, ErrorCode::kDenied);
  EXPECT_EQ(site_->write(remote("closed/a"), "x").error().code, ErrorCode::kDenied);
  EXPECT_EQ(site_->make_directory(remote("closed/a")).error().code, ErrorCode::kDenied);
  EXPECT_FALSE(fs::exists(at("copy")));
}

TEST_F(LocalConnectorTest, CopiesMayBeWrittenWhereTheOriginalMayNot) {
  ASSERT_TRUE(site_->make_directory(remote("tree")));
  ASSERT_TRUE(site_->write(remote("tree/a"), "x"));
  fs::permissions(at("tree/a"), fs::perms::owner_read);
  fs::permissions(at("tree"), fs::perms::owner_read | fs::perms::owner_exec);
  ASSERT_TRUE(site_->copy(remote("tree"), remote("copy")));
  EXPECT_NE(fs::status(at("copy")).permissions() & fs::perms::owner_write, fs::perms::none);
  EXPECT_NE(fs::status(at("copy/a")).permissions() & fs::perms::owner_write, fs::perms::none);
}

TEST_F(LocalConnectorTest, MovesToAnotherFileSystem) {
  auto elsewhere = sys::TemporaryDirectory::make("alveus-local-test-", "/dev/shm");
  if (!elsewhere) GTEST_SKIP() << "no second file system: " << elsewhere.error().text();
  const auto folder = folder_of("/a");
  ASSERT_TRUE(site_->make_directory(below(folder.outdir, "tree/sub")));
  ASSERT_TRUE(site_->write(below(folder.outdir, "tree/sub/a"), "a"));
  const RemotePath target((elsewhere->path() / "moved").string());
  ASSERT_TRUE(site_->move(below(folder.outdir, "tree"), target));
  EXPECT_EQ(text(below(target, "sub/a")), "a");
  EXPECT_TRUE(fs::is_empty(folder.outdir.text()));
}

TEST_F(LocalConnectorTest, MovedTreesKeepTheirInnerLinks) {
  const auto folder = folder_of("/a");
  ASSERT_TRUE(site_->make_directory(below(folder.outdir, "tree")));
  ASSERT_TRUE(site_->write(below(folder.outdir, "tree/libx.so.1"), "x"));
  fs::create_symlink("libx.so.1", folder.outdir.text() + "/tree/libx.so");
  ASSERT_TRUE(site_->move(below(folder.outdir, "tree"), remote("moved")));
  EXPECT_TRUE(fs::is_symlink(at("moved/libx.so")));
  EXPECT_EQ(text(remote("moved/libx.so")), "x");
}

TEST_F(LocalConnectorTest, LinksFilesHardWhereAsked) {
  auto site =
      LocalConnector::make(*runner_, {.jobs_directory = at("jobs"), .capacity = {}, .link_kind = LinkKind::kHard});
  ASSERT_TRUE(site);
  ASSERT_TRUE(site_->write(remote("a"), "x"));
  ASSERT_TRUE((*site)->link(remote("a"), remote("b")));
  EXPECT_EQ(fs::hard_link_count(at("a")), 2U);
  ASSERT_TRUE(site_->link(remote("a"), remote("c")));
  EXPECT_TRUE(fs::is_symlink(at("c")));
}

TEST_F(LocalConnectorTest, NeedsADirectoryForItsJobs) {
  ASSERT_TRUE(site_->write(remote("file"), ""));
  const auto site = LocalConnector::make(*runner_, {.jobs_directory = at("file"), .capacity = {}});
  ASSERT_FALSE(site);
  EXPECT_EQ(site.error().code, ErrorCode::kInvalidInput);
}

TEST(CapacityTest, ThisMachineCanDoSomething) {
  const auto capacity = detect_capacity("local");
  EXPECT_EQ(capacity.name, "local");
  EXPECT_GE(capacity.cores, 1);
  EXPECT_GE(capacity.ram_mib, 64);
}

}  // namespace
}  // namespace alveus::deploy
