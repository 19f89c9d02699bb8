// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deploy/connector.hpp"
#include "deploy/container_runtime.hpp"
#include "sys/container_meter.hpp"
#include "sys/last_will.hpp"
#include "sys/process.hpp"

namespace alveus::deploy {

namespace detail {
class JobFolders;
}

/// How `link` puts a file at a second place. Directories are always linked by a symbolic link, and so are files on
/// another file system.
enum class LinkKind { kSymbolic, kHard };

struct LocalConnectorOptions {
  std::filesystem::path jobs_directory;  ///< holds the jobs' folders; made where it is missing
  SiteCapacity capacity;
  LinkKind link_kind = LinkKind::kSymbolic;
  ContainerOptions containers{.choice = EngineChoice::kNone};
};

/// What this machine, or the control group this program runs in, can give: cores it may run on, memory.
SiteCapacity detect_capacity(std::string name);

/// This machine. Its URIs are "file:///…"; job folders lie in one directory (docs/internals/job-folder.md).
class LocalConnector final : public Connector {
 public:
  /// `runner` is borrowed and outlives the connector. kDenied, kInvalidInput when the directory cannot be made.
  static core::Result<std::unique_ptr<LocalConnector>> make(sys::ProcessRunner& runner, LocalConnectorOptions options);
  ~LocalConnector() override;

  SiteCapacity capacity() const override { return options_.capacity; }
  core::Result<JobFolder> make_job_folder(const core::JobId& job) override;
  void retire_job_folder(const JobFolder& folder, JobRemains remains) override;
  core::Status clear_job_folders(const std::set<core::RemotePath>& kept) override;
  core::Result<CommandHandle> start(const SiteCommand& command, OnEnd on_end) override;
  void cancel(const CommandHandle& command) override;
  std::vector<RunningUsage> usage() override;
  core::Result<std::optional<ContainerImage>> prepare_image(const ImageSource& source) override;
  core::Result<bool> can_contain(const ImageSource& source) override;
  core::Result<std::optional<ContainerImage>> find_image(const ImageSource& source) override;
  /// Whether a container engine works here; errors as of `prepare_image`.
  core::Status require_container_engine();

  core::Location location_of(const core::RemotePath& path) const override;
  core::Result<core::RemotePath> path_of(const core::Location& location) const override;
  core::Result<SiteEntry> status(const core::RemotePath& path) const override;
  core::Result<std::vector<SiteEntry>> list(const core::RemotePath& directory) const override;
  core::Result<std::vector<SiteLink>> links(const core::RemotePath& tree) const override;
  core::Result<std::string> read(const core::RemotePath& file, std::uint64_t limit_bytes) const override;
  core::Result<std::string> sha1(const core::RemotePath& file) const override;
  core::Result<std::vector<SiteEntry>> glob(const core::RemotePath& directory, std::string_view pattern) const override;

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
  LocalConnector(sys::ProcessRunner& runner, LocalConnectorOptions options);
  core::Status watch_containers(const ContainerEngine& engine);
  /// kDenied unless the path, with the links on the way to it followed, lies below the jobs' directory.
  core::Status require_ours(const core::RemotePath& path) const;

  sys::ProcessRunner& runner_;
  LocalConnectorOptions options_;
  std::unique_ptr<detail::JobFolders> folders_;
  std::unique_ptr<sys::LastWillExecutor> last_will_;  ///< ends the containers should this program die
  sys::ContainerMeter meter_;
  std::unique_ptr<ContainerRuntime> containers_;
};

}  // namespace alveus::deploy
