// SPDX-License-Identifier: Apache-2.0
#include "imaging/window.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"

namespace alveus::imaging {
namespace {

/// The source pixels that make one output pixel along one axis.
struct Taps {
  long first = 0;
  std::vector<double> weights;  ///< sum to 1
};

/// Positions in pixels: pixel i covers [i, i + 1).
std::vector<Taps> taps_of(long start, long length, std::size_t out_length) {
  std::vector<Taps> all(out_length);
  const double scale = static_cast<double>(length) / static_cast<double>(out_length);
  for (std::size_t i = 0; i < out_length; ++i) {
    Taps& taps = all[i];
    if (scale > 1) {
      const double low = static_cast<double>(start) + static_cast<double>(i) * scale;
      const double high = low + scale;
      taps.first = static_cast<long>(std::floor(low));
      for (long pixel = taps.first; static_cast<double>(pixel) < high - 1e-9; ++pixel) {
        const double covered =
            std::min(high, static_cast<double>(pixel + 1)) - std::max(low, static_cast<double>(pixel));
        taps.weights.push_back(covered / scale);
      }
    } else {
      // Between the centres of two pixels; beyond the box's own edge pixels their value goes on.
      const double centre = static_cast<double>(start) + (static_cast<double>(i) + 0.5) * scale - 0.5;
      const double inside = std::clamp(centre, static_cast<double>(start), static_cast<double>(start + length - 1));
      taps.first = static_cast<long>(std::floor(inside));
      const double share = inside - static_cast<double>(taps.first);
      taps.weights = share > 0 ? std::vector<double>{1 - share, share} : std::vector<double>{1.0};
    }
  }
  return all;
}

}  // namespace

void map_window(std::span<const float> values, const Window& window, std::span<std::uint8_t> bytes) {
  ALVEUS_CHECK(values.size() == bytes.size(), "as many bytes as values");
  ALVEUS_CHECK(window.low < window.high, "a window that is not empty");
  const double scale = 255.0 / (window.high - window.low);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double mapped = (static_cast<double>(values[i]) - window.low) * scale;
    // The comparison is false for "no number", which becomes black.
    bytes[i] = mapped > 0 ? static_cast<std::uint8_t>(std::min(std::floor(mapped + 0.5), 255.0)) : std::uint8_t{0};
  }
}

std::optional<Box> bounding_box(std::span<const std::uint8_t> mask, std::size_t width, std::size_t height) {
  ALVEUS_CHECK(mask.size() == width * height, "a mask of the stated size");
  std::size_t left = width;
  std::size_t right = 0;
  std::size_t top = height;
  std::size_t bottom = 0;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      if (mask[y * width + x] == 0) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = y + 1;
    }
  }
  if (left >= right) return std::nullopt;
  return Box{static_cast<long>(left), static_cast<long>(top), static_cast<long>(right - left),
             static_cast<long>(bottom - top)};
}

Box with_margin(const Box& box, double share, std::size_t width, std::size_t height) {
  const auto extra = [share](long length) { return static_cast<long>(std::ceil(static_cast<double>(length) * share)); };
  const long left = std::max(box.x - extra(box.width), 0L);
  const long top = std::max(box.y - extra(box.height), 0L);
  const long right = std::min(box.x + box.width + extra(box.width), static_cast<long>(width));
  const long bottom = std::min(box.y + box.height + extra(box.height), static_cast<long>(height));
  return {left, top, right - left, bottom - top};
}

Box square_around(const Box& box) {
  const long side = std::max(box.width, box.height);
  return {box.x - (side - box.width) / 2, box.y - (side - box.height) / 2, side, side};
}

std::vector<float> resize(std::span<const float> picture, std::size_t width, std::size_t height, const Box& box,
                          std::size_t out_width, std::size_t out_height, float outside) {
  ALVEUS_CHECK(picture.size() == width * height, "a picture of the stated size");
  ALVEUS_CHECK(box.width > 0 && box.height > 0 && out_width > 0 && out_height > 0, "sizes that are not empty");
  const std::vector<Taps> columns = taps_of(box.x, box.width, out_width);
  const std::vector<Taps> rows = taps_of(box.y, box.height, out_height);

  // First along x, for the rows of the picture that are used; then along y.
  std::vector<double> narrow(height * out_width);
  const long first_row = std::clamp(rows.front().first, 0L, static_cast<long>(height));
  const long last_row = std::clamp(rows.back().first + static_cast<long>(rows.back().weights.size()), first_row,
                                   static_cast<long>(height));
  for (auto y = static_cast<std::size_t>(first_row); y < static_cast<std::size_t>(last_row); ++y) {
    for (std::size_t x = 0; x < out_width; ++x) {
      double sum = 0;
      for (std::size_t t = 0; t < columns[x].weights.size(); ++t) {
        const long at = columns[x].first + static_cast<long>(t);
        const bool inside = at >= 0 && at < static_cast<long>(width);
        const float value = inside ? picture[y * width + static_cast<std::size_t>(at)] : outside;
        sum += columns[x].weights[t] * static_cast<double>(value);
      }
      narrow[y * out_width + x] = sum;
    }
  }
  std::vector<float> result(out_width * out_height);
  for (std::size_t y = 0; y < out_height; ++y) {
    for (std::size_t x = 0; x < out_width; ++x) {
      double sum = 0;
      for (std::size_t t = 0; t < rows[y].weights.size(); ++t) {
        const long at = rows[y].first + static_cast<long>(t);
        const bool inside = at >= 0 && at < static_cast<long>(height);
        sum += rows[y].weights[t] *
               (inside ? narrow[static_cast<std::size_t>(at) * out_width + x] : static_cast<double>(outside));
      }
      result[y * out_width + x] = static_cast<float>(sum);
    }
  }
  return result;
}

std::vector<std::uint8_t> resize_labels(std::span<const std::uint8_t> labels, std::size_t width, std::size_t height,
                                        const Box& box, std::size_t out_width, std::size_t out_height) {
  ALVEUS_CHECK(labels.size() == width * height, "labels of the stated size");
  ALVEUS_CHECK(box.width > 0 && box.height > 0 && out_width > 0 && out_height > 0, "sizes that are not empty");
  const auto source = [](long start, long length, std::size_t out_length, std::size_t i) {
    const double scale = static_cast<double>(length) / static_cast<double>(out_length);
    return start + static_cast<long>(std::floor((static_cast<double>(i) + 0.5) * scale));
  };
  std::vector<std::uint8_t> result(out_width * out_height, 0);
  for (std::size_t y = 0; y < out_height; ++y) {
    const long from_y = source(box.y, box.height, out_height, y);
    if (from_y < 0 || from_y >= static_cast<long>(height)) continue;
    for (std::size_t x = 0; x < out_width; ++x) {
      const long from_x = source(box.x, box.width, out_width, x);
      if (from_x < 0 || from_x >= static_cast<long>(width)) continue;
      result[y * out_width + x] = labels[static_cast<std::size_t>(from_y) * width + static_cast<std::size_t>(from_x)];
    }
  }
  return result;
}

}  // namespace alveus::imaging
