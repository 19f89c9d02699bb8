// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cwl/model.hpp"
#include "flow/process.hpp"

namespace alveus::cwl::detail {

/// What the results of a CommandLineTool depend on beside its inputs and its site. Not in it: ids, labels, docs, marks,
/// defaults (they are in the input object), formats of inputs and time limits (they can only make a job fail),
/// resources (the numbers that the tool can see are named instead).
flow::Definition definition_of(const Process& process);

}  // namespace alveus::cwl::detail
