// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "engine/event.hpp"
#include "engine/result_reuse.hpp"
#include "flow/job.hpp"
#include "flow/process.hpp"
#include "transfer/web_files.hpp"

namespace alveus::engine {

/// What is known about a step, or the process itself, before anything runs. Counts are of jobs; where a step depends on
/// one that runs, they are not known.
struct PlannedStep {
  enum class Kind { kCommand, kExpression, kWorkflow };
  core::StepPath path;
  Kind kind = Kind::kCommand;
  bool is_scattered = false;
  std::optional<std::size_t> job_count;  ///< empty: not known before what it waits for has run
  std::size_t reused_count = 0;
  std::size_t runs_count = 0;
  std::size_t evaluated_count = 0;  ///< expressions, and workflows entered
  std::size_t skipped_count = 0;
  std::size_t failing_count = 0;
  std::vector<std::string> reasons;       ///< of the first jobs that run or fail, each once
  std::set<std::string> source_runs;      ///< where what is reused comes from
  std::vector<core::StepPath> waits_for;  ///< steps that run, or wait themselves, before it is known
  std::optional<Allotment> allotment;     ///< of the first job
  std::string container;                  ///< image; empty: none
};

/// Says why a job of that ticket finds no result; asked for the first few of each step.
using ExplainMiss = std::function<std::string(const store::ResultTicket&)>;

struct PlanServices {
  deploy::Connector& connector;             ///< to look at inputs
  ResultReuse* reuse = nullptr;             ///< null: every job runs
  ExplainMiss explain_miss = {};            ///< null: not explained
  const transfer::WebFiles* web = nullptr;  ///< null: files of the web are kUnsupported
};

/// Takes a run through the machine as far as values are known: inputs are evaluated and results looked for, but nothing
/// is started and nothing recorded. Steps in the order of a run, a workflow before its steps. Blocks.
std::vector<PlannedStep> plan_run(const flow::Process& process, core::Value inputs, const PlanServices& services);

}  // namespace alveus::engine
