// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "transfer/sites.hpp"

namespace alveus::transfer {

/// What a job does with data that it is given.
enum class Access {
  kReadOnly,  ///< a link will do
  kWritable,  ///< needs a copy of its own
  kInPlace,   ///< changes the very data: kUnsupported when they lie on another site
};

/// How often a copy that arrives damaged is made again.
inline constexpr int kCopyAttemptsMax = 3;

/// Copies a file or tree from one site to where nothing stands on another (or the same), in pieces: nothing passes
/// through this machine's disk. Each file's SHA-1 is computed at both ends; kCorrupt when they still differ after
/// kCopyAttemptsMax attempts. Programs stay programs. After a failure parts of the tree may stand.
core::Status copy_between(const Place& from, const Place& to);

/// Puts the data at `location` in place at `to`, where nothing stands and whose parent exists: by a link or a copy on
/// the same site, by `copy_between` from another.
core::Status put_in_place(const Sites& sites, const core::Location& location, const Place& to, Access access);

}  // namespace alveus::transfer
