// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "learn/runtime.hpp"

namespace alveus::learn {

/// Lanes on which trainings pass side by side: each a thread with a stream of the device for its own, which does one
/// piece of work after the other in the order in which they were added. With one lane there is neither: work is done
/// at once, by the thread that adds it.
///
/// What LibTorch keeps for each thread (whether gradients are recorded, autocasting, warnings, the number of threads
/// for an operation) is in a lane as in a thread that `start_torch` set up. Tensors that were made before the lanes may
/// be used in them; those that a lane makes, in others when `finish` has returned.
class Lanes {
 public:
  /// Waits for what the calling thread has asked of the device.
  Lanes(std::size_t count, Device device);
  /// Does what was added.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  std::size_t count() const { return lanes_.empty() ? 1 : lanes_.size(); }
  /// `work` must not throw. Waits while the lane has `kWaitingMax` pieces of work before it, so lanes drift apart by as
  /// many at most.
  void add(std::size_t lane, std::function<void()> work);
  /// Returns when all is done that was added, by the devices too.
  void finish();

  static constexpr std::size_t kWaitingMax = 4;

 private:
  class Lane;
  std::vector<std::unique_ptr<Lane>> lanes_;  ///< none where one does
};

}  // namespace alveus::learn
