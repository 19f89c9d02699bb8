// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "store/record.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

/// What becomes of the outputs of a run when its jobs have ended. Used by the thread of `run_process` alone.
class OutputDelivery {
 public:
  enum class Disposal {
    kMove,  ///< data in the jobs' folders may be taken away
    kCopy,  ///< they stay: the run may go on
  };

  virtual ~OutputDelivery() = default;
  /// What `deliver` would put where; touches nothing.
  virtual core::Result<std::vector<store::DeliveryTarget>> plan(const core::Value& outputs, Disposal disposal) = 0;
  /// Brings the files among the outputs to where the person wants them, and returns the outputs that name the new
  /// places. `begun` are targets of earlier deliveries of this run, which may have been broken off in the middle.
  virtual core::Result<core::Value> deliver(const core::Value& outputs, Disposal disposal,
                                            std::span<const store::DeliveryTarget> begun) = 0;
};

/// Delivers into a folder of a site.
class FolderDelivery final : public OutputDelivery {
 public:
  /// `destination` is borrowed and outlives this.
  FolderDelivery(deploy::Connector& destination, core::RemotePath outdir);

  core::Result<std::vector<store::DeliveryTarget>> plan(const core::Value& outputs, Disposal disposal) override;
  core::Result<core::Value> deliver(const core::Value& outputs, Disposal disposal,
                                    std::span<const store::DeliveryTarget> begun) override;

 private:
  deploy::Connector& destination_;
  transfer::Sites sites_;
  core::RemotePath outdir_;
};

}  // namespace alveus::engine
