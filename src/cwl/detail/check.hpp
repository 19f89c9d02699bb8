// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cwl/detail/findings.hpp"
#include "cwl/model.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// Checks what a workflow says about itself: sources that exist, types that fit, required inputs that are fed, no
/// cycles. `process` is a Workflow; steps whose process could not be read are passed over.
void check_workflow(const Process& process, Findings& findings);

/// What a source's name means in a workflow; empty when there is no such input or step output.
std::optional<flow::LinkSource> find_source(const Process& workflow, const std::string& name);

/// The value that `source` may yield, seen by the step or output that it feeds: scattering, `when`, merging and
/// `pickValue` are reckoned in. One type for each link; Any where nothing is known.
Type type_of_link(const Process& workflow, const Source& source, std::size_t link_index);

/// False when no value of `source` (but null) can be one of `sink`.
bool may_be_assigned(const Type& source, const Type& sink);

}  // namespace alveus::cwl
