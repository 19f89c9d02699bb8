// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "core/result.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/weight_update.hpp"
#include "study/training_settings.hpp"
#include "tensorfile/safetensors.hpp"

namespace alveus::learn {

/// Moves the trained weights of a network, which it borrows, along their gradients: the optimisers of
/// `TrainingSettings::optimizer` (weight_update.hpp).
class Optimizer {
 public:
  Optimizer(const WeightList& weights, const study::TrainingSettings& settings);

  /// Euclidean norm of all gradients together.
  double gradient_norm() const;
  void multiply_gradients(double factor) const;
  /// Moves every weight along its gradient and drops the gradients.
  void step(double learning_rate);
  void drop_gradients() const;

  /// Steps taken and moments, for a checkpoint.
  void save(SavedTensors& tensors) const;
  std::int64_t step_count() const { return step_count_; }
  /// Takes the state of `save` back; kCorrupt names what is absent or of another shape.
  core::Status restore(const tensorfile::SafetensorsFile& file, std::int64_t step_count);

 private:
  struct Entry {
    const Weight* weight = nullptr;
    std::vector<at::Tensor> moments;  ///< laid out in memory as the weight is, named by `moment_names_`
  };
  void adam_on_cpu(const AdamStep& step, const Entry& entry, const at::Tensor& gradient) const;
  void sgd_on_cpu(const SgdStep& step, const Entry& entry, const at::Tensor& gradient) const;

  bool is_sgd_;
  AdamSettings adam_;
  SgdStep sgd_{};
  std::vector<std::string> moment_names_;
  std::vector<Entry> entries_;
  std::int64_t step_count_ = 0;
};

}  // namespace alveus::learn
