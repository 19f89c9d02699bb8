// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/document_snapshot.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "cwl/load.hpp"
#include "expr/javascript.hpp"

namespace alveus::cli {

/// A process with its inputs, ready to run.
struct LoadedDocument {
  cwl::Loaded loaded;
  core::Value inputs;
  std::string hash;           ///< SHA-256 of the document's text
  DocumentSnapshot snapshot;  ///< what all of this was loaded from
};

/// Reads a workflow and its inputs (a file, or none when empty; `extra` is set over them). Warnings go to the
/// terminal. The error holds all errors of the document, or else all of the inputs; kUnsupported only when each of them
/// is that.
core::Result<LoadedDocument> load_document(const std::string& document, const std::string& inputs_file,
                                           const core::Value& extra, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal);

/// The same from a snapshot: as it was when the snapshot was taken, whatever became of the files.
core::Result<LoadedDocument> load_snapshot(DocumentSnapshot snapshot, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal);

}  // namespace alveus::cli
