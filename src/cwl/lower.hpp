// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/result.hpp"
#include "cwl/model.hpp"
#include "expr/javascript.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// The executable form of a loaded process and of all that it runs. `javascript` is borrowed and outlives it.
/// kUnsupported when an Operation is part of it: that has nothing to execute.
core::Result<std::shared_ptr<const flow::Process>> lower(std::shared_ptr<const Process> process,
                                                         expr::Javascript& javascript);

}  // namespace alveus::cwl
