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

std::vector<SaliencyMap> grad_cam(const FeatureView& view, Weighing weighing) {
  const std::size_t area = view.height * view.width;
  const std::size_t volume = view.depth * area;
  ALVEUS_CHECK(
      volume > 0 && view.features.size() == view.channels * volume && view.gradient.size() == view.features.size(),
      "features and gradient have the stated shape");
  const std::size_t block = weighing == Weighing::kWhole ? volume : area;  // has one weight in a channel
  std::vector<double> sums(volume, 0.0);
  for (std::size_t begin = 0; begin < view.features.size(); begin += block) {
    double weight = 0;
    for (const float value : view.gradient.subspan(begin, block)) weight += static_cast<double>(value);
    weight /= static_cast<double>(block);
    const auto features = view.features.subspan(begin, block);
    for (std::size_t i = 0; i < block; ++i) sums[begin % volume + i] += weight * static_cast<double>(features[i]);
  }
  std::vector<SaliencyMap> maps;
  for (std::size_t depth = 0; depth < view.depth; ++depth) {
    SaliencyMap map = {.height = view.height, .width = view.width, .values = {}};
    for (std::size_t i = 0; i < area; ++i) {
      map.values.push_back(static_cast<float>(std::max(sums[depth * area + i], 0.0)));
    }
    maps.push_back(std::move(map));
  }
  return maps;
}

std::vector<SaliencyMap> enlarge(const std::vector<SaliencyMap>& maps, std::size_t depth, std::size_t height,
                                 std::size_t width) {
  ALVEUS_CHECK(!maps.empty(), "there is a map");
  std::vector<SaliencyMap> large;
  for (const SaliencyMap& map : maps) large.push_back(enlarge(map, height, width));
  if (maps.size() == depth) return large;
  std::vector<SaliencyMap> between;
  for (std::size_t z = 0; z < depth; ++z) {
    const Neighbours levels = neighbours_of(z, maps.size(), depth);
    SaliencyMap map = large[levels.first];
    const std::vector<float>& second = large[levels.second].values;
    for (std::size_t i = 0; i < second.size(); ++i) map.values[i] += (second[i] - map.values[i]) * levels.share;
    between.push_back(std::move(map));
  }
  return between;
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
