// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "cwl/model.hpp"
#include "cwl/source.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

struct LoadOptions {
  /// `cwl:requirements` of the input object: they win over those of the root process.
  std::optional<document::Node> requirements;
};

/// What became of a document. All of its errors are there, not the first alone; each names file, line and column.
struct Loaded {
  std::shared_ptr<const Process> process;  ///< null when there are errors
  std::vector<core::Error> errors;
  std::vector<core::Error> warnings;
};

/// Reads and checks the process at a URI and all that it runs. A fragment picks one of a `$graph`; without one it is
/// "#main", or the only one. A document that asks for a feature this build lacks has an error of kUnsupported.
Loaded load(DocumentSource& source, const std::string& uri, const LoadOptions& options = {});

}  // namespace alveus::cwl
