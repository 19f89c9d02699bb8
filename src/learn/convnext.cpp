// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Convolutions in the manner of transformers: Liu et al., "A ConvNet for the 2020s" (2022).
struct ConvNextPlan {
  std::string_view name;
  std::array<int, 4> depths;
  std::array<std::int64_t, 4> channels;
  double drop_most;  ///< of stochastic depth, at the end
};

constexpr std::array kPlans = {
    ConvNextPlan{"convnext_tiny", {3, 3, 9, 3}, {96, 192, 384, 768}, 0.1},
};
constexpr double kEpsilon = 1e-6;
constexpr double kFirstScale = 1e-6;

Start small_start() { return {.weight = Filling::normal(0.02), .bias = Filling::constant(0)}; }

std::unique_ptr<Layer> block(WeightList& weights, const std::string& name, std::int64_t channels, double drop) {
  Layers main;
  // torchvision lists the scale in front of the block's other weights.
  auto scale = std::make_unique<ChannelScale>(weights, name + ".layer_scale", channels, kFirstScale);
  const ConvolutionShape shape = {
      .in_channels = channels, .out_channels = channels, .kernel = 7, .padding = 3, .groups = channels};
  main.push_back(std::make_unique<Convolution>(weights, name + ".block.0", shape, small_start()));
  main.push_back(std::make_unique<ChannelsToEnd>());
  main.push_back(
      std::make_unique<LayerNorm>(weights, name + ".block.2", channels, kEpsilon, LayerNorm::Channels::kLast));
  main.push_back(std::make_unique<Linear>(weights, name + ".block.3", channels, 4 * channels, small_start()));
  main.push_back(std::make_unique<Gelu>());
  main.push_back(std::make_unique<Linear>(weights, name + ".block.5", 4 * channels, channels, small_start()));
  main.push_back(std::make_unique<ChannelsToFront>());
  main.push_back(std::move(scale));
  return std::make_unique<Sum>(std::move(main), drop);
}

Blueprint build(const ConvNextPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& layers = network.features;
  const ConvolutionShape stem = {
      .in_channels = size.in_channels, .out_channels = plan.channels[0], .kernel = 4, .stride = 4};
  layers.push_back(std::make_unique<Convolution>(weights, "features.0.0", stem, small_start()));
  layers.push_back(
      std::make_unique<LayerNorm>(weights, "features.0.1", plan.channels[0], kEpsilon, LayerNorm::Channels::kSecond));
  int block_count = 0;
  for (const int depth : plan.depths) block_count += depth;
  int done = 0;
  for (std::size_t stage = 0; stage < 4; ++stage) {
    const std::int64_t channels = plan.channels[stage];
    if (stage > 0) {
      const std::string name = "features." + std::to_string(2 * stage);
      const ConvolutionShape shape = {
          .in_channels = plan.channels[stage - 1], .out_channels = channels, .kernel = 2, .stride = 2};
      layers.push_back(std::make_unique<LayerNorm>(weights, name + ".0", plan.channels[stage - 1], kEpsilon,
                                                   LayerNorm::Channels::kSecond));
      layers.push_back(std::make_unique<Convolution>(weights, name + ".1", shape, small_start()));
    }
    for (int i = 0; i < plan.depths[stage]; ++i) {
      const std::string name = "features." + std::to_string(2 * stage + 1) + "." + std::to_string(i);
      layers.push_back(block(weights, name, channels, plan.drop_most * done++ / (block_count - 1)));
    }
    if (stage == 2) network.next_to_last_end = layers.size();
  }
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(
      std::make_unique<LayerNorm>(weights, "classifier.0", plan.channels[3], kEpsilon, LayerNorm::Channels::kSecond));
  network.head.push_back(
      std::make_unique<Linear>(weights, "classifier.2", plan.channels[3], size.class_count, small_start()));
  network.head_names = {"classifier.2"};
  return network;
}

}  // namespace

std::vector<Design> convnext_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Liu et al. 2022",
                         .least = {.height = 32, .width = 32},
                         .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
