// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/document_snapshot.hpp"
#include "core/result.hpp"
#include "cwl/load.hpp"
#include "report/run_profile.hpp"

namespace alveus::cli {

/// What a run was started from, read again from the snapshot in its folder.
struct RunDocument {
  DocumentSnapshot snapshot;  ///< with the documents of the process alone
  std::shared_ptr<const cwl::Process> process;
};

/// kNotFound for a run without a snapshot (an earlier version made it).
core::Result<RunDocument> load_run_document(const std::filesystem::path& snapshot_file);

/// Which step takes values from which.
report::StepGraph step_graph_of(const cwl::Process& process);

}  // namespace alveus::cli
