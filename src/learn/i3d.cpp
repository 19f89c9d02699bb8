// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Two-stream inflated 3D ConvNet, one stream: Carreira and Zisserman, "Quo Vadis, Action Recognition?" (2017).
/// GoogLeNet with batch norms, each k x k kernel a cube. Weights are named as the PyTorch port of the published ones
/// names them. Paddings are those of TensorFlow: as much as keeps ceil(extent / stride) places, the odd one behind.
struct MixedPlan {
  std::string_view name;
  std::int64_t direct;
  std::array<std::int64_t, 2> middle;  ///< 1 x 1 x 1, then 3 x 3 x 3
  std::array<std::int64_t, 2> second;  ///< likewise
  std::int64_t pooled;

  std::int64_t channels() const { return direct + middle[1] + second[1] + pooled; }
};

constexpr std::array kThird = {
    MixedPlan{"Mixed_3b", 64, {96, 128}, {16, 32}, 32},
    MixedPlan{"Mixed_3c", 128, {128, 192}, {32, 96}, 64},
};
constexpr std::array kFourth = {
    MixedPlan{"Mixed_4b", 192, {96, 208}, {16, 48}, 64},    MixedPlan{"Mixed_4c", 160, {112, 224}, {24, 64}, 64},
    MixedPlan{"Mixed_4d", 128, {128, 256}, {24, 64}, 64},   MixedPlan{"Mixed_4e", 112, {144, 288}, {32, 64}, 64},
    MixedPlan{"Mixed_4f", 256, {160, 320}, {32, 128}, 128},
};
constexpr std::array kFifth = {
    MixedPlan{"Mixed_5b", 256, {160, 320}, {32, 128}, 128},
    MixedPlan{"Mixed_5c", 384, {192, 384}, {48, 128}, 128},
};

/// Zeros around [N, C, D, H, W] for a window of these sides and strides.
class SamePadding final : public Layer {
 public:
  SamePadding(Extents kernel, Extents stride) : kernel_(kernel), stride_(stride) {}

  at::Tensor forward(const at::Tensor& input, const Pass&) const override {
    std::vector<std::int64_t> padding;
    for (std::int64_t axis = 2; axis >= 0; --axis) {
      const auto at = static_cast<std::size_t>(axis);
      const std::int64_t kernel = kernel_.along(3)[at];
      const std::int64_t stride = stride_.along(3)[at];
      const std::int64_t left_over = input.size(axis + 2) % stride;
      const std::int64_t all = std::max<std::int64_t>(kernel - (left_over == 0 ? stride : left_over), 0);
      padding.push_back(all / 2);
      padding.push_back(all - all / 2);
    }
    return at::constant_pad_nd(input, padding);
  }

 private:
  Extents kernel_, stride_;
};

constexpr ConvolutionHabit kConvolutions = {.convolution = ".conv3d", .norm = ".bn", .axes = 3, .epsilon = 1e-3};

class I3dBuilder {
 public:
  explicit I3dBuilder(WeightList& weights) : weights_(weights) {}

  void convolve(Layers& layers, const std::string& name, const ConvolutionShape& shape) {
    if (shape.kernel.product(3) > 1) layers.push_back(std::make_unique<SamePadding>(shape.kernel, shape.stride));
    kConvolutions.add(layers, weights_, name, shape);
  }

  static void pool(Layers& layers, Extents kernel, Extents stride) {
    // Zeros are as good as nothing behind a rectifier.
    layers.push_back(std::make_unique<SamePadding>(kernel, stride));
    layers.push_back(std::make_unique<MaxPool>(kernel, stride, 0));
  }

  void mix(Layers& layers, const MixedPlan& plan, std::int64_t in_channels) {
    const std::string name(plan.name);
    std::vector<Layers> branches(4);
    convolve(branches[0], name + ".b0", {.in_channels = in_channels, .out_channels = plan.direct});
    add_pair(branches[1], name + ".b1", in_channels, plan.middle);
    add_pair(branches[2], name + ".b2", in_channels, plan.second);
    pool(branches[3], 3, 1);
    convolve(branches[3], name + ".b3b", {.in_channels = in_channels, .out_channels = plan.pooled});
    layers.push_back(std::make_unique<Branches>(std::move(branches)));
  }

 private:
  void add_pair(Layers& layers, const std::string& name, std::int64_t in_channels,
                const std::array<std::int64_t, 2>& channels) {
    convolve(layers, name + "a", {.in_channels = in_channels, .out_channels = channels[0]});
    convolve(layers, name + "b", {.in_channels = channels[0], .out_channels = channels[1], .kernel = 3});
  }

  WeightList& weights_;
};

/// A 1 x 1 x 1 convolution over the mean of the map, as the published weights have it, to [N, classes].
class LogitConvolution final : public Layer {
 public:
  LogitConvolution(WeightList& weights, std::int64_t channels, std::int64_t class_count)
      : convolution_(weights, "logits.conv3d", {.in_channels = channels, .out_channels = class_count, .axes = 3},
                     torch_start(channels)) {}

  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override {
    return convolution_.forward(input.reshape({input.size(0), input.size(1), 1, 1, 1}), pass).flatten(1);
  }

 private:
  Convolution convolution_;
};

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& layers = network.features;
  I3dBuilder builder(weights);
  builder.convolve(layers, "Conv3d_1a_7x7",
                   {.in_channels = size.in_channels, .out_channels = 64, .kernel = 7, .stride = 2});
  I3dBuilder::pool(layers, {1, 3, 3}, {1, 2, 2});
  builder.convolve(layers, "Conv3d_2b_1x1", {.in_channels = 64, .out_channels = 64});
  builder.convolve(layers, "Conv3d_2c_3x3", {.in_channels = 64, .out_channels = 192, .kernel = 3});
  I3dBuilder::pool(layers, {1, 3, 3}, {1, 2, 2});
  std::int64_t channels = 192;
  const auto mix_all = [&](const auto& plans) {
    for (const MixedPlan& plan : plans) {
      builder.mix(layers, plan, channels);
      channels = plan.channels();
    }
  };
  mix_all(kThird);
  I3dBuilder::pool(layers, 3, 2);
  mix_all(kFourth);
  network.next_to_last_end = layers.size();
  I3dBuilder::pool(layers, 2, 2);
  mix_all(kFifth);
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Dropout>());
  network.head.push_back(std::make_unique<LogitConvolution>(weights, channels, size.class_count));
  network.head_names = {"logits.conv3d"};
  return network;
}

}  // namespace

std::vector<Design> i3d_designs() {
  return {{.description = {.name = "i3d",
                           .source = "Carreira and Zisserman 2017",
                           .input = InputKind::kVolumes,
                           .usual = {.depth = 64, .height = 224, .width = 224},
                           .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
           .build = build}};
}

}  // namespace alveus::learn
