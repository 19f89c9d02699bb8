// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cwl/model.hpp"
#include "expr/javascript.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// The executable form of a process whose body is a CommandLineTool. `javascript` is borrowed and outlives it.
std::shared_ptr<const flow::Tool> make_command_line_tool(std::shared_ptr<const Process> process,
                                                         expr::Javascript& javascript);

/// The same for a body that is an ExpressionTool.
std::shared_ptr<const flow::Tool> make_expression_tool(std::shared_ptr<const Process> process,
                                                       expr::Javascript& javascript);

}  // namespace alveus::cwl
