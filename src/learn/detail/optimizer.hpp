// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "core/result.hpp"
#include "learn/amsgrad.hpp"
#include "learn/detail/network_parts.hpp"
#include "tensorfile/safetensors.hpp"

namespace alveus::learn {

/// Adam with AMSGrad over the trained weights of a network, which it borrows.
class Optimizer {
 public:
  Optimizer(const WeightList& weights, const AmsgradSettings& settings);

  /// Moves every weight along its gradient and drops the gradients.
  void step(double learning_rate);

  /// Steps taken and moments, for a checkpoint.
  void save(SavedTensors& tensors) const;
  std::int64_t step_count() const { return step_count_; }
  /// Takes the state of `save` back; kCorrupt names what is absent or of another shape.
  core::Status restore(const tensorfile::SafetensorsFile& file, std::int64_t step_count);

 private:
  struct Entry {
    const Weight* weight = nullptr;
    at::Tensor first, second, second_max;  // laid out in memory as the weight is
  };
  void step_on_cpu(const AmsgradStep& step, const Entry& entry, const at::Tensor& gradient) const;

  AmsgradSettings settings_;
  std::vector<Entry> entries_;
  std::int64_t step_count_ = 0;
};

}  // namespace alveus::learn
