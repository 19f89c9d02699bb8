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

/// A change of a picture's grey values, black at 0 and white at 1: power, then contrast around the middle, then an
/// addition. What leaves 0 to 1 is cut.
struct Shading {
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
};

/// The shading of one sample in one epoch: a power of 2/3 to 3/2 (even on a logarithmic scale), a contrast of 0.75 to
/// 1.25, an addition of up to 0.15. Depends on its arguments alone. For pictures whose window is not known: where
/// Hounsfield units are, grey values mean something and the fixed window keeps it.
Shading draw_shading(std::uint64_t seed, std::uint64_t epoch, std::string_view sample_id);

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

/// Changes a picture in [0, 1] in place.
void shade(std::span<float> picture, const Shading& shading);

/// As `to_unit_range` with the picture turned counter-clockwise by a multiple of 90 degrees. The picture is square.
void turn_quarters(std::span<const std::uint8_t> picture, std::size_t side, int quarters, std::span<float> out);

}  // namespace alveus::learn
