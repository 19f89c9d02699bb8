// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "transfer/sites.hpp"

namespace alveus::transfer {

/// What becomes of data that lie in a job's folder; all other data are copied.
enum class Disposal { kMove, kCopy };

/// What happens when the output directory holds the name already, from before.
enum class WhenTaken {
  kReplace,  ///< a file is replaced; a directory, or a file in the way of one, is kInvalidInput
  kNumber,   ///< the new one gets a number, as among the outputs themselves
};

struct DeliveryOptions {
  core::RemotePath outdir;  ///< on the destination; made where it is missing
  Disposal disposal = Disposal::kMove;
  WhenTaken when_taken = WhenTaken::kReplace;
};

/// Brings every File and Directory of an output object to the output directory and returns the object as CWL writes it:
/// `location`, `path`, `basename`, for a file `size` and `checksum`, for a directory a `listing` of all it holds.
///
/// - A second "a.txt" becomes "a_2.txt", in the order of the outputs; secondary files of a file that gets a number get
///   the same one, so that they still belong together.
/// - One location that stands in several outputs is delivered once for each name it has.
/// - Files with `contents` and directories with `listing` but without `location` (or with one that begins "_:") are
///   made; their members are delivered into them.
/// - Data that lie at their place already are left alone.
///
/// kInvalidInput: an object with neither location nor contents, a basename that is no single component; errors of the
/// connectors. After a failure what was delivered before it stays delivered.
core::Result<core::Value> deliver(const core::Value& outputs, const Sites& sites, deploy::Connector& destination,
                                  const DeliveryOptions& options);

}  // namespace alveus::transfer
