// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// A small network in the manner of COVID-Net (Wang L. et al. 2020), whose paper describes its building stone: project
/// to few channels, expand, filter each channel, project again, extend. Stages, widths and names are ours.
struct CovidNetStage {
  std::int64_t channels;
  int depth;
};

constexpr std::array kStages = {CovidNetStage{56, 3}, CovidNetStage{112, 4}, CovidNetStage{216, 6},
                                CovidNetStage{424, 3}};
constexpr std::int64_t kStemChannels = 56;

constexpr ConvolutionHabit kConvolutions;

struct StoneShape {
  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t stride;
};

std::unique_ptr<Layer> building_stone(WeightList& weights, const std::string& name, const StoneShape& shape) {
  const std::int64_t few = shape.in_channels / 2;
  const std::int64_t many = shape.in_channels * 3 / 2;
  const std::int64_t few_again = shape.out_channels / 2;
  Layers main;
  kConvolutions.add(main, weights, name + ".project1", {.in_channels = shape.in_channels, .out_channels = few});
  kConvolutions.add(main, weights, name + ".expand", {.in_channels = few, .out_channels = many});
  kConvolutions.add(
      main, weights, name + ".filter",
      {.in_channels = many, .out_channels = many, .kernel = 3, .stride = shape.stride, .padding = 1, .groups = many});
  kConvolutions.add(main, weights, name + ".project2", {.in_channels = many, .out_channels = few_again});
  kConvolutions.add(main, weights, name + ".extend", {.in_channels = few_again, .out_channels = shape.out_channels},
                    Activation::kNone);
  Layers shortcut;
  if (shape.stride != 1 || shape.in_channels != shape.out_channels) {
    kConvolutions.add(shortcut, weights, name + ".shortcut",
                      {.in_channels = shape.in_channels, .out_channels = shape.out_channels, .stride = shape.stride},
                      Activation::kNone);
  }
  return std::make_unique<ResidualBlock>(std::move(main), std::move(shortcut));
}

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  kConvolutions.add(
      network.features, weights, "stem",
      {.in_channels = size.in_channels, .out_channels = kStemChannels, .kernel = 7, .stride = 2, .padding = 3});
  std::int64_t channels = kStemChannels;
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    if (stage + 1 == kStages.size()) network.next_to_last_end = network.features.size();
    for (int i = 0; i < kStages[stage].depth; ++i) {
      const std::string name = "stage" + std::to_string(stage + 1) + "." + std::to_string(i);
      network.features.push_back(
          building_stone(weights, name, {channels, kStages[stage].channels, i == 0 ? std::int64_t{2} : 1}));
      channels = kStages[stage].channels;
    }
  }
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, torch_start(channels)));
  network.head_names = {"fc"};
  return network;
}

}  // namespace

std::vector<Design> covidnet_designs() {
  return {{.description = {.name = "covidnet_light",
                           .source = "after Wang L. et al. 2020",
                           .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
           .build = build}};
}

}  // namespace alveus::learn
