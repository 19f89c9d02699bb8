// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "learn/detail/blocks.hpp"
#include "learn/detail/blueprint.hpp"
#include "learn/detail/scan_pooling.hpp"

// Networks that answer once for a whole scan, from its slices.
namespace alveus::learn {
namespace {

constexpr std::int64_t kAttentionHidden = 128;

/// Li et al., "Using Artificial Intelligence to Detect COVID-19" (2020), COVNet: a ResNet-50 looks at each slice, and
/// the largest of each feature decides. The slice network's weights have torchvision's names.
Blueprint build_covnet(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  const std::int64_t channels = add_resnet_features(network, "resnet50", size, weights);
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<MaxOverSlices>());
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, torch_start(channels)));
  network.head_names = {"fc"};
  return network;
}

/// A ResNet-18 looks at each slice, and learned attention weighs the slices.
Blueprint build_attention_mil(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  const std::int64_t channels = add_resnet_features(network, "resnet18", size, weights);
  network.head.push_back(std::make_unique<GlobalAverage>());
  network.head.push_back(std::make_unique<AttentionOverSlices>(weights, "attention", channels, kAttentionHidden));
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, torch_start(channels)));
  network.head_names = {"attention", "fc"};
  return network;
}

/// [N, C, D, H, W] to what is at each depth, [N, D, C].
class MeanOfDepths final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass&) const override {
    return input.mean(at::IntArrayRef({3, 4})).transpose(1, 2);
  }
};

struct GeneratorStage {
  std::int64_t channels;
  Extents stride;
};

constexpr std::array kGenerator = {
    GeneratorStage{16, {1, 2, 2}}, GeneratorStage{32, {1, 2, 2}},  GeneratorStage{64, 2},
    GeneratorStage{128, 2},        GeneratorStage{256, {1, 2, 2}},
};

/// After the description of Han Z. et al., "Accurate Screening of COVID-19 Using Attention-Based Deep 3D Multiple
/// Instance Learning" (2020): convolutions over the volume make instances, learned attention weighs them. An instance
/// is what the last map holds at one depth. Widths and names are ours.
Blueprint build_ad3d_mil(const NetworkSize& size, WeightList& weights) {
  Blueprint network;
  std::int64_t channels = size.in_channels;
  for (std::size_t i = 0; i < kGenerator.size(); ++i) {
    if (i + 1 == kGenerator.size()) network.next_to_last_end = network.features.size();
    const std::string name = "generator." + std::to_string(i);
    const auto add = [&](const std::string& part, Extents stride) {
      constexpr ConvolutionHabit kConvolutions = {.axes = 3};
      kConvolutions.add(network.features, weights, name + "." + part,
                        {.in_channels = channels,
                         .out_channels = kGenerator[i].channels,
                         .kernel = 3,
                         .stride = stride,
                         .padding = 1});
      channels = kGenerator[i].channels;
    };
    add("down", kGenerator[i].stride);
    add("filter", 1);
  }
  network.head.push_back(std::make_unique<MeanOfDepths>());
  network.head.push_back(std::make_unique<AttentionOverSlices>(weights, "attention", channels, kAttentionHidden));
  network.head.push_back(std::make_unique<Linear>(weights, "fc", channels, size.class_count, torch_start(channels)));
  network.head_names = {"attention", "fc"};
  return network;
}

}  // namespace

std::vector<Design> scan_network_designs() {
  const std::vector<MapDescription> resnet_maps = {{FeatureMap::kNextToLast, 16}, {FeatureMap::kLast, 32}};
  return {
      {.description = {.name = "covnet", .source = "Li et al. 2020", .input = InputKind::kBags, .maps = resnet_maps},
       .build = build_covnet},
      {.description = {.name = "attention_mil",
                       .source = "after Ilse et al. 2018",
                       .input = InputKind::kBags,
                       .maps = resnet_maps},
       .build = build_attention_mil},
      {.description = {.name = "ad3d_mil",
                       .source = "after Han Z. et al. 2020",
                       .input = InputKind::kVolumes,
                       .usual = {.depth = 64, .height = 256, .width = 256},
                       .maps = resnet_maps},
       .build = build_ad3d_mil}};
}

}  // namespace alveus::learn
