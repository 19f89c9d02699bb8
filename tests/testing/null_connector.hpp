// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "deploy/connector.hpp"

namespace alveus::testing {

/// A site that costs nothing: commands end at once with 0, and every operation on data succeeds without any. What is
/// left to measure is the engine.
class NullConnector : public deploy::Connector {
 public:
  explicit NullConnector(double cores) : capacity_{.name = "null", .cores = cores, .ram_mib = 1e9} {}

  deploy::SiteCapacity capacity() const override { return capacity_; }
  core::Result<deploy::JobFolder> make_job_folder(const core::JobId& job) override {
    const std::string root = "/jobs" + job.text();
    return deploy::JobFolder{.root = core::RemotePath(root),
                             .outdir = core::RemotePath(root + "/out"),
                             .tmpdir = core::RemotePath(root + "/tmp"),
                             .inputs_directory = core::RemotePath(root + "/in")};
  }
  void retire_job_folder(const deploy::JobFolder&, deploy::JobRemains) override {}
  core::Status clear_job_folders(const std::set<core::RemotePath>&) override { return {}; }
  core::Result<deploy::CommandHandle> start(const deploy::SiteCommand&, OnEnd on_end) override {
    on_end(deploy::CommandEnd{});
    return std::to_string(++started_);
  }
  void cancel(const deploy::CommandHandle&) override {}
  std::vector<deploy::RunningUsage> usage() override { return {}; }

  core::Location location_of(const core::RemotePath& path) const override {
    return core::Location("null://" + path.text());
  }
  core::Result<core::RemotePath> path_of(const core::Location& location) const override {
    return core::RemotePath(location.text().substr(7));
  }
  core::Result<deploy::SiteEntry> status(const core::RemotePath& path) const override {
    return deploy::SiteEntry{.name = path.text(), .path = path};
  }
  core::Result<std::vector<deploy::SiteEntry>> list(const core::RemotePath&) const override {
    return std::vector<deploy::SiteEntry>{};
  }
  core::Result<std::vector<deploy::SiteLink>> links(const core::RemotePath&) const override {
    return std::vector<deploy::SiteLink>{};
  }
  core::Result<std::string> read(const core::RemotePath&, std::uint64_t) const override { return std::string(); }
  core::Result<std::string> sha1(const core::RemotePath&) const override { return std::string(40, '0'); }
  core::Result<std::vector<deploy::SiteEntry>> glob(const core::RemotePath&, std::string_view) const override {
    return std::vector<deploy::SiteEntry>{};
  }
  core::Status make_directory(const core::RemotePath&) override { return {}; }
  core::Status write(const core::RemotePath&, std::string_view) override { return {}; }
  core::Status set_executable(const core::RemotePath&) override { return {}; }
  core::Status link(const core::RemotePath&, const core::RemotePath&) override { return {}; }
  core::Status copy(const core::RemotePath&, const core::RemotePath&) override { return {}; }
  core::Status replace(const core::RemotePath&, const core::RemotePath&) override { return {}; }
  core::Status make_self_contained(const core::RemotePath&) override { return {}; }
  core::Status move(const core::RemotePath&, const core::RemotePath&) override { return {}; }
  core::Status remove(const core::RemotePath&) override { return {}; }
  core::Status fetch(const core::RemotePath&, const TakePiece&) const override { return {}; }
  core::Status store(const core::RemotePath&, const Producer&) override { return {}; }
  core::Status remove_partial(const core::RemotePath&) override { return {}; }

 private:
  deploy::SiteCapacity capacity_;
  std::atomic<int> started_{0};
};

}  // namespace alveus::testing
