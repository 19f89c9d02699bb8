// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <vector>

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

/// Where one output goes.
struct DeliveryTarget {
  core::Location from;    ///< empty for a literal
  core::RemotePath path;  ///< at the destination
  bool is_new = false;    ///< nothing stands there before the delivery
  friend auto operator<=>(const DeliveryTarget&, const DeliveryTarget&) = default;
};

struct DeliveryOptions {
  core::RemotePath outdir;  ///< on the destination; made where it is missing
  Disposal disposal = Disposal::kMove;
  WhenTaken when_taken = WhenTaken::kReplace;
  /// Targets of deliveries of the same outputs that were begun before and perhaps broken off. What stands at a new one
  /// of them is taken as delivered, since data appear at their target in one step.
  std::vector<DeliveryTarget> begun = {};
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
/// connectors. After a failure what was delivered before it stays delivered. When this program is killed in the middle,
/// the same call with `begun` goes on where it was.
core::Result<core::Value> deliver(const core::Value& outputs, const Sites& sites, deploy::Connector& destination,
                                  const DeliveryOptions& options);

/// What `deliver` would put where, in its order; touches nothing. Data that lie at their place already, and directories
/// that are made for their members alone, are not among it. Errors as `deliver`, as far as they show by then.
core::Result<std::vector<DeliveryTarget>> plan_delivery(const core::Value& outputs, const Sites& sites,
                                                        deploy::Connector& destination, const DeliveryOptions& options);

}  // namespace alveus::transfer
