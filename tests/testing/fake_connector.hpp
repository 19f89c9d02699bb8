// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/connector.hpp"

namespace alveus::testing {

/// A site in memory. Its URIs are "fake-NAME:///…", its job folders lie in "/jobs". It keeps the Connector contract
/// (tests/deploy/connector_contract.hpp) and can be told how commands end and which operation fails.
class FakeConnector : public deploy::Connector {
 public:
  /// What a command does: it may read and write this site through the connector. Called without lock, inside `start`.
  using Behaviour = std::function<core::Result<deploy::CommandEnd>(const deploy::SiteCommand&, FakeConnector&)>;

  explicit FakeConnector(std::string name = "site", double cores = 4, double ram_mib = 8192);

  /// Without a behaviour a command runs until `finish` or `cancel`.
  void set_behaviour(Behaviour behaviour);
  /// Called without lock at the begin of each `start`: may hold it up.
  void set_before_start(std::function<void()> before_start);
  /// Ends a command that runs.
  void finish(const deploy::CommandHandle& command, core::Result<deploy::CommandEnd> end);
  /// The n-th operation from here on (1 is the next) fails; reads count too. True once it has.
  void fail_operation(int number, core::ErrorCode code = core::ErrorCode::kUnavailable);
  bool has_failed() const;

  std::vector<deploy::SiteCommand> commands() const;
  std::vector<deploy::CommandHandle> running() const;
  std::vector<deploy::CommandHandle> cancelled() const;
  /// Makes a file and its parents.
  void put(std::string_view path, std::string_view contents);
  /// Makes a link to a path, whether or not something stands there.
  void put_link(std::string_view path, std::string_view target);
  /// Every path but directories that hold something, sorted; "/a -> /b" for a link.
  std::vector<std::string> tree() const;

  deploy::SiteCapacity capacity() const override { return capacity_; }
  core::Result<deploy::JobFolder> make_job_folder(const core::JobId& job) override;
  core::Status clear_job_folders(const std::set<core::RemotePath>& kept) override;
  core::Result<deploy::CommandHandle> start(const deploy::SiteCommand& command, OnEnd on_end) override;
  void cancel(const deploy::CommandHandle& command) override;
  std::vector<deploy::RunningUsage> usage() override { return {}; }
  core::Location location_of(const core::RemotePath& path) const override;
  core::Result<core::RemotePath> path_of(const core::Location& location) const override;
  core::Result<deploy::SiteEntry> status(const core::RemotePath& path) const override;
  core::Result<std::vector<deploy::SiteEntry>> list(const core::RemotePath& directory) const override;
  core::Result<std::vector<deploy::SiteLink>> links(const core::RemotePath& tree) const override;
  core::Result<std::string> read(const core::RemotePath& file, std::uint64_t limit_bytes) const override;
  core::Result<std::string> sha1(const core::RemotePath& file) const override;
  core::Result<std::vector<deploy::SiteEntry>> glob(const core::RemotePath& directory,
                                                    std::string_view pattern) const override;
  core::Status make_directory(const core::RemotePath& path) override;
  core::Status write(const core::RemotePath& file, std::string_view contents) override;
  core::Status set_executable(const core::RemotePath& file) override;
  core::Status link(const core::RemotePath& from, const core::RemotePath& to) override;
  core::Status copy(const core::RemotePath& from, const core::RemotePath& to) override;
  core::Status replace(const core::RemotePath& from, const core::RemotePath& to) override;
  core::Status make_self_contained(const core::RemotePath& path) override;
  core::Status move(const core::RemotePath& from, const core::RemotePath& to) override;
  core::Status remove(const core::RemotePath& path) override;
  core::Status fetch(const core::RemotePath& file, const TakePiece& take) const override;
  core::Status store(const core::RemotePath& file, const Producer& produce) override;
  core::Status remove_partial(const core::RemotePath& directory) override;

 private:
  struct Node {
    enum class Kind { kFile, kDirectory, kLink };
    Kind kind = Kind::kFile;
    std::string text;  ///< contents, or a link's target
    bool is_executable = false;
  };
  using Tree = std::map<std::string, Node>;

  // All expect the lock to be held.
  core::Status operate() const;
  core::Result<std::string> resolve(const std::string& path) const;
  core::Result<deploy::SiteEntry> entry_at(const std::string& path) const;
  core::Result<std::string> new_path(const core::RemotePath& path) const;
  core::Result<Tree> snapshot(const std::string& from, const std::string& to) const;
  core::Result<std::string> contents_of(const core::RemotePath& file) const;
  std::vector<std::string> children_of(const std::string& directory) const;
  void erase_tree(const std::string& path);
  core::Status require_ours(const core::RemotePath& path) const;
  core::Status place(const core::RemotePath& file, std::string contents);

  mutable std::mutex mutex_;
  deploy::SiteCapacity capacity_;
  Tree nodes_;
  Behaviour behaviour_;
  std::function<void()> before_start_;
  std::vector<deploy::SiteCommand> commands_;
  std::map<deploy::CommandHandle, OnEnd> running_;
  std::vector<deploy::CommandHandle> cancelled_;
  mutable int operations_left_ = 0;  ///< until the one that fails; zero: none will
  mutable bool has_failed_ = false;
  core::ErrorCode failure_code_ = core::ErrorCode::kUnavailable;
};

}  // namespace alveus::testing
