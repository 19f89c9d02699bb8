// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::cli {

/// What `alveus study run` hands to the engine: one of the pipeline's workflows and its input object.
struct StudyRequest {
  std::string workflow;  ///< file name below the folder of workflows: "universal.cwl" or "phantom-study.cwl"
  core::Value inputs;    ///< only what the flags name; the workflow has the defaults
};

/// The flags that become inputs of the workflow.
std::vector<cmdline::Flag> study_flags();

/// Turns flags to a request. kInvalidInput when neither --data nor --phantom is given, or both, when a flag belongs to
/// the other one, or a path does not exist.
core::Result<StudyRequest> study_request(const cmdline::Flags& flags);

}  // namespace alveus::cli
