// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include "learn/detail/attention.hpp"
#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Attention in windows, on maps that get coarser: Liu et al., "Swin Transformer" (2021).
struct SwinPlan {
  std::string_view name;
  std::int64_t channels;  ///< of the first stage; each further one has twice as many
  std::array<int, 4> depths;
  std::array<std::int64_t, 4> head_counts;
  double drop_most;  ///< of stochastic depth, at the end
};

constexpr std::array kPlans = {
    SwinPlan{"swin_t", 96, {2, 2, 6, 2}, {3, 6, 12, 24}, 0.2},
};
constexpr std::int64_t kPatch = 4;
constexpr std::int64_t kWindow = 7;
constexpr double kEpsilon = 1e-5;

std::unique_ptr<Layer> norm(WeightList& weights, const std::string& name, std::int64_t channels) {
  return std::make_unique<LayerNorm>(weights, name, channels, kEpsilon, LayerNorm::Channels::kLast);
}

std::unique_ptr<Linear> linear(WeightList& weights, const std::string& name, std::int64_t in_features,
                               std::int64_t out_features) {
  const Start start = {.weight = Filling::normal(0.02), .bias = Filling::constant(0)};
  return std::make_unique<Linear>(weights, name, in_features, out_features, start);
}

/// Four neighbours [N, H, W, C] become one place of twice the channels [N, H / 2, W / 2, 2 C].
class PatchMerging final : public Layer {
 public:
  PatchMerging(WeightList& weights, const std::string& name, std::int64_t channels)
      : reduction_(weights, name + ".reduction", 4 * channels, 2 * channels, {.weight = Filling::normal(0.02)}),
        norm_(weights, name + ".norm", 4 * channels, kEpsilon, LayerNorm::Channels::kLast) {}

  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override {
    const at::Tensor even = at::constant_pad_nd(input, {0, 0, 0, input.size(2) % 2, 0, input.size(1) % 2});
    constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();
    const auto every_second = [&](std::int64_t row, std::int64_t column) {
      return even.slice(1, row, kToTheEnd, 2).slice(2, column, kToTheEnd, 2);
    };
    const at::Tensor joined =
        at::cat({every_second(0, 0), every_second(1, 0), every_second(0, 1), every_second(1, 1)}, -1);
    return reduction_.forward(norm_.forward(joined, pass), pass);
  }

 private:
  Linear reduction_;
  LayerNorm norm_;
};

std::unique_ptr<Layer> block(WeightList& weights, const std::string& name, const WindowAttention::Shape& shape,
                             double drop) {
  Layers gather;
  gather.push_back(norm(weights, name + ".norm1", shape.channels));
  gather.push_back(std::make_unique<WindowAttention>(weights, name + ".attn", shape));
  Layers think;
  think.push_back(norm(weights, name + ".norm2", shape.channels));
  think.push_back(linear(weights, name + ".mlp.0", shape.channels, 4 * shape.channels));
  think.push_back(std::make_unique<Gelu>());
  think.push_back(linear(weights, name + ".mlp.3", 4 * shape.channels, shape.channels));
  Layers both;
  both.push_back(std::make_unique<Sum>(std::move(gather), drop));
  both.push_back(std::make_unique<Sum>(std::move(think), drop));
  return std::make_unique<Sequence>(std::move(both));
}

void add_stage(Layers& layers, WeightList& weights, const SwinPlan& plan, std::size_t stage) {
  const std::int64_t channels = plan.channels << stage;
  int block_count = 0;
  int done = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i < stage) done += plan.depths[i];
    block_count += plan.depths[i];
  }
  for (int i = 0; i < plan.depths[stage]; ++i) {
    const std::string name = "features." + std::to_string(2 * stage + 1) + "." + std::to_string(i);
    const WindowAttention::Shape shape = {.channels = channels,
                                          .head_count = plan.head_counts[stage],
                                          .window = kWindow,
                                          .shift = i % 2 == 0 ? 0 : kWindow / 2};
    layers.push_back(block(weights, name, shape, plan.drop_most * done++ / (block_count - 1)));
  }
}

Blueprint build(const SwinPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& layers = network.features;
  const ConvolutionShape stem = {
      .in_channels = size.in_channels, .out_channels = plan.channels, .kernel = kPatch, .stride = kPatch};
  layers.push_back(
      std::make_unique<Convolution>(weights, "features.0.0", stem, torch_start(size.in_channels * kPatch * kPatch)));
  layers.push_back(std::make_unique<ChannelsToEnd>());
  layers.push_back(norm(weights, "features.0.2", plan.channels));
  for (std::size_t stage = 0; stage < 4; ++stage) {
    if (stage > 0) {
      const std::string name = "features." + std::to_string(2 * stage);
      layers.push_back(std::make_unique<PatchMerging>(weights, name, plan.channels << (stage - 1)));
    }
    add_stage(layers, weights, plan, stage);
    if (stage != 2) continue;
    layers.push_back(std::make_unique<ChannelsToFront>());
    network.next_to_last_end = layers.size();
    layers.push_back(std::make_unique<ChannelsToEnd>());
  }
  const std::int64_t channels = plan.channels << 3U;
  layers.push_back(norm(weights, "norm", channels));
  layers.push_back(std::make_unique<ChannelsToFront>());
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(linear(weights, "head", channels, size.class_count));
  network.head_names = {"head"};
  return network;
}

}  // namespace

std::vector<Design> swin_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Liu et al. 2021",
                         .least = {.height = kPatch, .width = kPatch},
                         .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
