// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/contrast.hpp"

#include <gtest/gtest.h>

#include "learn/detail/network_parts.hpp"

namespace alveus::learn {
namespace {

at::Tensor one_view() { return at::tensor({1.0, 0.5, -0.2, 0.3, -1.2, 0.7}, at::kDouble).reshape({2, 3}); }
at::Tensor other_view() { return at::tensor({0.8, 0.1, 0.4, -0.5, -0.9, 1.1}, at::kDouble).reshape({2, 3}); }
at::Tensor units(const at::Tensor& rows) { return rows / rows.norm(2, at::IntArrayRef({1}), true); }

// The sums of the definition, written out in Python with its math module.
TEST(NtXentTest, IsTheSumOfTheDefinition) {
  EXPECT_NEAR(nt_xent(one_view(), other_view(), 0.5).item<double>(), 0.31868568807016984, 1e-12);
}

TEST(NtXentTest, DoesNotLookAtLengths) {
  EXPECT_NEAR(nt_xent(3 * one_view(), other_view(), 0.5).item<double>(), 0.31868568807016984, 1e-12);
}

// Likewise.
TEST(InfoNceTest, IsTheSumOfTheDefinition) {
  const at::Tensor queue = at::tensor({1.0, 0.0, 0.0, 0.0, 1.0, 1.0, -1.0, 2.0, 0.5}, at::kDouble).reshape({3, 3});
  EXPECT_NEAR(info_nce(units(one_view()), units(other_view()), units(queue), 0.2).item<double>(), 0.5729493836043509,
              1e-12);
}

std::vector<float> pushed(std::int64_t length, const std::vector<std::vector<float>>& batches) {
  const at::Tensor queue = at::zeros({length, 1});
  for (const auto& batch : batches) push_keys(queue, at::tensor(batch).reshape({-1, 1}));
  return {queue.data_ptr<float>(), queue.data_ptr<float>() + length};
}

TEST(KeyQueueTest, TheOldestKeyLeavesFirst) {
  EXPECT_EQ(pushed(4, {{1, 2, 3}}), (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(pushed(4, {{1, 2, 3}, {4, 5}}), (std::vector<float>{2, 3, 4, 5}));
  EXPECT_EQ(pushed(2, {{1, 2, 3}}), (std::vector<float>{2, 3})) << "of a batch that is longer than the queue the last";
}

class MocoTest : public ::testing::Test {
 protected:
  static Network make() {
    return *Network::make({.name = "resnet18", .class_count = kProjectionWidth, .seed = 3}, Device::kCpu);
  }
  MocoTest()
      : network_(make()),
        objective_(network_, make(), {.seed = 1, .name_of = [](auto i) { return std::to_string(i); }}, 6) {}

  at::Tensor loss() {
    const at::Tensor pictures = at::linspace(0, 1, 4 * 32 * 32).view({4, 1, 32, 32});
    return objective_.loss({.pictures = pictures, .samples = samples_, .epoch = 1, .pass = {.noise = noise_}});
  }
  at::Tensor weight(const std::string& name) const { return objective_.weights().find(name)->tensor; }

  Network network_;
  MocoObjective objective_;
  std::vector<std::size_t> samples_ = {0, 1, 2, 3};
  core::Random noise_{1, "noise"};
};

TEST_F(MocoTest, NoGradientReachesTheKeyEncoder) {
  loss().backward();
  EXPECT_TRUE(network_.parts().weights.find("conv1.weight")->tensor.grad().defined());
  EXPECT_TRUE(weight("projection.weight").grad().defined());
  int keys = 0;
  for (const Weight& weight : objective_.weights().items()) {
    if (!weight.name.starts_with("key/")) continue;
    ++keys;
    EXPECT_FALSE(weight.tensor.requires_grad()) << weight.name;
    EXPECT_FALSE(weight.tensor.grad().defined()) << weight.name;
    EXPECT_NE(weight.role, WeightRole::kTrained) << weight.name;
  }
  EXPECT_EQ(keys, 122 + 2) << "all weights of the network and the projection";
}

TEST_F(MocoTest, TheKeyEncoderFollowsSlowly) {
  const at::Tensor query = network_.parts().weights.find("conv1.weight")->tensor;
  const at::Tensor key = weight("key/conv1.weight");
  EXPECT_TRUE(at::equal(key, query)) << "it begins as a copy";
  loss();
  {
    const at::NoGradGuard no_grad;
    at::Tensor(query).add_(1);
  }
  objective_.after_step();
  EXPECT_NEAR((query - key).mean().item<double>(), kKeyMomentum, 1e-5);
}

TEST_F(MocoTest, KeysOfABatchEnterTheQueueBehindItsStep) {
  const at::Tensor before = weight("queue").clone();
  loss();
  EXPECT_TRUE(at::equal(weight("queue"), before));
  objective_.after_step();
  EXPECT_TRUE(at::equal(weight("queue").narrow(0, 0, 2), before.narrow(0, 4, 2)));
  EXPECT_NEAR(weight("queue").square().sum().item<double>(), 6, 1e-5) << "keys have length 1";
}

}  // namespace
}  // namespace alveus::learn
