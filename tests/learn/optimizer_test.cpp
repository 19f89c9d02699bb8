// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/optimizer.hpp"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <memory>

namespace alveus::learn {
namespace {

struct Case {
  std::string optimizer;
  std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor>)> torchs;
};

std::vector<Case> cases() {
  return {
      {"adam-amsgrad",
       [](std::vector<at::Tensor> weights) {
         return std::make_unique<torch::optim::Adam>(std::move(weights),
                                                     torch::optim::AdamOptions(0.01).weight_decay(0.05).amsgrad(true));
       }},
      {"adam",
       [](std::vector<at::Tensor> weights) {
         return std::make_unique<torch::optim::Adam>(std::move(weights),
                                                     torch::optim::AdamOptions(0.01).weight_decay(0.05));
       }},
      {"adamw",
       [](std::vector<at::Tensor> weights) {
         return std::make_unique<torch::optim::AdamW>(std::move(weights),
                                                      torch::optim::AdamWOptions(0.01).weight_decay(0.05));
       }},
      {"sgd",
       [](std::vector<at::Tensor> weights) {
         return std::make_unique<torch::optim::SGD>(
             std::move(weights), torch::optim::SGDOptions(0.01).weight_decay(0.05).momentum(0.9).nesterov(true));
       }},
  };
}

class OptimizerTest : public ::testing::TestWithParam<Case> {};

TEST_P(OptimizerTest, FollowsTorchs) {
  WeightList weights(at::kCPU);
  weights.add("kernel", {3, 2, 3, 3}, WeightRole::kTrained, Filling::normal(1));
  weights.add("bias", {70000}, WeightRole::kTrained, Filling::normal(1));  // more than a thread takes at once
  weights.fill(1);
  std::vector<at::Tensor> twins;
  for (const Weight& weight : weights.items()) {
    twins.push_back(weight.tensor.detach().clone().set_requires_grad(true));
  }
  study::TrainingSettings settings;
  settings.optimizer = GetParam().optimizer;
  settings.weight_decay = 0.05;
  settings.momentum = 0.9;
  Optimizer ours(weights, settings);
  const auto torchs = GetParam().torchs(twins);
  at::manual_seed(1);
  for (int step = 0; step < 20; ++step) {
    for (std::size_t i = 0; i < twins.size(); ++i) {
      const at::Tensor gradient = at::randn(twins[i].sizes());
      at::Tensor weight = weights.items()[i].tensor;
      weight.mutable_grad() = gradient.clone();
      twins[i].mutable_grad() = gradient.clone();
    }
    ours.step(0.01);
    torchs->step();
  }
  for (std::size_t i = 0; i < twins.size(); ++i) {
    EXPECT_LT((weights.items()[i].tensor - twins[i]).abs().max().item<double>(), 1e-5) << weights.items()[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerTest, ::testing::ValuesIn(cases()), [](const auto& parameter) {
  std::string name = parameter.param.optimizer;
  std::erase(name, '-');
  return name;
});

TEST(OptimizerGradientTest, NormIsThatOfAllGradientsTogether) {
  WeightList weights(at::kCPU);
  weights.add("a", {1}, WeightRole::kTrained, Filling::constant(0));
  weights.add("b", {2}, WeightRole::kTrained, Filling::constant(0));
  weights.fill(1);
  at::Tensor a = weights.items()[0].tensor;
  at::Tensor b = weights.items()[1].tensor;
  a.mutable_grad() = at::full({1}, 2.0);
  b.mutable_grad() = at::tensor({4.0F, 4.0F});
  const Optimizer optimizer(weights, {});
  EXPECT_DOUBLE_EQ(optimizer.gradient_norm(), 6);
  optimizer.multiply_gradients(0.5);
  EXPECT_DOUBLE_EQ(optimizer.gradient_norm(), 3);
  optimizer.drop_gradients();
  EXPECT_DOUBLE_EQ(optimizer.gradient_norm(), 0);
}

}  // namespace
}  // namespace alveus::learn
