// SPDX-License-Identifier: Apache-2.0
#include "explain/activation_map.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"

namespace alveus::explain {
namespace {

/// Two neighbours on an axis and the share of the second.
struct Neighbours {
  std::size_t first = 0;
  std::size_t second = 0;
  float share = 0;
};

Neighbours neighbours_of(std::size_t position, std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double source = std::max(0.0, (static_cast<double>(position) + 0.5) * scale - 0.5);
  const auto first = std::min(static_cast<std::size_t>(source), from - 1);
  return {.first = first,
          .second = std::min(first + 1, from - 1),
          .share = static_cast<float>(source - static_cast<double>(first))};
}

}  // namespace

SaliencyMap grad_cam(const FeatureView& view) {
  const std::size_t area = view.height * view.width;
  ALVEUS_CHECK(area > 0 && view.features.size() == view.channels * area && view.gradient.size() == view.features.size(),
               "features and gradient have the stated shape");
  std::vector<double> sums(area, 0.0);
  for (std::size_t channel = 0; channel < view.channels; ++channel) {
    const auto gradient = view.gradient.subspan(channel * area, area);
    double weight = 0;
    for (const float value : gradient) weight += static_cast<double>(value);
    weight /= static_cast<double>(area);
    const auto features = view.features.subspan(channel * area, area);
    for (std::size_t i = 0; i < area; ++i) sums[i] += weight * static_cast<double>(features[i]);
  }
  SaliencyMap map = {.height = view.height, .width = view.width, .values = {}};
  for (const double sum : sums) map.values.push_back(static_cast<float>(std::max(sum, 0.0)));
  return map;
}

SaliencyMap enlarge(const SaliencyMap& map, std::size_t height, std::size_t width) {
  ALVEUS_CHECK(map.height > 0 && map.width > 0, "a map has a pixel");
  SaliencyMap large = {.height = height, .width = width, .values = {}};
  large.values.reserve(height * width);
  for (std::size_t y = 0; y < height; ++y) {
    const Neighbours rows = neighbours_of(y, map.height, height);
    for (std::size_t x = 0; x < width; ++x) {
      const Neighbours columns = neighbours_of(x, map.width, width);
      const auto between = [&](std::size_t row) {
        const float left = map.values[row * map.width + columns.first];
        const float right = map.values[row * map.width + columns.second];
        return left + (right - left) * columns.share;
      };
      const float upper = between(rows.first);
      large.values.push_back(upper + (between(rows.second) - upper) * rows.share);
    }
  }
  return large;
}

}  // namespace alveus::explain
