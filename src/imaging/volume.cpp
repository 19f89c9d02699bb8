// SPDX-License-Identifier: Apache-2.0
#include "imaging/volume.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"

namespace alveus::imaging {
namespace {

/// For each patient axis the voxel axis that runs along it, and whether it runs the other way.
struct AxisMap {
  std::array<std::size_t, 3> source{0, 1, 2};
  std::array<bool, 3> flipped{false, false, false};
};

double entry(const Geometry& geometry, std::size_t row, std::size_t column) {
  return geometry.direction[row * 3 + column];
}

AxisMap nearest_axes(const Geometry& geometry) {
  // Of the six assignments the one with the largest sum of cosines: a greedy choice can pair an oblique axis wrongly.
  constexpr std::array<std::array<std::size_t, 3>, 6> kOrders{
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  AxisMap best;
  double best_sum = -1;
  for (const auto& order : kOrders) {
    double sum = 0;
    for (std::size_t row = 0; row < 3; ++row) sum += std::abs(entry(geometry, row, order[row]));
    if (sum > best_sum + 1e-9) {
      best_sum = sum;
      best.source = order;
    }
  }
  for (std::size_t row = 0; row < 3; ++row) best.flipped[row] = entry(geometry, row, best.source[row]) < 0;
  return best;
}

Geometry mapped(const Geometry& geometry, const std::array<std::size_t, 3>& sizes, const AxisMap& map) {
  Geometry result;
  result.origin_mm = geometry.origin_mm;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t source = map.source[axis];
    const double sign = map.flipped[axis] ? -1.0 : 1.0;
    result.spacing_mm[axis] = geometry.spacing_mm[source];
    const double way = static_cast<double>(sizes[source] - 1) * geometry.spacing_mm[source];
    for (std::size_t row = 0; row < 3; ++row) {
      const double cosine = entry(geometry, row, source);
      result.direction[row * 3 + axis] = sign * cosine;
      if (map.flipped[axis]) result.origin_mm[row] += cosine * way;
    }
  }
  return result;
}

}  // namespace

std::string text_of(const Shape& shape) {
  return std::to_string(shape.width) + " x " + std::to_string(shape.height) + " x " + std::to_string(shape.depth);
}

core::Status check_shape(const Shape& shape, const std::string& name) {
  const auto [width, height, depth] = shape;
  if (width == 0 || height == 0 || depth == 0) {
    return core::fail(core::ErrorCode::kInvalidInput, "it has no pixels (" + text_of(shape) + ")", name);
  }
  // Divisions, because the product of three declared sizes may overflow.
  if (width > kSideMax || height > kSideMax || depth > kSideMax || width > kSlicePixelsMax / height ||
      depth > kVoxelsMax / width / height) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "it declares " + text_of(shape) + " pixels, more than is read here (" + std::to_string(kSideMax) +
                          " a side, " + std::to_string(kSlicePixelsMax) + " a slice, " + std::to_string(kVoxelsMax) +
                          " in all)",
                      name);
  }
  return {};
}

Slice slice_of(const Volume& volume, std::size_t index) {
  ALVEUS_CHECK(index < volume.shape.depth, "a slice that exists");
  const std::size_t size = volume.shape.slice_size();
  const auto begin = volume.values.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {.width = volume.shape.width,
          .height = volume.shape.height,
          .spacing_mm = {volume.geometry.spacing_mm[0], volume.geometry.spacing_mm[1]},
          .values = std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(size))};
}

Volume to_axial(const Volume& volume) {
  const std::array<std::size_t, 3> sizes{volume.shape.width, volume.shape.height, volume.shape.depth};
  const std::array<std::size_t, 3> strides{1, sizes[0], sizes[0] * sizes[1]};
  const AxisMap map = nearest_axes(volume.geometry);
  Volume result;
  result.shape = {sizes[map.source[0]], sizes[map.source[1]], sizes[map.source[2]]};
  result.geometry = mapped(volume.geometry, sizes, map);
  result.values.resize(volume.values.size());

  const auto source_index = [&](std::size_t axis, std::size_t position) {
    const std::size_t source = map.source[axis];
    return (map.flipped[axis] ? sizes[source] - 1 - position : position) * strides[source];
  };
  std::size_t out = 0;
  for (std::size_t z = 0; z < result.shape.depth; ++z) {
    const std::size_t at_z = source_index(2, z);
    for (std::size_t y = 0; y < result.shape.height; ++y) {
      const std::size_t at_y = at_z + source_index(1, y);
      for (std::size_t x = 0; x < result.shape.width; ++x) {
        result.values[out++] = volume.values[at_y + source_index(0, x)];
      }
    }
  }
  return result;
}

core::Result<std::vector<std::uint8_t>> labels_of(std::span<const float> values, const std::string& name) {
  // False for "no number" too.
  const auto fits = [](float value) { return value >= 0 && value <= 255; };
  std::vector<std::uint8_t> labels(values.size());
  bool whole = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int label = static_cast<int>(fits(values[i]) ? values[i] : 0.0F);
    labels[i] = static_cast<std::uint8_t>(label);
    whole &= static_cast<float>(label) == values[i];
  }
  if (whole) return labels;
  const auto odd =
      std::ranges::find_if(values, [&](float value) { return !fits(value) || value != std::floor(value); });
  return core::fail(core::ErrorCode::kInvalidInput,
                    "a mask holds whole numbers from 0 to 255, this one holds " + std::to_string(*odd), name);
}

core::Result<Mask> mask_of(const Volume& volume, const std::string& name) {
  ALVEUS_TRY_ASSIGN(std::vector<std::uint8_t> labels, labels_of(volume.values, name));
  return Mask{volume.shape, volume.geometry, std::move(labels)};
}

}  // namespace alveus::imaging
