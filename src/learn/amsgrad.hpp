// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace alveus::learn {

/// What one step of Adam with AMSGrad (Reddi et al., 2018) needs besides its state; the defaults are torch's.
struct AmsgradSettings {
  double learning_rate = 1e-3;
  double weight_decay = 0;  ///< L2: added to the gradient
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// The factors of step number `step`, counted from 1.
struct AmsgradStep {
  float weight_decay, beta1, one_minus_beta1, beta2, one_minus_beta2;
  float step_size;              ///< learning rate / (1 - beta1^step)
  float inverse_root_of_bias2;  ///< 1 / sqrt(1 - beta2^step)
  float epsilon;
};
AmsgradStep amsgrad_step(const AmsgradSettings& settings, std::int64_t step);

/// Changes `weights` and the moments in one pass over memory:
///   g += decay * w;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  x = max(x, v);
///   w -= step_size * m / (sqrt(x) / sqrt(1 - b2^t) + epsilon)
/// All spans have one length.
struct AmsgradSpans {
  std::span<float> weights;
  std::span<const float> gradient;
  std::span<float> first_moment;
  std::span<float> second_moment;
  std::span<float> second_moment_max;
};
void apply_amsgrad(const AmsgradStep& step, const AmsgradSpans& spans);

}  // namespace alveus::learn
