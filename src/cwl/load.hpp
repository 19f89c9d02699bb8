// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"
#include "cwl/source.hpp"
#include "document/node.hpp"
#include "expr/javascript.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

/// An input object as its file holds it. Locations of files are absolute URIs.
struct InputObject {
  core::Value inputs = core::Object{};
  std::optional<document::Node> requirements;   ///< `cwl:requirements`: for the process, over its own
  std::optional<std::string> tool;              ///< `cwl:tool`: URI of the process it is meant for
  std::map<std::string, document::Mark> marks;  ///< where each input stands in its file
  document::Mark mark;                          ///< of the whole
};

/// Reads an input object (YAML or JSON; $import and $include are resolved). kInvalidInput when it is no mapping.
core::Result<InputObject> load_inputs(DocumentSource& source, const std::string& uri);

/// Makes the locations of all File and Directory objects in `inputs` absolute: "location", or else "path", relative to
/// the folder of `base`.
void resolve_files(core::Value& inputs, const std::string& base);

/// What can be told of an input object before anything runs.
struct InputFindings {
  std::vector<core::Error> errors;    ///< values of a wrong type, missing inputs: each at its place, all of them
  std::vector<core::Error> warnings;  ///< inputs that the process does not have
};
InputFindings check_inputs(const Process& process, const InputObject& object);

/// Faults in the expressions of a process and of all that it runs, found without running any.
struct ExpressionFindings {
  std::vector<core::Error> errors;  ///< scripts that do not compile, JavaScript where there is none, names that are not
  std::vector<core::Error> warnings;  ///< names that JavaScript takes for undefined
};
ExpressionFindings check_expressions(const Process& process, expr::Javascript& javascript);

/// The inputs whose values are secrets (cwltool:Secrets), also those that a step below names and a link feeds.
std::set<std::string> secret_inputs(const Process& process);

/// Whether any tool of the process asks for GPUs (cwltool:CUDARequirement).
bool asks_for_gpus(const Process& process);

/// A process ready to run.
struct Loaded {
  std::shared_ptr<const Process> model;
  std::shared_ptr<const flow::Process> process;
};

/// What came of loading a document: a process, or all the errors that it has.
struct LoadOutcome {
  std::optional<Loaded> loaded;          ///< empty when there are errors
  std::shared_ptr<const Process> model;  ///< with errors what could be read, its unknown types Any; null when nothing
  std::vector<core::Error> errors;       ///< each with file:line:column, the source line and a caret
  std::vector<core::Error> warnings;
};

/// Reads the process at a URI ("file:///a/main.cwl#step"), checks it with all that it runs, and lowers it.
/// `requirements` win over the document's. `javascript` is borrowed and outlives the process.
LoadOutcome load_process(DocumentSource& source, const std::string& uri,
                         const std::optional<document::Node>& requirements, expr::Javascript& javascript);

}  // namespace alveus::cwl
