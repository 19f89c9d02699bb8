// SPDX-License-Identifier: Apache-2.0
#include "learn/weight_update.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.hpp"

namespace alveus::learn {
namespace {

/// Moments of one weight in double precision, straight from the definition.
struct NaiveWeight {
  double weight = 0, first = 0, second = 0, second_max = 0;

  void step(double gradient, const AdamSettings& settings, int number) {
    gradient += settings.weight_decay * weight;
    first = settings.beta1 * first + (1 - settings.beta1) * gradient;
    second = settings.beta2 * second + (1 - settings.beta2) * gradient * gradient;
    second_max = std::max(second_max, second);
    const double first_unbiased = first / (1 - std::pow(settings.beta1, number));
    const double root = std::sqrt(second_max / (1 - std::pow(settings.beta2, number)));
    weight -= settings.learning_rate * first_unbiased / (root + settings.epsilon);
  }
};

struct Weights {
  explicit Weights(std::size_t count) : weights(count), first(count), second(count), second_max(count) {}
  void step(const std::vector<float>& gradient, const AdamSettings& settings, int number) {
    apply_adam(adam_step(settings, number), {weights, gradient, first, second, second_max});
  }
  std::vector<float> weights, first, second, second_max;
};

TEST(AmsgradTest, AgreesWithItsNaiveTwin) {
  const AdamSettings settings = {.learning_rate = 0.01, .weight_decay = 0.1};
  core::Random random(1, "amsgrad");
  Weights weights(37);  // no multiple of a vector register
  std::vector<NaiveWeight> naive(37);
  for (std::size_t i = 0; i < 37; ++i) {
    weights.weights[i] = static_cast<float>(random.normal());
    naive[i].weight = static_cast<double>(weights.weights[i]);
  }
  for (int number = 1; number <= 30; ++number) {
    std::vector<float> gradient(37);
    for (auto& value : gradient) value = static_cast<float>(random.normal() * std::exp(random.normal()));
    weights.step(gradient, settings, number);
    for (std::size_t i = 0; i < 37; ++i) {
      naive[i].step(static_cast<double>(gradient[i]), settings, number);
      ASSERT_NEAR(weights.weights[i], naive[i].weight, 2e-5) << "step " << number;
    }
  }
}

// The optimisers of PyTorch 1.13 on [1.0, -2.0] in double precision, lr=0.1, weight_decay=0.01, with the gradients
// (1, -0.5), (0.1, 2), (-1, 0).
TEST(AmsgradTest, GivesTheValuesOfTorch) {
  const AdamSettings settings = {.learning_rate = 0.1, .weight_decay = 0.01};
  Weights weights(2);
  weights.weights = {1.0F, -2.0F};
  weights.step({1.0F, -0.5F}, settings, 1);
  weights.step({0.1F, 2.0F}, settings, 2);
  weights.step({-1.0F, 0.0F}, settings, 3);
  EXPECT_NEAR(weights.weights[0], 0.8287940555, 1e-6);
  EXPECT_NEAR(weights.weights[1], -1.9968368538, 1e-6);
}

/// Three steps of Adam without AMSGrad.
std::vector<float> after_three_steps(const AdamSettings& settings) {
  std::vector<float> weights = {1.0F, -2.0F};
  std::vector<float> first(2);
  std::vector<float> second(2);
  const std::vector<std::vector<float>> gradients = {{1.0F, -0.5F}, {0.1F, 2.0F}, {-1.0F, 0.0F}};
  for (int i = 0; i < 3; ++i) {
    apply_adam(adam_step(settings, i + 1), {.weights = weights,
                                            .gradient = gradients[static_cast<std::size_t>(i)],
                                            .first_moment = first,
                                            .second_moment = second,
                                            .second_moment_max = {}});
  }
  return weights;
}

TEST(AdamTest, GivesTheValuesOfTorch) {
  const auto weights = after_three_steps({.learning_rate = 0.1, .weight_decay = 0.01});
  EXPECT_NEAR(weights[0], 0.828794055516, 1e-6);
  EXPECT_NEAR(weights[1], -1.996855891293, 1e-6);
}

TEST(AdamTest, DecoupledDecayGivesTheValuesOfTorchsAdamW) {
  const auto weights = after_three_steps({.learning_rate = 0.1, .weight_decay = 0.01, .is_decay_decoupled = true});
  EXPECT_NEAR(weights[0], 0.827704014974, 1e-6);
  EXPECT_NEAR(weights[1], -1.993350080554, 1e-6);
}

std::vector<float> after_three_sgd_steps(const SgdStep& step) {
  std::vector<float> weights = {1.0F, -2.0F};
  std::vector<float> velocity(2);
  const std::vector<std::vector<float>> gradients = {{1.0F, -0.5F}, {0.1F, 2.0F}, {-1.0F, 0.0F}};
  for (const auto& gradient : gradients) apply_sgd(step, weights, gradient, velocity);
  return weights;
}

TEST(SgdTest, GivesTheValuesOfTorchWithNesterovsMomentum) {
  const auto weights = after_three_sgd_steps({.learning_rate = 0.1F, .weight_decay = 0.01F, .momentum = 0.9F});
  EXPECT_NEAR(weights[0], 0.812030115241, 1e-6);
  EXPECT_NEAR(weights[1], -2.353772359332, 1e-6);
}

TEST(SgdTest, WithoutMomentumIsThePlainDescent) {
  const auto weights = after_three_sgd_steps({.learning_rate = 0.1F, .weight_decay = 0, .momentum = 0});
  EXPECT_NEAR(weights[0], 0.99, 1e-6);
  EXPECT_NEAR(weights[1], -2.15, 1e-6);
}

TEST(AmsgradTest, TheFirstStepHasTheLengthOfTheLearningRate) {
  Weights weights(2);
  weights.step({1e-3F, -50.0F}, {.learning_rate = 0.5}, 1);
  EXPECT_NEAR(weights.weights[0], -0.5, 1e-4);
  EXPECT_NEAR(weights.weights[1], 0.5, 1e-6);
}

TEST(AmsgradTest, LetsANanThrough) {
  Weights weights(1);
  weights.step({NAN}, {}, 1);
  EXPECT_TRUE(std::isnan(weights.weights[0]));
}

}  // namespace
}  // namespace alveus::learn
