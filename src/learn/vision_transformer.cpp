// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "learn/detail/attention.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Pictures as words, patch by patch: Dosovitskiy et al., "An Image is Worth 16x16 Words" (2020).
struct TransformerPlan {
  std::string_view name;
  std::int64_t patch;
  int depth;
  std::int64_t head_count;
  std::int64_t channels;
};

constexpr std::array kPlans = {
    TransformerPlan{"vit_s_16", 16, 12, 6, 384},
    TransformerPlan{"vit_b_16", 16, 12, 12, 768},
};

/// [N, C, H, W] to [N, 1 + patches, channels]: a class token and the projected patches, each with what was learned for
/// its position.
class PatchEmbedding final : public Layer {
 public:
  PatchEmbedding(WeightList& weights, const TransformerPlan& plan, const NetworkSize& size)
      : projection_(weights, "conv_proj", shape_of(plan, size), start_of(plan, size)) {
    const std::int64_t side = size.picture_side / plan.patch;
    class_token_ = weights.add("class_token", {1, 1, plan.channels}, WeightRole::kTrained, Filling::constant(0));
    positions_ = weights.add("encoder.pos_embedding", {1, 1 + side * side, plan.channels}, WeightRole::kTrained,
                             Filling::normal(0.02));
  }

  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override {
    const at::Tensor patches = projection_.forward(input, pass).flatten(2).transpose(1, 2);
    const at::Tensor token = class_token_.expand({input.size(0), -1, -1});
    return at::cat({token, patches}, 1) + positions_;
  }

 private:
  static ConvolutionShape shape_of(const TransformerPlan& plan, const NetworkSize& size) {
    return {.in_channels = size.in_channels, .out_channels = plan.channels, .kernel = plan.patch, .stride = plan.patch};
  }
  static Start start_of(const TransformerPlan& plan, const NetworkSize& size) {
    const auto fan_in = static_cast<double>(size.in_channels * plan.patch * plan.patch);
    return {.weight = Filling::normal(std::sqrt(1 / fan_in)), .bias = Filling::constant(0)};
  }

  Convolution projection_;
  at::Tensor class_token_, positions_;
};

/// [N, T, C] to its first token [N, C].
class TakeClassToken final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass&) const override { return input.select(1, 0); }
};

/// The last block belongs to the head: behind it the patches say nothing more to the class token.
Blueprint build(const TransformerPlan& plan, const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  network.map_form = MapForm::kTokens;
  network.features.push_back(std::make_unique<PatchEmbedding>(weights, plan, size));
  for (int i = 0; i < plan.depth; ++i) {
    Layers& layers = i + 1 < plan.depth ? network.features : network.head;
    layers.push_back(transformer_block(weights, "encoder.layers.encoder_layer_" + std::to_string(i), plan.channels,
                                       plan.head_count));
  }
  network.head.push_back(token_norm(weights, "encoder.ln", plan.channels));
  network.token_head_end = network.head.size();
  network.head.push_back(std::make_unique<TakeClassToken>());
  const Start start = {.weight = Filling::constant(0), .bias = Filling::constant(0)};
  network.head.push_back(std::make_unique<Linear>(weights, "heads.head", plan.channels, size.class_count, start));
  network.head_names = {"heads.head"};
  return network;
}

}  // namespace

std::vector<Design> vision_transformer_designs() {
  std::vector<Design> designs;
  for (const auto& plan : kPlans) {
    designs.push_back(
        {.description = {.name = std::string(plan.name),
                         .source = "Dosovitskiy et al. 2020",
                         .least = {.height = plan.patch, .width = plan.patch},
                         .patch = static_cast<int>(plan.patch),
                         .maps = {{FeatureMap::kLast, static_cast<int>(plan.patch)}}},
         .build = [&plan](const NetworkSize& size, WeightList& weights) { return build(plan, size, weights); }});
  }
  return designs;
}

}  // namespace alveus::learn
