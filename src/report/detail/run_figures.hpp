// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "report/markup.hpp"
#include "report/run_profile.hpp"

namespace alveus::report {

/// What the colours of phases mean.
Markup phase_key();

/// A row for each step: how many of its jobs were in which phase, over the time of the run.
Markup steps_figure(const RunProfile& profile, std::size_t steps_max);
/// Cores that jobs held, and processor time they spent, over the time of the run.
Markup load_figure(const RunProfile& profile);
/// A row for each of these jobs, by indices.
Markup jobs_figure(const RunProfile& profile, const std::vector<std::size_t>& jobs);
/// One bar: how a length of time splits into phases; what is left is time without a job.
Markup phases_bar(const Phases& phases, Duration rest);

}  // namespace alveus::report
