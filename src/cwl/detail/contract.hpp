// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "cwl/model.hpp"
#include "expr/javascript.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// Where a process stands. Secondary files of the root's inputs are looked for beside the file; those of a step's
/// inputs must come with the value (CWL v1.2 §3.4, as the reference implementation does), defaults excepted.
enum class Place { kRoot, kStep };

/// The contract of a process's inputs. `javascript` is borrowed.
std::shared_ptr<const flow::InputContract> make_contract(std::shared_ptr<const Process> process, Place place,
                                                         expr::Javascript& javascript);

/// The logic of a step of a process of `version`; null when the step has none. Borrows the engine, copies the step.
std::shared_ptr<const flow::StepLogic> make_step_logic(const WorkflowStep& step, Version version,
                                                       expr::Javascript& javascript);

}  // namespace alveus::cwl
