// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "study/training_settings.hpp"

namespace alveus::learn {

/// The learning rate of each step of a training; a pure function of the settings and the place. "step" multiplies by
/// gamma every `step_size` epochs; "cosine" falls to 0 by half a cosine over the epochs behind the warm-up (Loshchilov
/// and Hutter, 2017; torch's CosineAnnealingLR); both change between epochs. "one-cycle" changes with each batch:
/// rises from 1/25 of the rate to the rate in 30 % of all steps and falls to 1/25 of 1e-4 of it, both by cosines (Smith
/// and Topin, 2018; torch's OneCycleLR with its defaults, without its cycle of the momentum). The warm-up is linear in
/// the steps and multiplies what the schedule says: 1/n, 2/n, ... 1 for n steps.
class LearningRateSchedule {
 public:
  LearningRateSchedule(const study::TrainingSettings& settings, std::size_t batches_per_epoch);

  /// `epoch` counts from 1, `batch` from 0.
  double at(int epoch, std::size_t batch) const;

 private:
  double scheduled(double epoch, double step) const;
  double one_cycle(double step) const;

  const study::TrainingSettings& settings_;
  double batches_per_epoch_;
};

}  // namespace alveus::learn
