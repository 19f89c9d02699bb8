// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace alveus::imaging {

/// The Hounsfield units that become black and white. Constants of a study: never taken from a picture.
struct Window {
  double low = -1250;  ///< centre -500, width 1500: the lung window of the published pipeline
  double high = 250;
};

/// Maps `low`..`high` linearly to 0..255, clamped, rounded to the nearest (halves up); no number becomes 0. The spans
/// are equally long.
void map_window(std::span<const float> values, const Window& window, std::span<std::uint8_t> bytes);

/// A part of a picture in pixels; it may reach beyond it.
struct Box {
  long x = 0;
  long y = 0;
  long width = 0;
  long height = 0;

  friend bool operator==(const Box&, const Box&) = default;
};

/// The smallest box around the marked pixels of `mask` [height, width], or nothing when none is marked.
std::optional<Box> bounding_box(std::span<const std::uint8_t> mask, std::size_t width, std::size_t height);

/// The box grown on each side by `share` of its own size, rounded up, then cut at the picture's edge.
Box with_margin(const Box& box, double share, std::size_t width, std::size_t height);

/// The smallest square around the box with the same centre (to half a pixel); it may reach beyond the picture.
Box square_around(const Box& box);

/// The part `box` of a picture [height, width] as [out_height, out_width]. Along an axis that shrinks an output pixel
/// is the mean over the area it covers, along one that grows it is interpolated linearly. Beyond the picture lies
/// `outside`.
std::vector<float> resize(std::span<const float> picture, std::size_t width, std::size_t height, const Box& box,
                          std::size_t out_width, std::size_t out_height, float outside);

/// The same for labels: each output pixel takes the label of the source pixel at its centre; 0 beyond the picture.
std::vector<std::uint8_t> resize_labels(std::span<const std::uint8_t> labels, std::size_t width, std::size_t height,
                                        const Box& box, std::size_t out_width, std::size_t out_height);

}  // namespace alveus::imaging
