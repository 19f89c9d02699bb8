// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/document_load.hpp"
#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"
#include "deploy/connector.hpp"
#include "deploy/container.hpp"
#include "engine/machine.hpp"
#include "sys/process.hpp"

namespace alveus::cli {

/// How a run goes, whatever it runs.
struct WorkflowRunOptions {
  std::filesystem::path outdir;           ///< made where it is missing
  std::filesystem::path state_directory;  ///< holds "runs"; see `state_directory_of`
  engine::OnError on_error = engine::OnError::kStop;
  int retries_max = 0;
  double cores = 0;                 ///< 0: what the machine has
  double ram_mib = 0;               ///< 0: what the machine has
  std::optional<std::size_t> gpus;  ///< absent: what the machine has
  bool keep_job_folders = false;
  std::filesystem::path cache;  ///< empty: none
  deploy::EngineChoice container = deploy::EngineChoice::kAuto;
};

/// A process to run. Borrows the document, which outlives the run.
struct WorkflowRequest {
  const LoadedDocument& document;
  std::string name;  ///< of the document, as the user wrote it
};

/// What came of it. `outputs` is what CWL calls the output object, also of a run that failed as far as it got.
struct WorkflowRunResult {
  core::Value outputs;
  cmdline::ExitStatus status = cmdline::ExitStatus::kDone;
};

/// The flags that set WorkflowRunOptions, and their reading.
std::vector<cmdline::Flag> workflow_run_flags(std::string outdir_fallback);
core::Result<WorkflowRunOptions> workflow_run_options(const cmdline::Flags& flags);

/// What jobs of the process may use of this machine.
deploy::SiteCapacity site_capacity(const WorkflowRunOptions& options, const cwl::Process& process,
                                   sys::ProcessRunner& runner);

/// $ALVEUS_STATE, else $XDG_STATE_HOME/alveus, else ~/.local/state/alveus; kInvalidInput when none is known.
core::Result<std::filesystem::path> state_directory_of(const cmdline::Flags& flags);

/// Runs a process on this machine: journal and job folders below the state directory, progress and failures to the
/// terminal, outputs to the outdir. An interruption ends it cleanly. A failed run is a result, not an Error.
core::Result<WorkflowRunResult> run_workflow(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                             cmdline::Terminal& terminal);

}  // namespace alveus::cli
