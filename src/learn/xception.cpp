// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

enum class Grow { kFirst, kLast };  ///< the convolution of a block that changes the number of channels
enum class Begin { kRectified, kPlain };

/// Depthwise separable convolutions in residual blocks: Chollet, "Xception" (2016). Weights are named as the PyTorch
/// ports of the published ones name them.
struct XceptionBlock {
  std::int64_t in_channels;
  std::int64_t out_channels;
  int depth;
  std::int64_t stride;
  Grow grow = Grow::kFirst;
  Begin begin = Begin::kRectified;
};

constexpr XceptionBlock kMiddle = {728, 728, 3, 1};
constexpr std::array kBlocks = {
    XceptionBlock{64, 128, 2, 2, Grow::kFirst, Begin::kPlain},
    XceptionBlock{128, 256, 2, 2},
    XceptionBlock{256, 728, 2, 2},
    kMiddle,
    kMiddle,
    kMiddle,
    kMiddle,
    kMiddle,
    kMiddle,
    kMiddle,
    kMiddle,
    XceptionBlock{728, 1024, 2, 2, Grow::kLast},
};

void add_norm(Layers& layers, WeightList& weights, const std::string& name, std::int64_t channels, Activation then) {
  layers.push_back(std::make_unique<BatchNorm>(weights, name, channels, BatchNormSettings{.then = then}));
}

void add_convolution(Layers& layers, WeightList& weights, const std::string& name, const ConvolutionShape& shape) {
  layers.push_back(std::make_unique<Convolution>(weights, name, shape, Start{.weight = he_filling(shape, Fan::kOut)}));
}

void add_separable(Layers& layers, WeightList& weights, const std::string& name, std::int64_t in_channels,
                   std::int64_t out_channels) {
  add_convolution(
      layers, weights, name + ".conv1",
      {.in_channels = in_channels, .out_channels = in_channels, .kernel = 3, .padding = 1, .groups = in_channels});
  add_convolution(layers, weights, name + ".pointwise", {.in_channels = in_channels, .out_channels = out_channels});
}

std::unique_ptr<Layer> block(WeightList& weights, const std::string& name, const XceptionBlock& plan) {
  Layers main;
  int position = 0;  // rectifiers have a number too, though no weights
  if (plan.begin == Begin::kRectified) {
    main.push_back(std::make_unique<CopyingRelu>());
    ++position;
  }
  std::int64_t channels = plan.in_channels;
  for (int i = 0; i < plan.depth; ++i) {
    const bool grows = plan.grow == Grow::kFirst || i + 1 == plan.depth;
    const std::int64_t out_channels = grows ? plan.out_channels : channels;
    add_separable(main, weights, name + ".rep." + std::to_string(position), channels, out_channels);
    const Activation then = i + 1 < plan.depth ? Activation::kRelu : Activation::kNone;
    add_norm(main, weights, name + ".rep." + std::to_string(position + 1), out_channels, then);
    position += 3;
    channels = out_channels;
  }
  if (plan.stride != 1) main.push_back(std::make_unique<MaxPool>(3, plan.stride, 1));
  Layers shortcut;
  if (plan.stride != 1 || plan.in_channels != plan.out_channels) {
    add_convolution(shortcut, weights, name + ".skip",
                    {.in_channels = plan.in_channels, .out_channels = plan.out_channels, .stride = plan.stride});
    add_norm(shortcut, weights, name + ".skipbn", plan.out_channels, Activation::kNone);
  }
  return std::make_unique<Sum>(std::move(main), std::move(shortcut));
}

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& layers = network.features;
  add_convolution(layers, weights, "conv1",
                  {.in_channels = size.in_channels, .out_channels = 32, .kernel = 3, .stride = 2});
  add_norm(layers, weights, "bn1", 32, Activation::kRelu);
  add_convolution(layers, weights, "conv2", {.in_channels = 32, .out_channels = 64, .kernel = 3});
  add_norm(layers, weights, "bn2", 64, Activation::kRelu);
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    if (i + 1 == kBlocks.size()) network.next_to_last_end = layers.size();
    layers.push_back(block(weights, "block" + std::to_string(i + 1), kBlocks[i]));
  }
  add_separable(layers, weights, "conv3", 1024, 1536);
  add_norm(layers, weights, "bn3", 1536, Activation::kRelu);
  add_separable(layers, weights, "conv4", 1536, 2048);
  add_norm(layers, weights, "bn4", 2048, Activation::kRelu);
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Linear>(weights, "fc", 2048, size.class_count, torch_start(2048)));
  network.head_names = {"fc"};
  return network;
}

}  // namespace

std::vector<Design> xception_designs() {
  return {{.description = {.name = "xception",
                           .source = "Chollet 2016",
                           .least = {.height = 7, .width = 7},
                           .usual = {.height = 299, .width = 299},
                           .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
           .build = build}};
}

}  // namespace alveus::learn
