// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Inverted residuals with linear bottlenecks: Sandler et al., "MobileNetV2" (2018), at width 1.
struct MobileNetStage {
  std::int64_t expansion;
  std::int64_t channels;
  int depth;
  std::int64_t stride;
};

constexpr std::array kStages = {
    MobileNetStage{1, 16, 1, 1},  MobileNetStage{6, 24, 2, 2}, MobileNetStage{6, 32, 3, 2},
    MobileNetStage{6, 64, 4, 2},  MobileNetStage{6, 96, 3, 1}, MobileNetStage{6, 160, 3, 2},
    MobileNetStage{6, 320, 1, 1},
};
constexpr std::size_t kLastStrided = 5;  // the stage that brings the map to a stride of 32
constexpr std::int64_t kStemChannels = 32;
constexpr std::int64_t kLastChannels = 1280;

constexpr ConvolutionHabit kConvolutions = {.convolution = ".0", .norm = ".1", .then = Activation::kRelu6};

/// Expand, filter each channel, project without a rectifier.
std::unique_ptr<Layer> inverted_residual(WeightList& weights, const std::string& name, std::int64_t channels,
                                         const MobileNetStage& stage, std::int64_t stride) {
  Layers layers;
  const std::int64_t wide = channels * stage.expansion;
  int position = 0;  // torchvision leaves no gap where nothing is expanded
  const auto next = [&] { return name + ".conv." + std::to_string(position++); };
  if (stage.expansion != 1) kConvolutions.add(layers, weights, next(), {.in_channels = channels, .out_channels = wide});
  kConvolutions.add(
      layers, weights, next(),
      {.in_channels = wide, .out_channels = wide, .kernel = 3, .stride = stride, .padding = 1, .groups = wide});
  const ConvolutionShape shape = {.in_channels = wide, .out_channels = stage.channels};
  const std::string convolution = next();
  add_normed_convolution(layers, weights,
                         {.convolution = convolution,
                          .norm = next(),
                          .shape = shape,
                          .settings = {},
                          .filling = he_filling(shape, Fan::kOut)});
  if (stride == 1 && channels == stage.channels) return std::make_unique<Sum>(std::move(layers));
  return std::make_unique<Sequence>(std::move(layers));
}

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  int position = 0;
  const auto next = [&] { return "features." + std::to_string(position++); };
  kConvolutions.add(
      network.features, weights, next(),
      {.in_channels = size.in_channels, .out_channels = kStemChannels, .kernel = 3, .stride = 2, .padding = 1});
  std::int64_t channels = kStemChannels;
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    if (i == kLastStrided) network.next_to_last_end = network.features.size();
    for (int member = 0; member < kStages[i].depth; ++member) {
      const std::int64_t stride = member == 0 ? kStages[i].stride : 1;
      network.features.push_back(inverted_residual(weights, next(), channels, kStages[i], stride));
      channels = kStages[i].channels;
    }
  }
  kConvolutions.add(network.features, weights, next(), {.in_channels = channels, .out_channels = kLastChannels});
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Dropout>(0.2));
  const Start start = {.weight = Filling::normal(0.01), .bias = Filling::constant(0)};
  network.head.push_back(std::make_unique<Linear>(weights, "classifier.1", kLastChannels, size.class_count, start));
  network.head_names = {"classifier.1"};
  return network;
}

}  // namespace

std::vector<Design> mobilenet_designs() {
  return {{.description = {.name = "mobilenet_v2",
                           .source = "Sandler et al. 2018",
                           .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
           .build = build}};
}

}  // namespace alveus::learn
