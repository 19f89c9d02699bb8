// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "core/value.hpp"
#include "report/run_profile.hpp"

namespace alveus::report {

/// Why a job failed, with the end of what it wrote.
struct FailureLog {
  std::string job;
  std::string text;
};

struct RunReportOptions {
  std::string standing;              ///< how the run stands: "done", "lost"
  std::vector<FailureLog> logs;      ///< of failed jobs, where there are any
  std::size_t jobs_drawn_max = 120;  ///< jobs with a row of their own
  std::size_t steps_drawn_max = 80;
  std::size_t rows_max = 100;  ///< of the tables of jobs and failures
};

/// The page of a run: one HTML file that needs no other and no network. Its size does not grow with the jobs: they are
/// drawn together, and only the longest, those that failed and those on the critical path have a row of their own.
/// Equal profiles give equal bytes.
std::string render_run_report(const RunProfile& profile, const RunReportOptions& options);

/// A step and a job as `run_json` has them. Times are in seconds, "created" and "finished" since the run's start.
core::Value step_value(const StepProfile& step);
core::Value job_value(const RunProfile& profile, const JobProfile& job);

/// A line for each job: "job,step,state,attempts,created,…", times in seconds since the run's start.
std::string run_csv(const RunProfile& profile);
/// Everything the page tells, for programs: the run, its steps, its jobs, the critical path, the cores in use.
core::Value run_json(const RunProfile& profile, const RunReportOptions& options);

}  // namespace alveus::report
