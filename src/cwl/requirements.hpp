// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/value.hpp"
#include "cwl/type.hpp"

namespace alveus::cwl {

struct InlineJavascript {
  std::vector<std::string> library;  ///< expressionLib
};

struct Docker {
  bool required = false;  ///< false: a hint
  std::string image;      ///< dockerImageId, else dockerPull, else ""
  std::string output_directory;
  core::Value requirement;  ///< the whole of it: dockerFile, dockerLoad, dockerImport, …
  document::Mark mark;
};

/// One entry of InitialWorkDirRequirement.listing with an `entry`.
struct Dirent {
  Expression entry;
  std::optional<Expression> entryname;
  bool writable = false;
  document::Mark mark;
};

struct InitialWorkDir {
  /// In order. An Expression here is a File or Directory object, or an expression that yields one, a Dirent object,
  /// null, or a list of these; a listing that is one expression as a whole is the only entry.
  std::vector<std::variant<Dirent, Expression>> listing;
  document::Mark mark;
};

struct EnvVar {
  std::vector<std::pair<std::string, Expression>> definitions;  ///< in the document's order
};

/// `cwltool:CUDARequirement`. Versions are "major.minor".
struct Cuda {
  bool required = false;  ///< false: a hint
  std::string version_min;
  std::vector<std::string> capabilities;
  bool is_capability_minimum = true;  ///< one value: that or higher; a list: one of these
  std::optional<Expression> count_min, count_max;
};

/// `cwltool:Secrets`: inputs whose values are shown and kept nowhere.
struct Secrets {
  std::vector<std::string> names;  ///< short
  document::Mark mark;
};

/// `cwltool:Loop` as it is written: a step reads it once its inputs and outputs are known.
struct LoopText {
  document::Node node;
  document::Mark mark;
};

/// Absent members: the default of `flow::ResourceRequest`, or the other bound.
struct Resource {
  std::optional<Expression> cores_min, cores_max, ram_min, ram_max, tmpdir_min, tmpdir_max, outdir_min, outdir_max;
};

/// What holds for one process: the nearest of its own requirements, its step's, its workflow's and so on outwards;
/// only then the nearest hint. SoftwareRequirement and SchemaDefRequirement need nothing at run time.
struct Requirements {
  std::optional<InlineJavascript> javascript;
  std::optional<LoadListing> load_listing;
  std::optional<Docker> docker;
  std::optional<InitialWorkDir> initial_work_dir;
  std::optional<EnvVar> environment;
  std::optional<Resource> resource;
  std::optional<Expression> work_reuse;      ///< boolean
  std::optional<Expression> network_access;  ///< boolean
  std::optional<Expression> time_limit;      ///< seconds
  std::optional<Expression> shm_size;        ///< as containers' engines read it: "512m"
  std::optional<Cuda> cuda;
  std::optional<Secrets> secrets;  ///< of this very process or step: not inherited
  std::optional<LoopText> loop;    ///< of this very step: it is not inherited
  bool inplace_update = false;
  bool shell_command = false;
  bool subworkflow = false;
  bool scatter = false;
  bool multiple_input = false;
  bool step_input_expression = false;
};

}  // namespace alveus::cwl
