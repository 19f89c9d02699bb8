// SPDX-License-Identifier: Apache-2.0
#include "learn/weight_update.hpp"

#include <cmath>

#include "core/check.hpp"

namespace alveus::learn {
namespace {

enum class Variant { kPlain, kAmsgrad };

template <Variant kVariant>
void adam(const AdamStep& step, const AdamSpans& spans) {
  const std::size_t count = spans.weights.size();
  float* __restrict const weights = spans.weights.data();
  const float* __restrict const gradient = spans.gradient.data();
  float* __restrict const first = spans.first_moment.data();
  float* __restrict const second = spans.second_moment.data();
  float* __restrict const most = spans.second_moment_max.data();
  for (std::size_t i = 0; i < count; ++i) {
    const float w = weights[i] * step.keep;
    const float g = gradient[i] + step.weight_decay * w;
    const float m = step.beta1 * first[i] + step.one_minus_beta1 * g;
    const float v = step.beta2 * second[i] + step.one_minus_beta2 * g * g;
    float x = v;
    if constexpr (kVariant == Variant::kAmsgrad) {
      // The order of this comparison lets a NaN of v pass through.
      x = most[i] > v ? most[i] : v;
      most[i] = x;
    }
    first[i] = m;
    second[i] = v;
    weights[i] = w - step.step_size * m / (std::sqrt(x) * step.inverse_root_of_bias2 + step.epsilon);
  }
}

}  // namespace

AdamStep adam_step(const AdamSettings& settings, std::int64_t step) {
  ALVEUS_CHECK(step > 0, "steps count from 1");
  const auto number = static_cast<double>(step);
  const double bias1 = 1 - std::pow(settings.beta1, number);
  const double bias2 = 1 - std::pow(settings.beta2, number);
  const bool is_decoupled = settings.is_decay_decoupled;
  return {.weight_decay = static_cast<float>(is_decoupled ? 0 : settings.weight_decay),
          .keep = static_cast<float>(is_decoupled ? 1 - settings.learning_rate * settings.weight_decay : 1),
          .beta1 = static_cast<float>(settings.beta1),
          .one_minus_beta1 = static_cast<float>(1 - settings.beta1),
          .beta2 = static_cast<float>(settings.beta2),
          .one_minus_beta2 = static_cast<float>(1 - settings.beta2),
          .step_size = static_cast<float>(settings.learning_rate / bias1),
          .inverse_root_of_bias2 = static_cast<float>(1 / std::sqrt(bias2)),
          .epsilon = static_cast<float>(settings.epsilon)};
}

void apply_adam(const AdamStep& step, const AdamSpans& spans) {
  const std::size_t count = spans.weights.size();
  const bool is_amsgrad = !spans.second_moment_max.empty();
  ALVEUS_CHECK(spans.gradient.size() == count && spans.first_moment.size() == count &&
                   spans.second_moment.size() == count && (!is_amsgrad || spans.second_moment_max.size() == count),
               "weights, gradient and moments have one length");
  if (is_amsgrad) {
    adam<Variant::kAmsgrad>(step, spans);
  } else {
    adam<Variant::kPlain>(step, spans);
  }
}

void apply_sgd(const SgdStep& step, std::span<float> weights, std::span<const float> gradient,
               std::span<float> velocity) {
  ALVEUS_CHECK(gradient.size() == weights.size() && velocity.size() == weights.size(),
               "weights, gradient and velocity have one length");
  float* __restrict const w = weights.data();
  const float* __restrict const slope = gradient.data();
  float* __restrict const u = velocity.data();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float g = slope[i] + step.weight_decay * w[i];
    u[i] = step.momentum * u[i] + g;
    w[i] -= step.learning_rate * (g + step.momentum * u[i]);
  }
}

}  // namespace alveus::learn
