// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// After the description of DeCoVNet in Wang X. et al., "A Weakly-Supervised Framework for COVID-19 Classification"
/// (2020): a stem, two residual stages, and a progressive head of adaptive poolings. Meant for the scan and its lung
/// mask as two channels. What the description leaves open (inner widths of the bottlenecks: a quarter) is our choice;
/// names are ours.
constexpr std::int64_t kStemChannels = 16;

constexpr ConvolutionHabit kConvolutions = {.axes = 3};

struct StageShape {
  std::int64_t in_channels;
  std::int64_t out_channels;
  Extents stride;
};

std::unique_ptr<Layer> stage(WeightList& weights, const std::string& name, const StageShape& shape) {
  const std::int64_t inner = shape.out_channels / 4;
  Layers main;
  kConvolutions.add(main, weights, name + ".reduce", {.in_channels = shape.in_channels, .out_channels = inner});
  kConvolutions.add(main, weights, name + ".filter",
                    {.in_channels = inner, .out_channels = inner, .kernel = 3, .stride = shape.stride, .padding = 1});
  kConvolutions.add(main, weights, name + ".expand", {.in_channels = inner, .out_channels = shape.out_channels},
                    Activation::kNone);
  Layers shortcut;
  kConvolutions.add(shortcut, weights, name + ".shortcut",
                    {.in_channels = shape.in_channels, .out_channels = shape.out_channels, .stride = shape.stride},
                    Activation::kNone);
  return std::make_unique<ResidualBlock>(std::move(main), std::move(shortcut));
}

/// The largest value of each cell of a grid, whatever the volume's size.
class MaxPoolToGrid final : public Layer {
 public:
  explicit MaxPoolToGrid(Extents cells) : cells_(cells) {}
  at::Tensor forward(const at::Tensor& input, const Pass&) const override {
    return std::get<0>(at::adaptive_max_pool3d(input, cells_.along(3)));
  }

 private:
  Extents cells_;
};

/// [N, C, D, H, W] to the largest of each channel, [N, C].
class GlobalMax final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass&) const override { return input.amax({2, 3, 4}); }
};

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& features = network.features;
  kConvolutions.add(features, weights, "stem",
                    {.in_channels = size.in_channels,
                     .out_channels = kStemChannels,
                     .kernel = {5, 7, 7},
                     .stride = {1, 2, 2},
                     .padding = {2, 3, 3}});
  features.push_back(stage(weights, "stage1", {kStemChannels, 64, {1, 2, 2}}));
  network.next_to_last_end = features.size();
  features.push_back(stage(weights, "stage2", {64, 128, 2}));
  Layers& head = network.head;
  const auto narrow = [&](const std::string& name, Extents cells, std::int64_t in_channels, std::int64_t out_channels) {
    head.push_back(std::make_unique<MaxPoolToGrid>(cells));
    kConvolutions.add(head, weights, name,
                      {.in_channels = in_channels, .out_channels = out_channels, .kernel = 3, .padding = 1});
  };
  narrow("head1", {16, 24, 36}, 128, 64);
  narrow("head2", {4, 12, 18}, 64, 32);
  narrow("head3", {1, 6, 9}, 32, 32);
  head.push_back(std::make_unique<GlobalMax>());
  head.push_back(std::make_unique<Linear>(weights, "fc1", 32, 32, torch_start(32)));
  head.push_back(std::make_unique<Relu>());
  head.push_back(std::make_unique<Linear>(weights, "fc2", 32, size.class_count, torch_start(32)));
  network.head_names = {"fc2"};
  return network;
}

}  // namespace

std::vector<Design> decovnet_designs() {
  return {{.description = {.name = "decovnet",
                           .source = "after Wang X. et al. 2020",
                           .input = InputKind::kVolumes,
                           .usual = {.depth = 64, .height = 224, .width = 336},
                           .maps = {{FeatureMap::kNextToLast, 4}, {FeatureMap::kLast, 8}}},
           .build = build}};
}

}  // namespace alveus::learn
