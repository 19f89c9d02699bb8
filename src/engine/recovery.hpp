// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "store/recovery.hpp"

namespace alveus::engine {

/// Leaves among the finished jobs only those whose outputs still stand on their site; the others will run again.
/// Returns what was taken out. Errors of the connector but kNotFound.
core::Result<std::vector<core::JobId>> forget_lost_jobs(store::FinishedJobs& finished,
                                                        const deploy::Connector& connector);

/// The folders of the finished jobs, which hold their outputs and what later jobs link to.
std::set<core::RemotePath> folders_of(const store::FinishedJobs& finished);

}  // namespace alveus::engine
