// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "learn/detail/network_parts.hpp"
#include "study/training_settings.hpp"

namespace alveus::learn {

/// A mean of a network's weights over the steps of its training. "ema" (Polyak and Juditsky, 1992): after each step
/// a += (1 - d) (w - a), d the smaller of `ema_decay` and (1 + t) / (10 + t), running statistics too. "swa" (Izmailov
/// et al., 2018): the plain mean of the weights behind each epoch after the share `swa_start` of all epochs; whoever
/// uses it gathers running statistics anew. Borrows the network's weights.
class WeightAverage {
 public:
  WeightAverage(const WeightList& weights, const study::TrainingSettings& settings);

  void after_step();
  /// Once for each epoch: a second call for the same one changes nothing.
  void after_epoch(int epoch);
  /// Whether there is a mean that stands for the weights.
  bool is_begun() const { return count_ > 0; }
  /// Whether running statistics must be gathered for it.
  bool needs_statistics() const { return is_begun() && kind_ == Kind::kSwa; }
  /// Exchanges the network's weights and the mean; called twice, nothing has changed.
  void swap() const;

  /// For a checkpoint.
  void save(SavedTensors& tensors) const;
  std::int64_t count() const { return count_; }
  /// Takes the state of `save` back; kCorrupt names what is absent or of another shape.
  core::Status restore(const tensorfile::SafetensorsFile& file, std::int64_t count);

 private:
  enum class Kind { kNone, kEma, kSwa };
  struct Entry {
    const Weight* weight = nullptr;
    at::Tensor mean;
  };
  void add(double share) const;

  Kind kind_;
  double decay_;
  double first_epoch_;  ///< of swa
  std::vector<Entry> entries_;
  std::int64_t count_ = 0;  ///< of what was averaged
};

}  // namespace alveus::learn
