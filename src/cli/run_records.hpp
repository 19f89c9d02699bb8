// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "report/run_profile.hpp"
#include "store/record.hpp"
#include "store/run_folder.hpp"

namespace alveus::cli {

/// The argument RUN and the flag --state of every command that looks at runs.
cmdline::Flag run_argument();
cmdline::Flag state_flag();

/// The folder of the run that the flags name. Errors as store::find_run_folder.
core::Result<store::RunFolder> run_folder_of(const cmdline::Flags& flags);

/// "done", "failed", "cancelled"; for a run that has not ended "under way" while its controller lives, else "lost".
std::string standing_of(const std::filesystem::path& run_folder, const std::optional<store::RunStatus>& ended);
std::string standing_of(const std::filesystem::path& run_folder, const store::RunHistory& run);
/// Whether `alveus resume` can go on with a run that stands so.
bool can_resume(const std::string& standing);

/// A run with what came of it, for people.
struct ProfiledRun {
  store::RunFolder folder;
  report::RunProfile profile;  ///< what is under way in a run without a controller is marked as interrupted
  std::string standing;
};
/// `graph` as for report::read_profile, whose errors these are.
core::Result<ProfiledRun> profile_run(store::RunFolder folder, const report::StepGraph* graph = nullptr);

/// A value of an input or output object for the eye: text as it is, a File or Directory by its path and size, lists
/// and records cut to a few members.
std::string value_text(const core::Value& value);
/// "/a b/c" for "file:///a%20b/c"; other URIs as they are.
std::string path_text(const std::string& location);

}  // namespace alveus::cli
