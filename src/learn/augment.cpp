// SPDX-License-Identifier: Apache-2.0
#include "learn/augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "core/check.hpp"
#include "core/random.hpp"

namespace alveus::learn {
namespace {

constexpr double kAngleMax = 10.0 * std::numbers::pi / 180.0;
constexpr double kScaleChangeMax = 0.1;
constexpr double kShiftMax = 0.05;
constexpr double kGammaMax = 1.5;
constexpr double kContrastChangeMax = 0.25;
constexpr double kBrightnessMax = 0.15;
constexpr float kUnit = 1.0F / 255.0F;

/// Where in the source each pixel of the result comes from: source = origin + x * per_x + y * per_y.
struct Sampling {
  float origin_x, origin_y;
  float x_per_x, y_per_x;
  float x_per_y, y_per_y;
};

Sampling sampling_of(const PictureShape& shape, const Placement& placement) {
  const double cosine = std::cos(placement.angle_rad) / placement.scale;
  const double sine = std::sin(placement.angle_rad) / placement.scale;
  const double mirror = placement.mirrored ? -1.0 : 1.0;
  const double centre_x = (static_cast<double>(shape.width) - 1) / 2;
  const double centre_y = (static_cast<double>(shape.height) - 1) / 2;
  const double from_x = centre_x + placement.shift_x * static_cast<double>(shape.width);
  const double from_y = centre_y + placement.shift_y * static_cast<double>(shape.height);
  return {.origin_x = static_cast<float>(centre_x + mirror * (-cosine * from_x - sine * from_y)),
          .origin_y = static_cast<float>(centre_y + sine * from_x - cosine * from_y),
          .x_per_x = static_cast<float>(mirror * cosine),
          .y_per_x = static_cast<float>(-sine),
          .x_per_y = static_cast<float>(mirror * sine),
          .y_per_y = static_cast<float>(cosine)};
}

}  // namespace

Placement draw_placement(std::uint64_t seed, std::uint64_t epoch, std::string_view sample_id) {
  core::Random random(seed, "augment/" + std::string(sample_id), epoch);
  Placement placement;
  placement.mirrored = random.chance(0.5);
  placement.angle_rad = random.uniform(-kAngleMax, kAngleMax);
  placement.scale = random.uniform(1 - kScaleChangeMax, 1 + kScaleChangeMax);
  placement.shift_x = random.uniform(-kShiftMax, kShiftMax);
  placement.shift_y = random.uniform(-kShiftMax, kShiftMax);
  return placement;
}

Shading draw_shading(std::uint64_t seed, std::uint64_t epoch, std::string_view sample_id) {
  core::Random random(seed, "shade/" + std::string(sample_id), epoch);
  Shading shading;
  shading.gamma = std::exp(random.uniform(-std::log(kGammaMax), std::log(kGammaMax)));
  shading.contrast = random.uniform(1 - kContrastChangeMax, 1 + kContrastChangeMax);
  shading.brightness = random.uniform(-kBrightnessMax, kBrightnessMax);
  return shading;
}

void to_unit_range(std::span<const std::uint8_t> picture, std::span<float> out) {
  ALVEUS_CHECK(picture.size() == out.size(), "the result has the picture's size");
  const std::uint8_t* const from = picture.data();
  float* const to = out.data();
  for (std::size_t i = 0; i < picture.size(); ++i) to[i] = static_cast<float>(from[i]) * kUnit;
}

void place(std::span<const std::uint8_t> picture, const PictureShape& shape, const Placement& placement,
           std::span<float> out) {
  ALVEUS_CHECK(picture.size() == shape.height * shape.width && out.size() == picture.size(), "sizes match the shape");
  const Sampling sampling = sampling_of(shape, placement);
  const auto width = static_cast<int>(shape.width);
  const auto height = static_cast<int>(shape.height);
  const std::uint8_t* const pixels = picture.data();
  const auto at = [&](int y, int x) {
    const bool inside = x >= 0 && x < width && y >= 0 && y < height;
    return inside ? static_cast<float>(pixels[y * width + x]) : 0.0F;
  };
  float* to = out.data();
  for (int y = 0; y < height; ++y) {
    const float row_x = sampling.origin_x + static_cast<float>(y) * sampling.x_per_y;
    const float row_y = sampling.origin_y + static_cast<float>(y) * sampling.y_per_y;
    for (int x = 0; x < width; ++x) {
      const float source_x = row_x + static_cast<float>(x) * sampling.x_per_x;
      const float source_y = row_y + static_cast<float>(x) * sampling.y_per_x;
      const float left = std::floor(source_x);
      const float top = std::floor(source_y);
      const float right_share = source_x - left;
      const float bottom_share = source_y - top;
      const auto column = static_cast<int>(left);
      const auto row = static_cast<int>(top);
      const float upper = at(row, column) + (at(row, column + 1) - at(row, column)) * right_share;
      const float lower = at(row + 1, column) + (at(row + 1, column + 1) - at(row + 1, column)) * right_share;
      *to++ = (upper + (lower - upper) * bottom_share) * kUnit;
    }
  }
}

void shade(std::span<float> picture, const Shading& shading) {
  const auto gamma = static_cast<float>(shading.gamma);
  const auto contrast = static_cast<float>(shading.contrast);
  const auto addition = static_cast<float>(0.5 - 0.5 * shading.contrast + shading.brightness);
  for (float& value : picture) value = std::clamp(std::pow(value, gamma) * contrast + addition, 0.0F, 1.0F);
}

void turn_quarters(std::span<const std::uint8_t> picture, std::size_t side, int quarters, std::span<float> out) {
  ALVEUS_CHECK(picture.size() == side * side && out.size() == picture.size(), "the picture is square");
  const std::size_t last = side - 1;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      std::size_t from = y * side + x;
      if (quarters == 1) from = x * side + (last - y);
      if (quarters == 2) from = (last - y) * side + (last - x);
      if (quarters == 3) from = (last - x) * side + y;
      out[y * side + x] = static_cast<float>(picture[from]) * kUnit;
    }
  }
}

}  // namespace alveus::learn
