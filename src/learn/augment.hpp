// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace alveus::learn {

/// A change of a picture's place: around its centre, mirrored left to right, turned, stretched, then moved. Lengths
/// are shares of the picture's sides.
struct Placement {
  bool mirrored = false;
  double angle_rad = 0;
  double scale = 1;
  double shift_x = 0;
  double shift_y = 0;
};

/// The placement of one sample in one epoch: mirrored one time in two, turned by up to 10 degrees, scaled by 0.9 to
/// 1.1, moved by up to 5 % of each side. Depends on its arguments alone.
Placement draw_placement(std::uint64_t seed, std::uint64_t epoch, std::string_view sample_id);

struct PictureShape {
  std::size_t height = 0;
  std::size_t width = 0;
};

/// Bytes to [0, 1].
void to_unit_range(std::span<const std::uint8_t> picture, std::span<float> out);

/// As `to_unit_range` with the picture placed: `out` shows at each pixel the source bilinearly interpolated, and 0
/// where that lies outside.
void place(std::span<const std::uint8_t> picture, const PictureShape& shape, const Placement& placement,
           std::span<float> out);

/// As `to_unit_range` with the picture turned counter-clockwise by a multiple of 90 degrees. The picture is square.
void turn_quarters(std::span<const std::uint8_t> picture, std::size_t side, int quarters, std::span<float> out);

}  // namespace alveus::learn
