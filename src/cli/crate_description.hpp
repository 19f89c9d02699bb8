// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/run_document.hpp"
#include "report/run_crate.hpp"

namespace alveus::cli {

/// A CWL document in the words of a crate. Documents keep their places to one another below "workflow/".
report::WorkflowDescription describe_for_crate(const RunDocument& document);

}  // namespace alveus::cli
