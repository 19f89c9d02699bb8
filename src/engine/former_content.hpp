// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "flow/job.hpp"
#include "store/record.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

// A job that changes its inputs where they lie may end in the middle. What they held before is kept in its folder until
// the run is over, so that whoever runs it again does so on what it was meant to change.

/// Copies what the entries change in place to "former/" in the folder. On file systems that share blocks this costs
/// next to nothing. Errors of Connector::copy.
core::Result<std::vector<store::FormerContent>> keep_former(std::span<const flow::StageEntry> entries,
                                                            const deploy::JobFolder& folder,
                                                            const transfer::Sites& sites, deploy::Connector& connector);

/// Puts it back, the last kept first. A copy that is gone is passed over: it was put back before its folder went. Can
/// be repeated.
core::Status restore_former(std::span<const store::FormerContent> former, deploy::Connector& connector);

}  // namespace alveus::engine
