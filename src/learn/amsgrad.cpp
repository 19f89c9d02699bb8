// SPDX-License-Identifier: Apache-2.0
#include "learn/amsgrad.hpp"

#include <cmath>

#include "core/check.hpp"

namespace alveus::learn {

AmsgradStep amsgrad_step(const AmsgradSettings& settings, std::int64_t step) {
  ALVEUS_CHECK(step > 0, "steps count from 1");
  const auto number = static_cast<double>(step);
  const double bias1 = 1 - std::pow(settings.beta1, number);
  const double bias2 = 1 - std::pow(settings.beta2, number);
  return {.weight_decay = static_cast<float>(settings.weight_decay),
          .beta1 = static_cast<float>(settings.beta1),
          .one_minus_beta1 = static_cast<float>(1 - settings.beta1),
          .beta2 = static_cast<float>(settings.beta2),
          .one_minus_beta2 = static_cast<float>(1 - settings.beta2),
          .step_size = static_cast<float>(settings.learning_rate / bias1),
          .inverse_root_of_bias2 = static_cast<float>(1 / std::sqrt(bias2)),
          .epsilon = static_cast<float>(settings.epsilon)};
}

void apply_amsgrad(const AmsgradStep& step, const AmsgradSpans& spans) {
  const std::size_t count = spans.weights.size();
  ALVEUS_CHECK(spans.gradient.size() == count && spans.first_moment.size() == count &&
                   spans.second_moment.size() == count && spans.second_moment_max.size() == count,
               "weights, gradient and moments have one length");
  float* __restrict const weights = spans.weights.data();
  const float* __restrict const gradient = spans.gradient.data();
  float* __restrict const first = spans.first_moment.data();
  float* __restrict const second = spans.second_moment.data();
  float* __restrict const most = spans.second_moment_max.data();
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + step.weight_decay * weights[i];
    const float m = step.beta1 * first[i] + step.one_minus_beta1 * g;
    const float v = step.beta2 * second[i] + step.one_minus_beta2 * g * g;
    // The order of this comparison lets a NaN of v pass through.
    const float x = most[i] > v ? most[i] : v;
    first[i] = m;
    second[i] = v;
    most[i] = x;
    weights[i] -= step.step_size * m / (std::sqrt(x) * step.inverse_root_of_bias2 + step.epsilon);
  }
}

}  // namespace alveus::learn
