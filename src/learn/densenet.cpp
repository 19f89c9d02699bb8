// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Densely connected networks: Huang et al., "Densely Connected Convolutional Networks" (2016), with bottlenecks of
/// four times the growth and transitions that halve the channels.
struct DenseNetPlan {
  std::string_view name;
  std::int64_t growth;
  std::array<int, 4> depths;
  std::int64_t stem_channels;
  std::int64_t axes = 2;  ///< 3: every kernel and pooling a cube, for volumes
};

constexpr std::array kPlans = {
    DenseNetPlan{"densenet121", 32, {6, 12, 24, 16}, 64},
    DenseNetPlan{"densenet161", 48, {6, 12, 36, 24}, 96},
    DenseNetPlan{"densenet169", 32, {6, 12, 32, 32}, 64},
    DenseNetPlan{"densenet201", 32, {6, 12, 48, 32}, 64},
    DenseNetPlan{"densenet121_3d", 32, {6, 12, 24, 16}, 64, 3},
    DenseNetPlan{"densenet201_3d", 32, {6, 12, 48, 32}, 64, 3},
};

// The published networks are for pictures; this is what 3-D ones are mostly given.
constexpr PictureSize kUsualVolume = {.depth = 64, .height = 128, .width = 128};
constexpr PictureSize kUsualPicture = {.height = 224, .width = 224};

void add_norm(Layers& layers, WeightList& weights, const std::string& name, std::int64_t channels) {
  layers.push_back(std::make_unique<BatchNorm>(weights, name, channels, BatchNormSettings{.then = Activation::kRelu}));
}

void add_convolution(Layers& layers, WeightList& weights, const std::string& name, const ConvolutionShape& shape) {
  layers.push_back(std::make_unique<Convolution>(weights, name, shape, Start{.weight = he_filling(shape, Fan::kIn)}));
}

Layers dense_member(WeightList& weights, const std::string& name, std::int64_t channels, const DenseNetPlan& plan) {
  const std::int64_t growth = plan.growth;
  Layers member;
  add_norm(member, weights, name + ".norm1", channels);
  add_convolution(member, weights, name + ".conv1",
                  {.in_channels = channels, .out_channels = 4 * growth, .axes = plan.axes});
  add_norm(member, weights, name + ".norm2", 4 * growth);
  add_convolution(member, weights, name + ".conv2",
                  {.in_channels = 4 * growth, .out_channels = growth, .kernel = 3, .padding = 1, .axes = plan.axes});
  return member;
}

Blueprint build(const DenseNetPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& features = network.features;
  std::int64_t channels = plan.stem_channels;
  add_convolution(features, weights, "features.conv0",
                  {.in_channels = size.in_channels,
                   .out_channels = channels,
                   .kernel = 7,
                   .stride = 2,
                   .padding = 3,
                   .axes = plan.axes});
  add_norm(features, weights, "features.norm0", channels);
  features.push_back(std::make_unique<MaxPool>(3, 2, 1));
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::string number = std::to_string(stage + 1);
    std::vector<Layers> members;
    for (int i = 0; i < plan.depths[stage]; ++i) {
      const std::string member = "features.denseblock" + number + ".denselayer" + std::to_string(i + 1);
      members.push_back(dense_member(weights, member, channels, plan));
      channels += plan.growth;
    }
    features.push_back(std::make_unique<DenseBlock>(std::move(members)));
    if (stage == 2) network.next_to_last_end = features.size();
    if (stage == 3) break;
    const std::string transition = "features.transition" + number;
    add_norm(features, weights, transition + ".norm", channels);
    add_convolution(features, weights, transition + ".conv",
                    {.in_channels = channels, .out_channels = channels / 2, .axes = plan.axes});
    features.push_back(std::make_unique<AveragePool>(2, 2, 0));
    channels /= 2;
  }
  add_norm(features, weights, "features.norm5", channels);
  network.head.push_back(std::make_unique<GlobalAverage>());
  const Start start = {.weight = torch_start(channels).weight, .bias = Filling::constant(0)};
  network.head.push_back(std::make_unique<Linear>(weights, "classifier", channels, size.class_count, start));
  network.head_names = {"classifier"};
  return network;
}

}  // namespace

std::vector<Design> densenet_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Huang et al. 2016",
                         .input = plan.axes == 3 ? InputKind::kVolumes : InputKind::kPictures,
                         .least = {.depth = plan.axes == 3 ? 29 : 1, .height = 29, .width = 29},
                         .usual = plan.axes == 3 ? kUsualVolume : kUsualPicture,
                         .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
