// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace alveus::explain {

/// A picture of floats, [height, width], C order.
struct SaliencyMap {
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<float> values;
};

/// Features and the gradient of a score by them, both [channels, depth, height, width].
struct FeatureView {
  std::size_t channels = 0;
  std::size_t depth = 1;
  std::size_t height = 0;
  std::size_t width = 0;
  std::span<const float> features;
  std::span<const float> gradient;
};

/// Whether a channel has one weight for all depths, as in a volume, or one for each, as in slices looked at alone.
enum class Weighing { kWhole, kEachDepth };

/// Grad-CAM (Selvaraju et al., 2017): relu(sum_k w_k A_k), w_k the mean of the gradient over channel k. A map for each
/// depth.
std::vector<SaliencyMap> grad_cam(const FeatureView& view, Weighing weighing = Weighing::kWhole);

/// Trilinear: from the maps of some depths, all of one size, to those of others.
std::vector<SaliencyMap> enlarge(const std::vector<SaliencyMap>& maps, std::size_t depth, std::size_t height,
                                 std::size_t width);

/// Bilinear, pixel centres at half-integers (as torch's align_corners = false): edge values are continued.
SaliencyMap enlarge(const SaliencyMap& map, std::size_t height, std::size_t width);

}  // namespace alveus::explain
