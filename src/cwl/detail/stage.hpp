// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/model.hpp"
#include "flow/job.hpp"

namespace alveus::cwl::detail {

/// Sets path, dirname, basename and, for a File, nameroot and nameext.
void set_path(core::Value& file, const std::string& path);

/// "a//b/./c/../d" to "a/b/d"; keeps a leading "/" and leading "..".
std::string normal_path(std::string_view path);

/// What has a `location` that is no place ("_:…"), or none, is made from its `contents` or `listing`.
bool is_literal(const core::Value& file);

/// What puts a File or Directory at `path`: by `kind` when it has a location, else made from what it holds. Nothing
/// when a File has neither a location nor contents.
std::optional<flow::StageEntry> stage_entry(const core::Value& file, const std::string& path,
                                            flow::StageEntry::Kind kind);

/// Gives every File and Directory of an input object a path below one directory and says what to put there. Each lies
/// under its name in a folder of its own, with nothing beside it but its secondary files: a command may look around
/// there. The same data under the same name with the same secondary files are staged once.
class InputStager {
 public:
  explicit InputStager(core::RemotePath directory) : directory_(std::move(directory)) {}

  /// kInvalidInput when a File has neither a location nor contents, or two secondary files of one File the same name.
  core::Status stage(core::Value& inputs);

  /// Data that are to lie elsewhere (InitialWorkDirRequirement): changes their paths in `inputs` and stages them no
  /// more. `moves`: from `key_of` to the new path.
  void move(core::Value& inputs, const std::map<std::string, std::string>& moves);

  /// In the order of the inputs, a directory before what it holds.
  std::vector<flow::StageEntry> entries() const;

 private:
  struct Placed {
    std::string key;
    flow::StageEntry entry;
  };

  core::Status place_primary(core::Value& file);
  core::Status place(core::Value& file, const std::string& folder);
  core::Status place_members(core::Value& directory);

  core::RemotePath directory_;
  std::map<std::string, std::string> folders_;  // what a primary file consists of, to its folder
  std::map<std::string, std::string> taken_;    // path to the key of what lies there
  std::vector<Placed> placed_;
};

/// What tells staged data apart: the location; for a literal that has a path, the path; else what it consists of.
std::string key_of(const core::Value& file);

/// Carries out InitialWorkDirRequirement. Sees inputs with paths, and changes those of what it puts into the output
/// directory. Adds its entries to `entries`.
core::Status stage_work_dir(const Process& process, const flow::JobSite& site, Evaluator& evaluator,
                            InputStager& stager, std::vector<flow::StageEntry>& entries);

}  // namespace alveus::cwl::detail
