// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace alveus::learn {

/// The family of Adam: Adam (Kingma and Ba, 2015), with AMSGrad (Reddi et al., 2018), with decoupled weight decay
/// (AdamW: Loshchilov and Hutter, 2019). The defaults are torch's.
struct AdamSettings {
  double learning_rate = 1e-3;
  double weight_decay = 0;  ///< L2: added to the gradient; decoupled: share of the weight, times the learning rate
  bool is_decay_decoupled = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// The factors of step number `step`, counted from 1.
struct AdamStep {
  float weight_decay;  ///< added to the gradient for each unit of weight
  float keep;          ///< factor of the weight
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float step_size;              ///< learning rate / (1 - beta1^step)
  float inverse_root_of_bias2;  ///< 1 / sqrt(1 - beta2^step)
  float epsilon;
};
AdamStep adam_step(const AdamSettings& settings, std::int64_t step);

/// Changes `weights` and the moments in one pass over memory:
///   w *= keep;  g += decay * w;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  x = AMSGrad ? max(x, v) : v;
///   w -= step_size * m / (sqrt(x) / sqrt(1 - b2^t) + epsilon)
/// All spans have one length; `second_moment_max` is empty without AMSGrad.
struct AdamSpans {
  std::span<float> weights;
  std::span<const float> gradient;
  std::span<float> first_moment;
  std::span<float> second_moment;
  std::span<float> second_moment_max;
};
void apply_adam(const AdamStep& step, const AdamSpans& spans);

/// Stochastic gradient descent with Nesterov's momentum, as torch.optim.SGD(nesterov=True); without momentum: plain.
struct SgdStep {
  float learning_rate;
  float weight_decay;  ///< L2: added to the gradient
  float momentum;
};

/// g += decay * w;  u = momentum u + g;  w -= learning_rate * (g + momentum u). All spans have one length; `velocity`
/// starts as zeros.
void apply_sgd(const SgdStep& step, std::span<float> weights, std::span<const float> gradient,
               std::span<float> velocity);

}  // namespace alveus::learn
