// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

enum class BlockKind { kBasic, kBottleneck };

/// Residual networks over volumes: Tran et al., "A Closer Look at Spatiotemporal Convolutions" (2017), R3D, in which
/// every 3 x 3 convolution became one of 3 x 3 x 3. torchvision has the parts of the deeper one, though no name for it.
struct VideoResNetPlan {
  std::string_view name;
  BlockKind block;
  std::array<int, 4> depths;
};

constexpr std::array kPlans = {
    VideoResNetPlan{"r3d_18", BlockKind::kBasic, {2, 2, 2, 2}},
    VideoResNetPlan{"r3d_50", BlockKind::kBottleneck, {3, 4, 6, 3}},
};
constexpr std::int64_t kStemChannels = 64;

constexpr ConvolutionHabit kConvolutions = {.convolution = ".0", .norm = ".1", .axes = 3};

struct BlockShape {
  std::int64_t in_channels;
  std::int64_t planes;
  std::int64_t stride;
};

Layers main_path(WeightList& weights, const std::string& name, BlockKind kind, const BlockShape& shape) {
  const auto& [in_channels, planes, stride] = shape;
  Layers main;
  if (kind == BlockKind::kBasic) {
    kConvolutions.add(
        main, weights, name + ".conv1",
        {.in_channels = in_channels, .out_channels = planes, .kernel = 3, .stride = stride, .padding = 1});
    kConvolutions.add(main, weights, name + ".conv2",
                      {.in_channels = planes, .out_channels = planes, .kernel = 3, .padding = 1}, Activation::kNone);
    return main;
  }
  kConvolutions.add(main, weights, name + ".conv1", {.in_channels = in_channels, .out_channels = planes});
  kConvolutions.add(main, weights, name + ".conv2",
                    {.in_channels = planes, .out_channels = planes, .kernel = 3, .stride = stride, .padding = 1});
  kConvolutions.add(main, weights, name + ".conv3", {.in_channels = planes, .out_channels = 4 * planes},
                    Activation::kNone);
  return main;
}

Blueprint build(const VideoResNetPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  kConvolutions.add(network.features, weights, "stem",
                    {.in_channels = size.in_channels,
                     .out_channels = kStemChannels,
                     .kernel = {3, 7, 7},
                     .stride = {1, 2, 2},
                     .padding = {1, 3, 3}});
  std::int64_t channels = kStemChannels;
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::int64_t planes = kStemChannels << stage;
    const std::int64_t out_channels = plan.block == BlockKind::kBasic ? planes : 4 * planes;
    for (int i = 0; i < plan.depths[stage]; ++i) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      const std::int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      Layers main = main_path(weights, name, plan.block, {channels, planes, stride});
      Layers shortcut;
      if (stride != 1 || channels != out_channels) {
        kConvolutions.add(shortcut, weights, name + ".downsample",
                          {.in_channels = channels, .out_channels = out_channels, .stride = stride}, Activation::kNone);
      }
      network.features.push_back(std::make_unique<ResidualBlock>(std::move(main), std::move(shortcut)));
      channels = out_channels;
    }
    if (stage == 2) network.next_to_last_end = network.features.size();
  }
  network.head.push_back(std::make_unique<GlobalAverage>());
  const Start start = {.weight = Filling::normal(0.01), .bias = Filling::constant(0)};
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, start));
  network.head_names = {"fc"};
  return network;
}

}  // namespace

std::vector<Design> video_resnet_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Tran et al. 2017",
                         .input = InputKind::kVolumes,
                         .usual = {.depth = 16, .height = 112, .width = 112},
                         .maps = {{FeatureMap::kNextToLast, 8}, {FeatureMap::kLast, 16}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
