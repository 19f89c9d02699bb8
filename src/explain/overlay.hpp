// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace alveus::explain {

using Colour = std::array<std::uint8_t, 3>;  ///< red, green, blue

/// A colour for a value in [0, 1]: from black over purple and orange to pale yellow. Lightness grows all the way, so
/// the order of values also survives a grey printer and colour blindness.
Colour heat_colour(double value);

/// A picture in colours, [height, width, 3].
struct ColourPicture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;
};

/// What an explanation shows; all arrays are [height, width].
struct OverlayInput {
  std::size_t height = 0;
  std::size_t width = 0;
  std::span<const std::uint8_t> picture;
  std::span<const float> saliency;       ///< not negative
  std::span<const std::uint8_t> lesion;  ///< empty when unknown
};

/// The picture twice, side by side and enlarged by a whole factor to about 384 pixels: left as it is, right with the
/// map over it, the more opaque the higher. Lesions are outlined in cyan on both.
ColourPicture draw_overlay(const OverlayInput& input);

}  // namespace alveus::explain
