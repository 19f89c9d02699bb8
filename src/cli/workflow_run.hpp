// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/document_load.hpp"
#include "cli/workflow_run_options.hpp"
#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"
#include "deploy/connector.hpp"
#include "store/run_folder.hpp"
#include "sys/process.hpp"

namespace alveus::cli {

/// A process to run. Borrows the document, which outlives the run.
struct WorkflowRequest {
  const LoadedDocument& document;
  std::string name;  ///< of the document, as the user wrote it
};

/// What came of it. `outputs` is what CWL calls the output object, also of a run that failed as far as it got.
struct WorkflowRunResult {
  core::Value outputs;
  cmdline::ExitStatus status = cmdline::ExitStatus::kDone;
  bool outputs_told = false;  ///< among the events on standard output
};

/// What jobs of the process may use of this machine.
deploy::SiteCapacity site_capacity(const WorkflowRunOptions& options, const cwl::Process& process,
                                   sys::ProcessRunner& runner);

/// Runs a process on this machine: journal and job folders below the state directory, progress and failures to the
/// terminal, outputs to the outdir. An interruption ends it cleanly. A failed run is a result, not an Error.
core::Result<WorkflowRunResult> run_workflow(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                             cmdline::Terminal& terminal);

/// Goes on with a run whose controller was lost, or that failed or was interrupted: what is done stays done. A run that
/// is done gives its outputs again. kUnavailable when its controller lives; kCorrupt, kUnsupported, kNotFound for a run
/// that cannot go on.
core::Result<WorkflowRunResult> resume_workflow(const store::RunFolder& folder, const cmdline::Flags& flags,
                                                cmdline::Terminal& terminal);

}  // namespace alveus::cli
