// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "study/training_settings.hpp"

namespace alveus::learn {

/// What a training makes small. Each is a weighted mean over examples, so that parts of a batch can be added up:
///   loss = sum_i w_i l_i / sum_i w_i,
/// w_i the weight of the example's class (of a mixed target: the mean over its classes).
///   cross-entropy  l = -sum_c q_c log p_c, q the target smoothed by `label_smoothing` (torch's, class weights
///   included) focal          l = -sum_c q_c (1 - p_c)^gamma log p_c (Lin et al., 2017) ordinal        l = sum_c (P_c -
///   Q_c)^2 over the cumulative p and q: the squared earth mover's distance (Hou et al.,
///                  2016), for classes in an order
class Loss {
 public:
  /// `class_weights`, one for each class, count in the losses "…-weighted" alone.
  Loss(const study::TrainingSettings& settings, const std::vector<float>& class_weights);

  /// sum_i w_i l_i of logits [N, K] and targets [N, K] that sum to 1 in each row; both on one device, floats of any
  /// kind. A number, with gradients where the logits have them.
  at::Tensor sum(const at::Tensor& logits, const at::Tensor& targets) const;
  /// sum_i w_i of targets [N, K].
  double weight(const at::Tensor& targets) const;

 private:
  enum class Kind { kCrossEntropy, kFocal, kOrdinal };
  Kind kind_;
  double gamma_;
  double smoothing_;
  std::vector<float> class_weights_;
};

/// Class numbers [N] as rows of ones and zeros [N, K], 32-bit, on the CPU.
at::Tensor one_hot(const std::vector<std::int64_t>& targets, std::int64_t class_count);

}  // namespace alveus::learn
