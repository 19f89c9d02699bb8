// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cwl/detail/findings.hpp"
#include "cwl/model.hpp"
#include "expr/javascript.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// Where secondary files come from: those of a run's own inputs are looked for beside the file, those of a step's
/// inputs must come with it.
enum class SecondaryFiles { kLookedFor, kGiven };

/// What the process says about the values that enter it. `javascript` is borrowed and outlives it.
std::shared_ptr<const flow::InputContract> make_input_contract(std::shared_ptr<const Process> process,
                                                               SecondaryFiles secondary_files,
                                                               expr::Javascript& javascript);

/// What a step of `workflow` says about its inputs; null when that is nothing.
std::shared_ptr<const flow::StepLogic> make_step_logic(std::shared_ptr<const Process> workflow, std::size_t step_index,
                                                       expr::Javascript& javascript);

/// How a step of `workflow` that loops goes on.
std::shared_ptr<const flow::LoopLogic> make_loop_logic(std::shared_ptr<const Process> workflow, std::size_t step_index,
                                                       expr::Javascript& javascript);

/// A checked process as `flow` knows it. Reports what cannot be run: an Operation.
std::shared_ptr<const flow::Process> lower(const std::shared_ptr<const Process>& process,
                                           SecondaryFiles secondary_files, expr::Javascript& javascript,
                                           Findings& findings);

}  // namespace alveus::cwl
