// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Layers in a line and how many channels leave them.
struct Flow {
  Layers layers;
  std::int64_t channels = 0;
};

struct Kernel {
  Extents sides = 1;
  Extents padding = 0;
  std::int64_t stride = 1;
};

constexpr Kernel kSquare3 = {.sides = 3, .padding = 1};
constexpr Kernel kSquare5 = {.sides = 5, .padding = 2};
constexpr Kernel kHalving3 = {.sides = 3, .stride = 2};
constexpr Kernel kWide3 = {.sides = {1, 3}, .padding = {0, 1}};
constexpr Kernel kHigh3 = {.sides = {3, 1}, .padding = {1, 0}};
constexpr Kernel kWide7 = {.sides = {1, 7}, .padding = {0, 3}};
constexpr Kernel kHigh7 = {.sides = {7, 1}, .padding = {3, 0}};

/// Szegedy et al., "Rethinking the Inception Architecture" (2015), version 3, with the auxiliary head on its 17 x 17
/// map. Modules join branches with kernels of several sizes; 7 x 7 ones stand as 1 x 7 and 7 x 1.
class Builder {
 public:
  Builder(WeightList& weights, std::int64_t in_channels) : weights_(weights), channels_(in_channels) {}

  void convolve(Flow& flow, const std::string& name, std::int64_t out_channels, const Kernel& kernel) {
    add_normed_convolution(flow.layers, weights_,
                           {.convolution = name + ".conv",
                            .norm = name + ".bn",
                            .shape = {.in_channels = flow.channels,
                                      .out_channels = out_channels,
                                      .kernel = kernel.sides,
                                      .stride = kernel.stride,
                                      .padding = kernel.padding},
                            .settings = {.then = Activation::kRelu, .epsilon = 1e-3},
                            .filling = Filling::normal(0.1)});
    flow.channels = out_channels;
  }

  Flow begin(const std::string& name, std::int64_t out_channels, const Kernel& kernel) {
    Flow flow = {.layers = {}, .channels = channels_};
    convolve(flow, name, out_channels, kernel);
    return flow;
  }

  /// Means of 3 x 3 pixels, then a 1 x 1 convolution.
  Flow pooled(const std::string& name, std::int64_t out_channels) {
    Flow flow = {.layers = {}, .channels = channels_};
    flow.layers.push_back(std::make_unique<AveragePool>(3, 1, 1));
    convolve(flow, name, out_channels, {});
    return flow;
  }

  Flow halved() const {
    Flow flow = {.layers = {}, .channels = channels_};
    flow.layers.push_back(std::make_unique<MaxPool>(3, 2, 0));
    return flow;
  }

  /// Two convolutions over the end of `flow`, side by side.
  void fork(Flow& flow, const std::string& wide, const std::string& high, std::int64_t out_channels) {
    std::vector<Flow> ends;
    ends.push_back({.layers = {}, .channels = flow.channels});
    convolve(ends.back(), wide, out_channels, kWide3);
    ends.push_back({.layers = {}, .channels = flow.channels});
    convolve(ends.back(), high, out_channels, kHigh3);
    flow.channels = 2 * out_channels;
    flow.layers.push_back(joined(std::move(ends)));
  }

  static std::unique_ptr<Layer> joined(std::vector<Flow> flows) {
    std::vector<Layers> branches;
    for (Flow& flow : flows) branches.push_back(std::move(flow.layers));
    return std::make_unique<Branches>(std::move(branches));
  }

  void join(Layers& layers, std::vector<Flow> flows) {
    channels_ = 0;
    for (const Flow& flow : flows) channels_ += flow.channels;
    layers.push_back(joined(std::move(flows)));
  }

  void then_in_line(Layers& layers, Flow flow) {
    channels_ = flow.channels;
    for (auto& layer : flow.layers) layers.push_back(std::move(layer));
  }

  std::int64_t channels() const { return channels_; }

 private:
  WeightList& weights_;
  std::int64_t channels_;
};

/// The modules, lettered as torchvision does.
std::vector<Flow> module_a(Builder& builder, const std::string& name, std::int64_t pooled_channels) {
  std::vector<Flow> flows;
  flows.push_back(builder.begin(name + ".branch1x1", 64, {}));
  flows.push_back(builder.begin(name + ".branch5x5_1", 48, {}));
  builder.convolve(flows.back(), name + ".branch5x5_2", 64, kSquare5);
  flows.push_back(builder.begin(name + ".branch3x3dbl_1", 64, {}));
  builder.convolve(flows.back(), name + ".branch3x3dbl_2", 96, kSquare3);
  builder.convolve(flows.back(), name + ".branch3x3dbl_3", 96, kSquare3);
  flows.push_back(builder.pooled(name + ".branch_pool", pooled_channels));
  return flows;
}

std::vector<Flow> module_b(Builder& builder, const std::string& name) {
  std::vector<Flow> flows;
  flows.push_back(builder.begin(name + ".branch3x3", 384, kHalving3));
  flows.push_back(builder.begin(name + ".branch3x3dbl_1", 64, {}));
  builder.convolve(flows.back(), name + ".branch3x3dbl_2", 96, kSquare3);
  builder.convolve(flows.back(), name + ".branch3x3dbl_3", 96, kHalving3);
  flows.push_back(builder.halved());
  return flows;
}

