// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::learn {

/// What a network looks at.
enum class InputKind {
  kPictures,  ///< slices [N, C, H, W]
  kVolumes,   ///< scans [N, C, D, H, W]
  kBags,      ///< the slices of scans [N, S, C, H, W], one answer a scan
};
std::string_view name_of(InputKind kind);

/// Which feature map a network is cut at.
enum class FeatureMap {
  kLast,        ///< behind the last convolution, or in front of the last attention
  kNextToLast,  ///< at the end of the last stage but one: twice as fine
};

/// A feature map that explanations can be made from.
struct MapDescription {
  FeatureMap map = FeatureMap::kLast;
  int stride = 32;  ///< pixels of the picture to one of the map, along height and width
};

/// Sizes of a picture or a volume in pixels; depth is 1 for pictures.
struct PictureSize {
  std::int64_t depth = 1;
  std::int64_t height = 0;
  std::int64_t width = 0;

  bool operator==(const PictureSize&) const = default;
};
/// "224 x 224", or with 3 axes "16 x 112 x 112".
std::string text_of(const PictureSize& size, int axes);

/// What can be known of a network without building it.
struct NetworkDescription {
  std::string name;
  std::string source;  ///< the publication
  InputKind input = InputKind::kPictures;
  PictureSize least = {.height = 1, .width = 1};      ///< it answers nothing smaller
  PictureSize usual = {.height = 224, .width = 224};  ///< what it was published with
  /// 0, or the side of its patches: such a network is built for one size of square pictures, a multiple of this, and
  /// takes no other.
  int patch = 0;
  /// A second answer while training, from a map in the middle; pictures smaller than usual are too small for it.
  bool has_auxiliary_head = false;
  std::vector<MapDescription> maps = {};  ///< from fine to coarse

  /// Convolutions and maps have 3 axes for volumes, else 2.
  int axes() const { return input == InputKind::kVolumes ? 3 : 2; }
  const MapDescription* find(FeatureMap map) const;
};

/// Names, as torchvision has them where it has the network, sorted.
std::vector<std::string> network_names();

/// kInvalidInput suggests the likely name for a misspelt one.
core::Result<NetworkDescription> describe_network(std::string_view name);

}  // namespace alveus::learn
