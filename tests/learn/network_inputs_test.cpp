// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/detail/torch_edge.hpp"
#include "learn/network.hpp"
#include "torchvision_twin.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;

std::vector<std::int64_t> sizes_for(const NetworkDescription& network, const PictureSize& size) {
  switch (network.input) {
    case InputKind::kPictures: return {2, 1, size.height, size.width};
    case InputKind::kVolumes: return {2, 1, size.depth, size.height, size.width};
    case InputKind::kBags: return {2, 3, 1, size.height, size.width};
  }
  return {};
}

/// One network of each family.
class FamilyTest : public ::testing::TestWithParam<std::string> {
 protected:
  const NetworkDescription network_ = *describe_network(GetParam());

  Network make(const PictureSize& size) const {
    return shaken_network({.name = GetParam(), .class_count = 3, .picture_side = static_cast<int>(size.height)});
  }
};

TEST_P(FamilyTest, AnswersWhatItCallsTheLeastAndNothingSmaller) {
  const at::NoGradGuard no_grad;
  const Network network = make(network_.least);
  const at::Tensor logits = network.forward(made_inputs(sizes_for(network_, network_.least)));
  EXPECT_EQ(logits.sizes(), (at::IntArrayRef{2, 3}));
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
  if (network_.least.height == 1) return;
  PictureSize smaller = network_.least;
  --smaller.height;
  const auto refused = network.check_input(sizes_for(network_, smaller));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_FALSE(parameter_count({.name = GetParam(), .picture_side = static_cast<int>(smaller.height)}));
}

