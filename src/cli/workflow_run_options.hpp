// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/container.hpp"
#include "engine/machine.hpp"
#include "engine/work.hpp"

namespace alveus::cli {

/// How a run goes, whatever it runs.
struct WorkflowRunOptions {
  std::filesystem::path outdir;           ///< made where it is missing
  std::filesystem::path state_directory;  ///< holds "runs"; see `state_directory_of`
  engine::OnError on_error = engine::OnError::kStop;
  int retries_max = 2;
  std::chrono::milliseconds retry_delay{1000};
  std::string json_events;  ///< "-", a descriptor's number, or a file; empty: none
  engine::MemoryLimit memory_limit = engine::MemoryLimit::kMachine;
  double cores = 0;                 ///< 0: what the machine has
  double ram_mib = 0;               ///< 0: what the machine has
  std::optional<std::size_t> gpus;  ///< absent: what the machine has
  bool keep_job_folders = false;
  std::filesystem::path cache;  ///< empty: none
  deploy::EngineChoice container = deploy::EngineChoice::kAuto;
  friend bool operator==(const WorkflowRunOptions&, const WorkflowRunOptions&) = default;
};

/// The flags that set WorkflowRunOptions, and their reading.
std::vector<cmdline::Flag> workflow_run_flags(std::string outdir_fallback);
core::Result<WorkflowRunOptions> workflow_run_options(const cmdline::Flags& flags);

/// The same flags without defaults, for a run that goes on: what the person gives replaces what the run was started
/// with.
std::vector<cmdline::Flag> resume_flags();
core::Result<WorkflowRunOptions> resume_options(WorkflowRunOptions started, const cmdline::Flags& flags);

/// As members of the description that the journal keeps of a run, and back; what is missing there has its default. The
/// state directory is not among them.
core::Object description_of(const WorkflowRunOptions& options);
WorkflowRunOptions options_of(const core::Value& description);

/// $ALVEUS_STATE, else $XDG_STATE_HOME/alveus, else ~/.local/state/alveus; kInvalidInput when none is known.
core::Result<std::filesystem::path> state_directory_of(const cmdline::Flags& flags);

}  // namespace alveus::cli
