// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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
  // The last pooling stands here, so that the last feature map is the finest one behind the last convolution.
  head.push_back(std::make_unique<MaxPool>(2, 2, 0));
  head.push_back(std::make_unique<PoolToGrid>(7));
  head.push_back(std::make_unique<Linear>(weights, "classifier.0", 512 * 7 * 7, 4096, LinearStart::kNormal));
  head.push_back(std::make_unique<Relu>());
  head.push_back(std::make_unique<Dropout>());
  head.push_back(std::make_unique<Linear>(weights, "classifier.3", 4096, 4096, LinearStart::kNormal));
  head.push_back(std::make_unique<Relu>());
  head.push_back(std::make_unique<Dropout>());
  head.push_back(std::make_unique<Linear>(weights, "classifier.6", 4096, class_count, LinearStart::kNormal));
}

}  // namespace

std::optional<Blueprint> build_vgg(std::string_view name, const NetworkSize& size, WeightList& weights) {
  const auto* const plan = std::ranges::find(kPlans, name, &VggPlan::name);
  if (plan == kPlans.end()) return std::nullopt;
  Blueprint network;
  Layers& features = network.features;
  std::int64_t channels = size.in_channels;
  int position = 0;  // torchvision names the layers of its one long sequence by their position
  for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
    for (int i = 0; i < plan->depths[stage]; ++i) {
      const ConvolutionShape shape = {
          .in_channels = channels, .out_channels = kChannels[stage], .kernel = 3, .padding = 1};
      channels = kChannels[stage];
      features.push_back(std::make_unique<Convolution>(weights, "features." + std::to_string(position++), shape,
                                                       Fan::kOut, Convolution::Bias::kZero));
      if (plan->norm == Norm::kBatch) {
        features.push_back(std::make_unique<BatchNorm>(weights, "features." + std::to_string(position++), channels,
                                                       BatchNorm::Then::kRelu));
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
  return network;
}

std::vector<std::string> vgg_names() {
  std::vector<std::string> names;
  for (const auto& plan : kPlans) names.emplace_back(plan.name);
  return names;
}

}  // namespace alveus::learn
