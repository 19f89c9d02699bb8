// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::cli {

/// All that can be told of a document, and of inputs for it, without running anything.
struct DocumentFindings {
  std::vector<core::Error> errors;    ///< in the order of the documents, each with its place
  std::vector<core::Error> warnings;  ///< what a run would pass over

  bool is_valid() const { return errors.empty(); }
  /// kUnsupported when there are errors and each is that, else kInvalidInput.
  core::ErrorCode code() const;
};

/// Checks the document, all that it runs, the scripts of its expressions, and the inputs where a file is named.
DocumentFindings find_faults(const std::string& document, const std::string& inputs_file);

/// {"valid": …, "errors": [{"file", "line", "column", "code", "message", "excerpt"}], "warnings": […]}. A finding
/// without a place in a file has no file, line and column.
core::Value findings_object(const DocumentFindings& findings);

}  // namespace alveus::cli
