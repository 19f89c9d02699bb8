// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "learn/detail/weights.hpp"
#include "learn/network.hpp"

namespace alveus::learn {

/// What an objective looks at.
struct ObjectiveInput {
  const at::Tensor& pictures;            ///< [N, C, H, W] in [0, 1], on the network's device
  std::span<const std::size_t> samples;  ///< by index into the folder
  int epoch = 0;                         ///< from 1
  TrainingPass pass;
};

/// What the random changes of an objective are drawn from.
struct ObjectiveSeed {
  std::uint64_t seed = 0;
  std::function<std::string(std::size_t)> name_of;  ///< the name of a sample, by index into the folder
};

/// What a phase makes small where that is not a loss of the network's logits against targets. Random changes of the
/// pictures depend on (seed, epoch, sample) alone, so an objective has no state beside its weights.
class Objective {
 public:
  virtual ~Objective() = default;
  /// Weights beside the network's: the trained ones move with it, and all of them are part of a checkpoint. Borrowed
  /// for the phase.
  virtual const WeightList& weights() const = 0;
  /// Whether the loss of a batch is the mean over the losses of its parts, each by its number of pictures.
  virtual bool takes_parts() const { return true; }
  /// The mean over the batch or a part of it, with gradients to the network's and its own trained weights.
  virtual at::Tensor loss(const ObjectiveInput& input) = 0;
  /// The optimiser took its step with the losses since the last one.
  virtual void after_step() {}
};

}  // namespace alveus::learn
