// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/value.hpp"

namespace alveus::flow {

/// What a job asks for in GPUs. Versions are "major.minor".
struct GpuRequest {
  double count_min = 1;
  double count_max = 0;          ///< zero: none named
  std::string cuda_version_min;  ///< what the driver must speak
  std::vector<std::string> capabilities;
  bool is_capability_minimum = true;  ///< the one capability or a higher one will do; else one of the list
  bool required = true;               ///< false: a site without such devices runs the job without
};

/// What a job asks for. Sizes in MiB, as CWL counts them. A maximum of zero: none named.
struct ResourceRequest {
  double cores_min = 1;
  double cores_max = 0;
  double ram_min_mib = 256;
  double ram_max_mib = 0;
  double tmpdir_min_mib = 1024;
  double outdir_min_mib = 1024;
  std::optional<GpuRequest> gpus;
};

/// What a job was given. Paths are as the job sees them on the machine (or in the container) where it runs.
struct JobSite {
  core::RemotePath outdir;  ///< also the working directory
  core::RemotePath tmpdir;
  core::RemotePath inputs_directory;  ///< below it the inputs are staged
  double cores = 1;
  double ram_mib = 256;
  double tmpdir_mib = 1024;
  double outdir_mib = 1024;
  std::vector<std::string> gpus;  ///< devices that no other job has now, as CUDA_VISIBLE_DEVICES names them
};

/// One thing to put in place before the command starts. Entries stand in order: a directory before what it holds.
struct StageEntry {
  enum class Kind {
    kReadOnly,   ///< data at `location`; a link will do
    kWritable,   ///< a copy of its own of the data at `location`
    kInPlace,    ///< the very data at `location`, to be changed (InplaceUpdateRequirement)
    kLiteral,    ///< a file with `contents`
    kDirectory,  ///< an empty directory
  };
  Kind kind = Kind::kReadOnly;
  core::Location location;
  core::RemotePath target;
  std::string contents;
  bool executable = false;
};

/// A container to run in. Of the fields that say where the image comes from, any may be empty.
struct ContainerRequest {
  std::string image;      ///< what people call it
  bool required = false;  ///< false: a hint, which a site without containers may ignore
  std::optional<core::RemotePath> output_directory;
  std::string image_id;     ///< the name that it has on the site, or is to get
  std::string pull;         ///< name in a registry
  std::string load;         ///< path or URI of a saved image
  std::string import;       ///< path or URI of an archived root file system
  std::string dockerfile;   ///< text to build it from
  core::Value requirement;  ///< the whole DockerRequirement, for records
  std::string where;        ///< "main.cwl:12:3"

  friend bool operator==(const ContainerRequest&, const ContainerRequest&) = default;
};

/// A command ready to run, and all that is needed around it.
struct JobPlan {
  core::Value inputs;  ///< the input object with the final `path` of every file
  std::vector<StageEntry> stage;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  ///< beyond HOME and TMPDIR, which the site sets
  std::optional<core::RemotePath> stdin_path;
  std::optional<std::string> stdout_name;  ///< relative to the outdir
  std::optional<std::string> stderr_name;
  std::chrono::milliseconds time_limit{0};  ///< zero: none
  std::vector<int> success_codes{0};
  std::vector<int> temporary_fail_codes;
  std::vector<int> permanent_fail_codes;
  std::optional<ContainerRequest> container;  ///< as the tool's `container`
  bool network = false;
  std::string shm_size = {};  ///< of /dev/shm in its container, "512m"; empty: what the engine gives
  JobSite site;
};

/// How the job of a plan ended.
struct JobExit {
  int exit_code = 0;
  bool timed_out = false;
  bool out_of_memory = false;  ///< ended because it used more than it may
};

}  // namespace alveus::flow