TEST_P(FamilyTest, IsTheSameWholeAndInHalves) {
  const at::NoGradGuard no_grad;
  const std::int64_t side = network_.input == InputKind::kPictures ? 128 : 64;
  const PictureSize size = {
      .depth = network_.input == InputKind::kVolumes ? std::max<std::int64_t>(8, network_.least.depth) : 1,
      .height = side,
      .width = side};
  const Network network = make(size);
  const at::Tensor inputs = made_inputs(sizes_for(network_, size));
  const at::Tensor logits = network.forward(inputs);
  ASSERT_FALSE(network_.maps.empty());
  for (const MapDescription& map : network_.maps) {
    const FeatureCut cut = network.features(map.map, inputs);
    EXPECT_LT((network.finish(map.map, cut) - logits).abs().max().item<double>(), 1e-5);
    EXPECT_EQ(cut.map.dim(), network_.axes() + 2);
    // Windows without padding lose what lies at the border.
    EXPECT_NEAR(static_cast<double>(cut.map.size(-1)), static_cast<double>(side) / map.stride, 2.0);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, FamilyTest,
                         ::testing::Values("resnet18", "resnext50_32x4d", "densenet121", "inception_v3", "mobilenet_v2",
                                           "efficientnet_b0", "xception", "convnext_tiny", "vit_s_16", "swin_t",
                                           "covidnet_light", "r3d_18", "densenet121_3d", "i3d", "decovnet", "ad3d_mil",
                                           "covnet", "attention_mil"),
                         [](const auto& instance) { return instance.param; });

/// Networks that answer for bags of slices.
class BagTest : public ::testing::TestWithParam<std::string> {
 protected:
  BagTest() : network_(shaken_network({.name = GetParam(), .class_count = 3})) {}
  const Network network_;
  const at::Tensor bags_ = made_inputs({2, 4, 1, 32, 32});
};

double distance(const at::Tensor& left, const at::Tensor& right) { return (left - right).abs().max().item<double>(); }

TEST_P(BagTest, AnswersTheSameInWhateverOrderTheSlicesCome) {
  const at::NoGradGuard no_grad;
  EXPECT_LT(distance(network_.forward(bags_.flip(1)), network_.forward(bags_)), 1e-5);
}

TEST_P(BagTest, DoesNotLookAtPadding) {
  const at::NoGradGuard no_grad;
  const std::vector<std::int64_t> counts = {4, 2};
  const at::Tensor logits = network_.forward(bags_, counts);
  at::Tensor other = bags_.clone();
  other[1].narrow(0, 2, 2).fill_(0.7);
  EXPECT_EQ(distance(network_.forward(other, counts), logits), 0);
  EXPECT_LT(distance(network_.forward(bags_.narrow(0, 1, 1).narrow(1, 0, 2)), logits.narrow(0, 1, 1)), 1e-5);
  EXPECT_GT(distance(network_.forward(bags_), logits), 1e-4);
}

TEST_P(BagTest, TrainsEveryWeight) {
  core::Random noise(1, "dropout");
  const std::vector<std::int64_t> counts = {4, 2};
  network_.forward_training(bags_, {.noise = noise, .slice_counts = counts}).logits.square().sum().backward();
  for (const Weight& weight : network_.parts().weights.items()) {
    if (weight.role != WeightRole::kTrained) continue;
    ASSERT_TRUE(weight.tensor.grad().defined()) << weight.name;
  }
}

TEST_P(BagTest, RefusesCountsThatDoNotFit) {
  for (const std::vector<std::int64_t>& counts : {std::vector<std::int64_t>{4}, {4, 0}, {5, 4}}) {
    const auto logits = at_torch_edge("predicting", [&] { return network_.forward(bags_, counts); });
    ASSERT_FALSE(logits);
    EXPECT_EQ(logits.error().code, core::ErrorCode::kInvalidInput);
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, BagTest, ::testing::Values("covnet", "attention_mil"),
                         [](const auto& instance) { return instance.param; });

TEST(ScanNetworkTest, ABagOfOneSliceIsASlice) {
  const at::NoGradGuard no_grad;
  const Network bags = shaken_network({.name = "covnet", .class_count = 3});
  Network slices = shaken_network({.name = "resnet50", .class_count = 3, .seed = 7});
  ASSERT_TRUE(slices.take_start_weights(bags));
  const at::Tensor inputs = made_inputs({2, 1, 32, 32});
  EXPECT_LT(distance(bags.forward(inputs.unsqueeze(1)), slices.forward(inputs)), 1e-5);
}

TEST(NetworkInputTest, NamesWhatTheNetworkTakesAndWhatItWasGiven) {
  const auto network = Network::make({.name = "densenet121"}, Device::kCpu);
  const std::vector<std::int64_t> small = {4, 1, 16, 16};
  EXPECT_THAT(network->check_input(small).error().text(),
              HasSubstr("the network densenet121 takes at least 29 x 29, not [4, 1, 16, 16]"));
  const std::vector<std::int64_t> coloured = {4, 3, 64, 64};
  EXPECT_THAT(network->check_input(coloured).error().text(), HasSubstr("takes 1 channel, not [4, 3, 64, 64]"));
  const std::vector<std::int64_t> volume = {4, 1, 8, 64, 64};
  EXPECT_THAT(network->check_input(volume).error().text(), HasSubstr("takes pictures [N, C, H, W], not"));
}

TEST(NetworkInputTest, RefusesInAPassWhatTheCheckRefuses) {
  const auto network = Network::make({.name = "vit_s_16", .picture_side = 32}, Device::kCpu);
  const auto logits = at_torch_edge("predicting", [&] { return network->forward(at::zeros({1, 1, 64, 64})); });
  ASSERT_FALSE(logits);
  EXPECT_EQ(logits.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(logits.error().text(),
              HasSubstr("predicting: the network vit_s_16 takes pictures of 32 x 32 alone, for which it was built"));
}

TEST(NetworkInputTest, RefusesASizeItCannotBeBuiltFor) {
  EXPECT_THAT(parameter_count({.name = "vit_s_16", .picture_side = 100}).error().text(),
              HasSubstr("their side must be a multiple of 16"));
  EXPECT_THAT(parameter_count({.name = "inception_v3", .picture_side = 64}).error().text(),
              HasSubstr("it needs at least 75 x 75"));
}

TEST(NetworkInputTest, SaysWhichFeatureMapsItHas) {
  const auto network = Network::make({.name = "vit_s_16", .picture_side = 32}, Device::kCpu);
  EXPECT_EQ(network->description().find(FeatureMap::kNextToLast), nullptr);
  const auto cut = at_torch_edge(
      "cutting", [&] { return network->features(FeatureMap::kNextToLast, at::zeros({1, 1, 32, 32})).map; });
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().text(), HasSubstr("vit_s_16 has no such feature map"));
}

TEST(NetworkInputTest, TheAuxiliaryHeadLooksOnlyAtPicturesLargeEnough) {
  const at::NoGradGuard no_grad;
  const auto network = Network::make({.name = "inception_v3", .class_count = 3}, Device::kCpu);
  core::Random noise(1, "dropout");
  EXPECT_FALSE(network->forward_training(at::zeros({2, 1, 96, 96}), {.noise = noise}).auxiliary.defined());
  const auto answer = network->forward_training(at::zeros({1, 1, 299, 299}), {.noise = noise});
  EXPECT_EQ(answer.auxiliary.sizes(), (at::IntArrayRef{1, 3}));
}

TEST(NetworkInputTest, LeavesBranchesOutOnlyInTraining) {
  const at::NoGradGuard no_grad;
  const Network network = shaken_network({.name = "convnext_tiny", .class_count = 3});
  const at::Tensor inputs = made_inputs({8, 1, 32, 32});
  const auto trained = [&](std::uint64_t seed, Dropping dropping) {
    core::Random noise(seed, "dropout");
    return network.forward_training(inputs, {.noise = noise, .dropping = dropping}).logits;
  };
  EXPECT_TRUE(trained(1, Dropping::kOn).equal(trained(1, Dropping::kOn)));
  EXPECT_FALSE(trained(1, Dropping::kOn).equal(trained(2, Dropping::kOn)));
  EXPECT_TRUE(trained(1, Dropping::kOff).allclose(network.forward(inputs), 1e-5, 1e-6));
}

}  // namespace
}  // namespace alveus::learn
