// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/model.hpp"

namespace alveus::cwl::detail {

/// The words of the command (CWL v1.2 CommandLineTool §Input binding): baseCommand, then arguments and inputs in the
/// order of their sorting keys. The evaluator's inputs have their final paths. With ShellCommandRequirement the
/// command is "/bin/sh -c" and one text.
core::Result<std::vector<std::string>> build_command(const Process& process, const CommandLineTool& tool,
                                                     const Evaluator& evaluator);

}  // namespace alveus::cwl::detail
