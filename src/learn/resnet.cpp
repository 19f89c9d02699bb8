// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

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
          {.in_channels = channels_, .out_channels = out_channels, .stride = stride}, BatchNorm::Then::kNothing);
    }
    channels_ = out_channels;
    return std::make_unique<ResidualBlock>(std::move(main), std::move(shortcut));
  }

  void add(Layers& layers, const std::string& convolution, const std::string& norm, const ConvolutionShape& shape,
           BatchNorm::Then then) {
    layers.push_back(std::make_unique<Convolution>(weights_, convolution, shape, Fan::kOut, Convolution::Bias::kNone));
    layers.push_back(std::make_unique<BatchNorm>(weights_, norm, shape.out_channels, then));
  }

  std::int64_t channels() const { return channels_; }

 private:
  Layers basic(const std::string& name, std::int64_t planes, std::int64_t stride) {
    Layers main;
    add(main, name + ".conv1", name + ".bn1",
        {.in_channels = channels_, .out_channels = planes, .kernel = 3, .stride = stride, .padding = 1},
        BatchNorm::Then::kRelu);
    add(main, name + ".conv2", name + ".bn2",
        {.in_channels = planes, .out_channels = planes, .kernel = 3, .padding = 1}, BatchNorm::Then::kNothing);
    return main;
  }

  Layers bottleneck(const std::string& name, std::int64_t planes, std::int64_t stride) {
    const std::int64_t width = planes * plan_.width_per_group / 64 * plan_.groups;
    Layers main;
    add(main, name + ".conv1", name + ".bn1", {.in_channels = channels_, .out_channels = width},
        BatchNorm::Then::kRelu);
    add(main, name + ".conv2", name + ".bn2",
        {.in_channels = width,
         .out_channels = width,
         .kernel = 3,
         .stride = stride,
         .padding = 1,
         .groups = plan_.groups},
        BatchNorm::Then::kRelu);
    add(main, name + ".conv3", name + ".bn3", {.in_channels = width, .out_channels = 4 * planes},
        BatchNorm::Then::kNothing);
    return main;
  }

  const ResNetPlan& plan_;
  WeightList& weights_;
  std::int64_t channels_ = 64;
};

}  // namespace

std::optional<Blueprint> build_resnet(std::string_view name, const NetworkSize& size, WeightList& weights) {
  const auto* const plan = std::ranges::find(kPlans, name, &ResNetPlan::name);
  if (plan == kPlans.end()) return std::nullopt;
  Blueprint network;
  ResNetBuilder builder(*plan, weights);
  builder.add(network.features, "conv1", "bn1",
              {.in_channels = size.in_channels, .out_channels = 64, .kernel = 7, .stride = 2, .padding = 3},
              BatchNorm::Then::kRelu);
  network.features.push_back(std::make_unique<MaxPool>(3, 2, 1));
  for (std::size_t stage = 0; stage < 4; ++stage) {
    for (int i = 0; i < plan->depths[stage]; ++i) {
      const std::string block = "layer" + std::to_string(stage + 1) + "." + std::to_string(i);
      network.features.push_back(builder.block(block, std::int64_t{64} << stage, stage > 0 && i == 0 ? 2 : 1));
    }
    if (stage == 2) network.next_to_last_end = network.features.size();
  }
  network.head.push_back(std::make_unique<PoolToGrid>(1));
  network.head.push_back(
      std::make_unique<Linear>(weights, "fc", builder.channels(), size.class_count, LinearStart::kUniform));
  return network;
}

std::vector<std::string> resnet_names() {
  std::vector<std::string> names;
  for (const auto& plan : kPlans) names.emplace_back(plan.name);
  return names;
}

}  // namespace alveus::learn
