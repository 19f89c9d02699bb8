// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Inverted residuals with squeeze and excitation, scaled in width, depth and picture size together: Tan and Le,
/// "EfficientNet" (2019).
struct EfficientNetPlan {
  std::string_view name;
  double width;
  double depth;
  double dropout;
  std::int64_t usual_side;
};

constexpr std::array kPlans = {
    EfficientNetPlan{"efficientnet_b0", 1.0, 1.0, 0.2, 224}, EfficientNetPlan{"efficientnet_b1", 1.0, 1.1, 0.2, 240},
    EfficientNetPlan{"efficientnet_b2", 1.1, 1.2, 0.3, 288}, EfficientNetPlan{"efficientnet_b3", 1.2, 1.4, 0.3, 300},
    EfficientNetPlan{"efficientnet_b4", 1.4, 1.8, 0.4, 380},
};

/// A stage of B0.
struct EfficientNetStage {
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t channels;
  int depth;
};

constexpr std::array kStages = {
    EfficientNetStage{1, 3, 1, 16, 1},  EfficientNetStage{6, 3, 2, 24, 2},  EfficientNetStage{6, 5, 2, 40, 2},
    EfficientNetStage{6, 3, 2, 80, 3},  EfficientNetStage{6, 5, 1, 112, 3}, EfficientNetStage{6, 5, 2, 192, 4},
    EfficientNetStage{6, 3, 1, 320, 1},
};
constexpr std::size_t kLastStrided = 5;  // the stage that brings the map to a stride of 32
constexpr std::int64_t kStemChannels = 32;
constexpr double kDropMost = 0.2;  // of stochastic depth, at the end

/// The multiple of 8 next to the scaled count, at most a tenth below it.
std::int64_t scaled_channels(std::int64_t channels, double width) {
  const double wanted = static_cast<double>(channels) * width;
  const auto rounded = static_cast<std::int64_t>((wanted + 4) / 8) * 8;
  const std::int64_t most = std::max<std::int64_t>(8, rounded);
  return static_cast<double>(most) < 0.9 * wanted ? most + 8 : most;
}

int scaled_depth(int depth, double factor) { return static_cast<int>(std::ceil(depth * factor)); }

constexpr ConvolutionHabit kConvolutions = {.convolution = ".0", .norm = ".1", .then = Activation::kSilu};

struct BlockShape {
  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t stride;
  double drop;
};

std::unique_ptr<Layer> block(WeightList& weights, const std::string& name, const EfficientNetStage& stage,
                             const BlockShape& shape) {
  Layers layers;
  int position = 0;
  const auto next = [&] { return name + ".block." + std::to_string(position++); };
  const std::int64_t wide = scaled_channels(shape.in_channels, static_cast<double>(stage.expansion));
  if (wide != shape.in_channels) {
    kConvolutions.add(layers, weights, next(), {.in_channels = shape.in_channels, .out_channels = wide});
  }
  kConvolutions.add(layers, weights, next(),
                    {.in_channels = wide,
                     .out_channels = wide,
                     .kernel = stage.kernel,
                     .stride = shape.stride,
                     .padding = (stage.kernel - 1) / 2,
                     .groups = wide});
  const std::int64_t squeezed = std::max<std::int64_t>(1, shape.in_channels / 4);
  layers.push_back(std::make_unique<SqueezeExcitation>(weights, next(), wide, squeezed));
  kConvolutions.add(layers, weights, next(), {.in_channels = wide, .out_channels = shape.out_channels},
                    Activation::kNone);
  if (shape.stride == 1 && shape.in_channels == shape.out_channels) {
    return std::make_unique<Sum>(std::move(layers), shape.drop);
  }
  return std::make_unique<Sequence>(std::move(layers));
}

Blueprint build(const EfficientNetPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  std::int64_t channels = scaled_channels(kStemChannels, plan.width);
  kConvolutions.add(
      network.features, weights, "features.0",
      {.in_channels = size.in_channels, .out_channels = channels, .kernel = 3, .stride = 2, .padding = 1});
  int block_count = 0;
  for (const auto& stage : kStages) block_count += scaled_depth(stage.depth, plan.depth);
  int done = 0;
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    if (i == kLastStrided) network.next_to_last_end = network.features.size();
    const std::int64_t out_channels = scaled_channels(kStages[i].channels, plan.width);
    for (int member = 0; member < scaled_depth(kStages[i].depth, plan.depth); ++member) {
      const std::string name = "features." + std::to_string(i + 1) + "." + std::to_string(member);
      network.features.push_back(block(weights, name, kStages[i],
                                       {.in_channels = channels,
                                        .out_channels = out_channels,
                                        .stride = member == 0 ? kStages[i].stride : 1,
                                        .drop = kDropMost * done++ / block_count}));
      channels = out_channels;
    }
  }
  kConvolutions.add(network.features, weights, "features.8", {.in_channels = channels, .out_channels = 4 * channels});
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Dropout>(plan.dropout));
  // torchvision takes the bound from the number of classes, not of features.
  const Start start = {.weight = torch_start(size.class_count).weight, .bias = Filling::constant(0)};
  network.head.push_back(std::make_unique<Linear>(weights, "classifier.1", 4 * channels, size.class_count, start));
  network.head_names = {"classifier.1"};
  return network;
}

}  // namespace

std::vector<Design> efficientnet_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Tan and Le 2019",
                         .usual = {.height = plan.usual_side, .width = plan.usual_side},
                         .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
