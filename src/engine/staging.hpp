// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "flow/job.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

/// Puts everything a job needs in place on the site of `connector`, in order; parents of a target are made where they
/// are missing. Blocks. After a failure some entries may stand: the job's folder is of no more use.
core::Status stage(std::span<const flow::StageEntry> entries, const deploy::JobFolder& folder,
                   const transfer::Sites& sites, deploy::Connector& connector);

/// "a/b" for "a" and "b": paths on a site are POSIX paths, whatever this machine's are.
core::RemotePath join(const core::RemotePath& directory, std::string_view name);
/// "a" for "a/b". Empty for a name without a directory.
core::RemotePath parent_of(const core::RemotePath& path);

}  // namespace alveus::engine
