// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "cli/run_model.hpp"
#include "cmdline/terminal.hpp"
#include "deploy/connector.hpp"

namespace alveus::cli {

/// The block that shows a run on a terminal of this size: its steps, the commands that run longest with what they use,
/// and a line for all. It takes at most half of the rows for steps and leaves out what is of least interest: finished
/// steps first, then those to come. The work grows with the steps of the document and the commands that run, not with
/// the jobs of the run.
std::string run_screen(const RunModel& model, std::span<const deploy::RunningUsage> usage,
                       const cmdline::Display& display, sys::SteadyTime now);

/// "163 of 221 jobs · 4 running · 2 failed · about 3 min left": the same in one line, without the time passed.
std::string run_summary(const RunModel& model, const cmdline::Display& display, sys::SteadyTime now);

}  // namespace alveus::cli
