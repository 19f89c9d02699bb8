// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/document_snapshot.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "cwl/load.hpp"
#include "expr/javascript.hpp"
#include "flow/secrets.hpp"

namespace alveus::cli {

/// A process with its inputs, ready to run.
struct LoadedDocument {
  cwl::Loaded loaded;
  core::Value inputs;
  std::string hash;           ///< SHA-256 of the document's text
  DocumentSnapshot snapshot;  ///< what all of this was loaded from
  flow::Secrets secrets;      ///< behind the markers that `inputs` and the snapshot hold
};

/// A process and what a file says of its inputs, before they are checked against it.
struct OpenedDocument {
  cwl::Loaded loaded;
  cwl::InputObject object;
  std::string hash;           ///< SHA-256 of the document's text
  DocumentSnapshot snapshot;  ///< what the process was loaded from; its inputs are set by `with_checked_inputs`
};

/// Reads a workflow (or an input object that names its tool) and a file of inputs (none when empty, standard input for
/// "-"). Warnings go to the terminal. The error holds all errors of the document; kUnsupported only when each of them
/// is that.
core::Result<OpenedDocument> open_document(const std::string& document, const std::string& inputs_file,
                                           expr::Javascript& javascript, cmdline::Terminal& terminal);

/// The process of a document, without inputs: to look at, also where this version could not run it. Warnings go to the
/// terminal; the error holds all errors but those.
core::Result<std::shared_ptr<const cwl::Process>> read_model(const std::string& document, cmdline::Terminal& terminal);

/// Sets the members of `values` (an object or null) over the inputs of the file.
void set_inputs(cwl::InputObject& object, const core::Value& values);

/// Checks the inputs against the process; the error holds all that is wrong with them. From here on markers stand for
/// the values of secret inputs.
core::Result<LoadedDocument> with_checked_inputs(OpenedDocument opened, cmdline::Terminal& terminal);

/// All three: `extra` is set over the inputs of the file.
core::Result<LoadedDocument> load_document(const std::string& document, const std::string& inputs_file,
                                           const core::Value& extra, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal);

/// The same from a snapshot: as it was when the snapshot was taken, whatever became of the files. Secrets of the run
/// are not in it (secrets_file.hpp).
core::Result<LoadedDocument> load_snapshot(DocumentSnapshot snapshot, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal);

/// One error that shows all of them, one after the other. There is at least one.
core::Error joined(std::vector<core::Error> errors);

}  // namespace alveus::cli