std::vector<Flow> module_c(Builder& builder, const std::string& name, std::int64_t narrow) {
  std::vector<Flow> flows;
  flows.push_back(builder.begin(name + ".branch1x1", 192, {}));
  flows.push_back(builder.begin(name + ".branch7x7_1", narrow, {}));
  builder.convolve(flows.back(), name + ".branch7x7_2", narrow, kWide7);
  builder.convolve(flows.back(), name + ".branch7x7_3", 192, kHigh7);
  flows.push_back(builder.begin(name + ".branch7x7dbl_1", narrow, {}));
  builder.convolve(flows.back(), name + ".branch7x7dbl_2", narrow, kHigh7);
  builder.convolve(flows.back(), name + ".branch7x7dbl_3", narrow, kWide7);
  builder.convolve(flows.back(), name + ".branch7x7dbl_4", narrow, kHigh7);
  builder.convolve(flows.back(), name + ".branch7x7dbl_5", 192, kWide7);
  flows.push_back(builder.pooled(name + ".branch_pool", 192));
  return flows;
}

std::vector<Flow> module_d(Builder& builder, const std::string& name) {
  std::vector<Flow> flows;
  flows.push_back(builder.begin(name + ".branch3x3_1", 192, {}));
  builder.convolve(flows.back(), name + ".branch3x3_2", 320, kHalving3);
  flows.push_back(builder.begin(name + ".branch7x7x3_1", 192, {}));
  builder.convolve(flows.back(), name + ".branch7x7x3_2", 192, kWide7);
  builder.convolve(flows.back(), name + ".branch7x7x3_3", 192, kHigh7);
  builder.convolve(flows.back(), name + ".branch7x7x3_4", 192, kHalving3);
  flows.push_back(builder.halved());
  return flows;
}

std::vector<Flow> module_e(Builder& builder, const std::string& name) {
  std::vector<Flow> flows;
  flows.push_back(builder.begin(name + ".branch1x1", 320, {}));
  flows.push_back(builder.begin(name + ".branch3x3_1", 384, {}));
  builder.fork(flows.back(), name + ".branch3x3_2a", name + ".branch3x3_2b", 384);
  flows.push_back(builder.begin(name + ".branch3x3dbl_1", 448, {}));
  builder.convolve(flows.back(), name + ".branch3x3dbl_2", 384, kSquare3);
  builder.fork(flows.back(), name + ".branch3x3dbl_3a", name + ".branch3x3dbl_3b", 384);
  flows.push_back(builder.pooled(name + ".branch_pool", 192));
  return flows;
}

/// A linear layer that starts with the given deviation, and torch's bias.
std::unique_ptr<Layer> linear(WeightList& weights, const std::string& name, std::int64_t features,
                              std::int64_t class_count, double deviation) {
  const Start start = {.weight = Filling::normal(deviation), .bias = torch_start(features).bias};
  return std::make_unique<Linear>(weights, name, features, class_count, start);
}

void add_stem(Builder& builder, Layers& layers) {
  builder.then_in_line(layers, builder.begin("Conv2d_1a_3x3", 32, kHalving3));
  builder.then_in_line(layers, builder.begin("Conv2d_2a_3x3", 32, {.sides = 3}));
  builder.then_in_line(layers, builder.begin("Conv2d_2b_3x3", 64, kSquare3));
  layers.push_back(std::make_unique<MaxPool>(3, 2, 0));
  builder.then_in_line(layers, builder.begin("Conv2d_3b_1x1", 80, {}));
  builder.then_in_line(layers, builder.begin("Conv2d_4a_3x3", 192, {.sides = 3}));
  layers.push_back(std::make_unique<MaxPool>(3, 2, 0));
}

Layers auxiliary_head(Builder& builder, WeightList& weights, std::int64_t class_count) {
  Flow flow = {.layers = {}, .channels = builder.channels()};
  flow.layers.push_back(std::make_unique<AveragePool>(5, 3, 0));
  builder.convolve(flow, "AuxLogits.conv0", 128, {});
  builder.convolve(flow, "AuxLogits.conv1", 768, {.sides = 5});
  flow.layers.push_back(std::make_unique<GlobalAverage>());
  flow.layers.push_back(linear(weights, "AuxLogits.fc", 768, class_count, 0.001));
  return std::move(flow.layers);
}

Blueprint build(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  Layers& layers = network.features;
  Builder builder(weights, size.in_channels);
  add_stem(builder, layers);
  builder.join(layers, module_a(builder, "Mixed_5b", 32));
  builder.join(layers, module_a(builder, "Mixed_5c", 64));
  builder.join(layers, module_a(builder, "Mixed_5d", 64));
  builder.join(layers, module_b(builder, "Mixed_6a"));
  builder.join(layers, module_c(builder, "Mixed_6b", 128));
  builder.join(layers, module_c(builder, "Mixed_6c", 160));
  builder.join(layers, module_c(builder, "Mixed_6d", 160));
  builder.join(layers, module_c(builder, "Mixed_6e", 192));
  network.next_to_last_end = layers.size();
  network.auxiliary_begin = layers.size();
  network.auxiliary_side_least = 17;  // of pictures of 299 x 299
  network.auxiliary = auxiliary_head(builder, weights, size.class_count);
  builder.join(layers, module_d(builder, "Mixed_7a"));
  builder.join(layers, module_e(builder, "Mixed_7b"));
  builder.join(layers, module_e(builder, "Mixed_7c"));
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<Dropout>());
  network.head.push_back(linear(weights, "fc", builder.channels(), size.class_count, 0.1));
  network.head_names = {"AuxLogits", "fc"};
  return network;
}

}  // namespace

std::vector<Design> inception_designs() {
  return {{.description = {.name = "inception_v3",
                           .source = "Szegedy et al. 2015",
                           .least = {.height = 75, .width = 75},
                           .usual = {.height = 299, .width = 299},
                           .has_auxiliary_head = true,
                           .maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}}},
           .build = build}};
}

}  // namespace alveus::learn
