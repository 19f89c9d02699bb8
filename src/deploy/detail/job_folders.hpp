// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/connector.hpp"

namespace alveus::deploy::detail {

/// The jobs' folders in one directory of this machine (docs/internals/job-folder.md). A folder in which a job left
/// nothing is renamed for the next one: making and removing directories is by far the dearest thing that a small job
/// asks of a file system. Safe from several threads.
class JobFolders {
 public:
  /// The directory is there; its path is absolute and without links.
  explicit JobFolders(std::string directory);
  /// Removes the folders that wait for a next job.
  ~JobFolders();
  JobFolders(const JobFolders&) = delete;
  JobFolders& operator=(const JobFolders&) = delete;

  /// As Connector::make_job_folder.
  core::Result<JobFolder> make(const core::JobId& job);
  /// As Connector::retire_job_folder, but false, with nothing done, where temporary files are still to be removed.
  bool retire(const JobFolder& folder, JobRemains remains);

 private:
  /// Directories that wait for a next job, by their numbers.
  struct Spares {
    const char* kind;
    std::vector<std::uint64_t> numbers;
  };

  std::string path_of(const Spares& spares, std::uint64_t number) const;
  int place(Spares& spares, const std::string& target, bool& is_spare);
  bool keep(Spares& spares, int directory, const std::string& name);

  std::string directory_;
  std::string spares_directory_;
  std::mutex mutex_;              // guards all below
  Spares folders_{"folder", {}};  ///< with an outdir, a tmpdir and perhaps a log, all of them empty
  Spares tmpdirs_{"tmp", {}};
  std::uint64_t next_number_ = 0;
  bool has_spares_directory_ = false;
};

}  // namespace alveus::deploy::detail
