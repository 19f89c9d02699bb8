// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

enum class Norm { kNone, kBatch };

/// Plain networks of 3 x 3 convolutions: Simonyan and Zisserman, "Very Deep Convolutional Networks" (2014). Five
/// stages, each with this many convolutions and a pooling.
struct VggPlan {
  std::string_view name;
  std::array<int, 5> depths;
  Norm norm;
};

constexpr std::array kPlans = {
    VggPlan{"vgg11", {1, 1, 2, 2, 2}, Norm::kNone}, VggPlan{"vgg11_bn", {1, 1, 2, 2, 2}, Norm::kBatch},
    VggPlan{"vgg13", {2, 2, 2, 2, 2}, Norm::kNone}, VggPlan{"vgg13_bn", {2, 2, 2, 2, 2}, Norm::kBatch},
    VggPlan{"vgg16", {2, 2, 3, 3, 3}, Norm::kNone}, VggPlan{"vgg16_bn", {2, 2, 3, 3, 3}, Norm::kBatch},
    VggPlan{"vgg19", {2, 2, 4, 4, 4}, Norm::kNone}, VggPlan{"vgg19_bn", {2, 2, 4, 4, 4}, Norm::kBatch},
};
constexpr std::array<std::int64_t, 5> kChannels = {64, 128, 256, 512, 512};

void add_head(Layers& head, WeightList& weights, std::int64_t class_count) {
  const Start start = {.weight = Filling::normal(0.01), .bias = Filling::constant(0)};
  // The last pooling stands here, so that the last feature map is the finest one behind the last convolution.
  head.push_back(std::make_unique<MaxPool>(2, 2, 0));
  head.push_back(std::make_unique<PoolToGrid>(7));
  head.push_back(std::make_unique<Linear>(weights, "classifier.0", 512 * 7 * 7, 4096, start));
  head.push_back(std::make_unique<Relu>());
  head.push_back(std::make_unique<Dropout>());
  head.push_back(std::make_unique<Linear>(weights, "classifier.3", 4096, 4096, start));
  head.push_back(std::make_unique<Relu>());
  head.push_back(std::make_unique<Dropout>());
  head.push_back(std::make_unique<Linear>(weights, "classifier.6", 4096, class_count, start));
}

Blueprint build(const VggPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& features = network.features;
  std::int64_t channels = size.in_channels;
  int position = 0;  // torchvision names the layers of its one long sequence by their position
  for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
    for (int i = 0; i < plan.depths[stage]; ++i) {
      const ConvolutionShape shape = {
          .in_channels = channels, .out_channels = kChannels[stage], .kernel = 3, .padding = 1};
      channels = kChannels[stage];
      const Start start = {.weight = he_filling(shape, Fan::kOut), .bias = Filling::constant(0)};
      features.push_back(
          std::make_unique<Convolution>(weights, "features." + std::to_string(position++), shape, start));
      if (plan.norm == Norm::kBatch) {
        features.push_back(std::make_unique<BatchNorm>(weights, "features." + std::to_string(position++), channels,
                                                       BatchNormSettings{.then = Activation::kRelu}));
      } else {
        features.push_back(std::make_unique<Relu>());
      }
      ++position;  // the rectifier
    }
    if (stage == 3) network.next_to_last_end = features.size();
    if (stage < 4) features.push_back(std::make_unique<MaxPool>(2, 2, 0));
    ++position;
  }
  add_head(network.head, weights, size.class_count);
  network.head_names = {"classifier.6"};
  return network;
}

}  // namespace

std::vector<Design> vgg_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Simonyan and Zisserman 2014",
                         .least = {.height = 32, .width = 32},
                         .maps = {{FeatureMap::kNextToLast, 8}, {FeatureMap::kLast, 16}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
