// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/check.hpp"
#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

enum class BlockKind { kBasic, kBottleneck };

/// Residual networks: He et al., "Deep Residual Learning" (2015), stride in the 3 x 3 convolution; Xie et al.,
/// "Aggregated Residual Transformations" (2016) for the grouped ones.
struct ResNetPlan {
  std::string_view name;
  BlockKind block;
  std::array<int, 4> depths;
  std::int64_t groups = 1;
  std::int64_t width_per_group = 64;
};

constexpr std::array kPlans = {
    ResNetPlan{"resnet18", BlockKind::kBasic, {2, 2, 2, 2}},
    ResNetPlan{"resnet34", BlockKind::kBasic, {3, 4, 6, 3}},
    ResNetPlan{"resnet50", BlockKind::kBottleneck, {3, 4, 6, 3}},
    ResNetPlan{"resnet101", BlockKind::kBottleneck, {3, 4, 23, 3}},
    ResNetPlan{"resnet152", BlockKind::kBottleneck, {3, 8, 36, 3}},
    ResNetPlan{"resnext50_32x4d", BlockKind::kBottleneck, {3, 4, 6, 3}, 32, 4},
    ResNetPlan{"resnext101_32x8d", BlockKind::kBottleneck, {3, 4, 23, 3}, 32, 8},
};

/// Adds the blocks of a residual network, keeping track of how many channels flow.
class ResNetBuilder {
 public:
  ResNetBuilder(const ResNetPlan& plan, WeightList& weights) : plan_(plan), weights_(weights) {}

  std::unique_ptr<Layer> block(const std::string& name, std::int64_t planes, std::int64_t stride) {
    const std::int64_t out_channels = plan_.block == BlockKind::kBasic ? planes : 4 * planes;
    Layers main = plan_.block == BlockKind::kBasic ? basic(name, planes, stride) : bottleneck(name, planes, stride);
    Layers shortcut;
    if (stride != 1 || channels_ != out_channels) {
      add(shortcut, name + ".downsample.0", name + ".downsample.1",
          {.in_channels = channels_, .out_channels = out_channels, .stride = stride}, Activation::kNone);
    }
    channels_ = out_channels;
    return std::make_unique<ResidualBlock>(std::move(main), std::move(shortcut));
  }

  void add(Layers& layers, const std::string& convolution, const std::string& norm, const ConvolutionShape& shape,
           Activation then) {
    add_normed_convolution(layers, weights_,
                           {.convolution = convolution,
                            .norm = norm,
                            .shape = shape,
                            .settings = {.then = then},
                            .filling = he_filling(shape, Fan::kOut)});
  }

  std::int64_t channels() const { return channels_; }

 private:
  Layers basic(const std::string& name, std::int64_t planes, std::int64_t stride) {
    Layers main;
    add(main, name + ".conv1", name + ".bn1",
        {.in_channels = channels_, .out_channels = planes, .kernel = 3, .stride = stride, .padding = 1},
        Activation::kRelu);
    add(main, name + ".conv2", name + ".bn2",
        {.in_channels = planes, .out_channels = planes, .kernel = 3, .padding = 1}, Activation::kNone);
    return main;
  }

  Layers bottleneck(const std::string& name, std::int64_t planes, std::int64_t stride) {
    const std::int64_t width = planes * plan_.width_per_group / 64 * plan_.groups;
    Layers main;
    add(main, name + ".conv1", name + ".bn1", {.in_channels = channels_, .out_channels = width}, Activation::kRelu);
    add(main, name + ".conv2", name + ".bn2",
        {.in_channels = width,
         .out_channels = width,
         .kernel = 3,
         .stride = stride,
         .padding = 1,
         .groups = plan_.groups},
        Activation::kRelu);
    add(main, name + ".conv3", name + ".bn3", {.in_channels = width, .out_channels = 4 * planes}, Activation::kNone);
    return main;
  }

  const ResNetPlan& plan_;
  WeightList& weights_;
  std::int64_t channels_ = 64;
};

/// Adds the feature layers and returns their channels.
std::int64_t add_features(Blueprint& network, const ResNetPlan& plan, std::int64_t in_channels, WeightList& weights) {
  ResNetBuilder builder(plan, weights);
  builder.add(network.features, "conv1", "bn1",
              {.in_channels = in_channels, .out_channels = 64, .kernel = 7, .stride = 2, .padding = 3},
              Activation::kRelu);
  network.features.push_back(std::make_unique<MaxPool>(3, 2, 1));
  for (std::size_t stage = 0; stage < 4; ++stage) {
    for (int i = 0; i < plan.depths[stage]; ++i) {
      const std::string block = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      network.features.push_back(builder.block(block, std::int64_t{64} << stage, stage > 0 && i == 0 ? 2 : 1));
    }
    if (stage == 2) network.next_to_last_end = network.features.size();
  }
  return builder.channels();
}

Blueprint build(const ResNetPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  const std::int64_t channels = add_features(network, plan, size.in_channels, weights);
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, torch_start(channels)));
  network.head_names = {"fc"};
  return network;
}

}  // namespace

std::int64_t add_resnet_features(Blueprint& network, std::string_view name, const NetworkSize& size,
                                 WeightList& weights) {
  const auto* const plan = std::ranges::find(kPlans, name, &ResNetPlan::name);
  ALVEUS_CHECK(plan != kPlans.end(), "the network is in the table");
  return add_features(network, *plan, size.in_channels, weights);
}

std::vector<Design> resnet_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = plan.groups == 1 ? "He et al. 2015" : "Xie et al. 2016",
                         .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
