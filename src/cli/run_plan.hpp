// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "cli/workflow_run.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "engine/plan_run.hpp"

namespace alveus::cli {

enum class PlanStyle { kText, kJson };

/// `run --plan`: says what a run would run and what it would take from the cache, and why. Starts nothing and writes
/// nothing but what the cache remembers of checksums. kFailed when a job is sure to fail.
core::Result<cmdline::ExitStatus> show_plan(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                            PlanStyle style, cmdline::Terminal& terminal);

/// A line for each step, and one for all.
std::string plan_text(std::span<const engine::PlannedStep> steps);
core::Value plan_value(std::span<const engine::PlannedStep> steps);

}  // namespace alveus::cli
