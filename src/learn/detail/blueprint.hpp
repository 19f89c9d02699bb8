// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/detail/layers.hpp"
#include "learn/network_description.hpp"

namespace alveus::learn {

/// How what flows through the layers becomes a feature map [N, C, …] and back; the identity but for tokens.
enum class MapForm {
  kPlaces,  ///< [N, C, H, W] or [N, C, D, H, W]: the map itself
  kTokens,  ///< [N, 1 + H * W, C]: a class token, then the places of a square map
};

/// A built network: `features` end with the last feature map, `head` turns it into logits [N, classes].
struct Blueprint {
  Layers features;
  Layers head;
  std::size_t next_to_last_end = 0;  ///< number of feature layers up to the end of the last stage but one
  MapForm map_form = MapForm::kPlaces;
  std::size_t token_head_end = 0;         ///< number of head layers, from the first, that still answer tokens
  Layers auxiliary = {};                  ///< a second head, for training
  std::size_t auxiliary_begin = 0;        ///< number of feature layers in front of it
  std::int64_t auxiliary_side_least = 0;  ///< of the map it takes; it has no say over smaller ones
  /// Names of the layers that depend on the task, and what only training needs: weights below them may be absent or of
  /// another size in a file of start weights.
  std::vector<std::string> head_names;
};

struct NetworkSize {
  std::int64_t in_channels = 1;
  std::int64_t class_count = 2;
  std::int64_t picture_side = 0;  ///< of networks that are built for one size
};

/// One row of a family's table.
struct Design {
  NetworkDescription description;
  std::function<Blueprint(const NetworkSize& size, WeightList& weights)> build;
};

/// The families.
std::vector<Design> resnet_designs();
std::vector<Design> densenet_designs();
std::vector<Design> vgg_designs();
std::vector<Design> inception_designs();
std::vector<Design> mobilenet_designs();
std::vector<Design> efficientnet_designs();
std::vector<Design> xception_designs();
std::vector<Design> convnext_designs();
std::vector<Design> vision_transformer_designs();
std::vector<Design> swin_designs();
std::vector<Design> covidnet_designs();
std::vector<Design> video_resnet_designs();
std::vector<Design> i3d_designs();
std::vector<Design> decovnet_designs();
std::vector<Design> scan_network_designs();

/// Adds the feature layers of a residual network of this name, for networks with another head; gives their channels.
std::int64_t add_resnet_features(Blueprint& network, std::string_view name, const NetworkSize& size,
                                 WeightList& weights);

/// Null when there is no such network.
const Design* find_design(std::string_view name);

}  // namespace alveus::learn
