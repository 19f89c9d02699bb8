// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/model.hpp"
#include "flow/data.hpp"
#include "flow/job.hpp"

namespace alveus::cwl::detail {

/// Knows where a job's paths lie: turns the paths that the job saw into locations.
class PathMap {
 public:
  PathMap(const flow::JobPlan& plan, const core::Location& outdir);

  const core::Location& outdir() const { return outdir_; }
  /// The location of a path below the output directory, of a staged input or of something below one; a relative path is
  /// one of the output directory. kInvalidInput for any other place.
  core::Result<core::Location> location_of(const std::string& path) const;
  /// The path, as the job saw it, of something below the output directory.
  std::string path_of(const core::Location& location) const;

 private:
  std::string job_outdir_;
  core::Location outdir_;
  std::map<std::string, std::string> staged_;    // path to location; read-only inputs
  std::map<std::string, std::string> in_place_;  // the same for inputs that are changed where they lie
};

/// Makes the File and Directory objects of a result final: a location in place of a path, names, size, checksum.
/// Objects of a location get neither listing nor path. kInvalidInput when one does not exist or is of the other kind.
core::Status finish_files(core::Value& result, const PathMap* paths, const flow::DataAccess& access);

/// The outputs of a CommandLineTool: from cwl.output.json where the command wrote one, else output by output. Types are
/// checked.
core::Result<core::Value> collect_outputs(const Process& process, const flow::JobPlan& plan, const Evaluator& evaluator,
                                          const PathMap& paths, const flow::DataAccess& access);

/// Each declared output of `result`, null where it is missing. kInvalidInput where one is not of its type.
core::Result<core::Value> checked_outputs(const Process& process, const core::Value& result);

}  // namespace alveus::cwl::detail
