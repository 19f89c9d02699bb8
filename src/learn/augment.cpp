// SPDX-License-Identifier: Apache-2.0
#include "learn/augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/check.hpp"

namespace alveus::learn {
namespace {

constexpr std::size_t kCells = kControlSide - 3;

// The border around the source: coordinates are cut to [-1, side], and a pixel's right and lower neighbours are read.
constexpr std::size_t kBefore = 1;
constexpr std::size_t kBorder = 3;

/// Mixes 32 bits: Thomas Mueller's constant, twice.
std::uint32_t mixed(std::uint32_t word) {
  constexpr std::uint32_t kFactor = 0x45d9f3b;
  word = (word ^ (word >> 16U)) * kFactor;
  word = (word ^ (word >> 16U)) * kFactor;
  return word ^ (word >> 16U);
}

/// The largest whole number not above `value`, faster than std::floor where that is a call.
int floor_of(float value) {
  const int cut = static_cast<int>(value);
  return cut - static_cast<int>(static_cast<float>(cut) > value);
}

/// `i` folded into 0 … side-1 at the outermost pixels, which are not repeated.
std::size_t reflected(std::ptrdiff_t i, std::size_t side) {
  const auto last = static_cast<std::ptrdiff_t>(side) - 1;
  if (i < 0) i = -i;
  return static_cast<std::size_t>(i > last ? 2 * last - i : i);
}

}  // namespace

Sampling sampling_of(const PictureShape& shape, const Placement& placement) {
  const double cosine = std::cos(placement.angle_rad) / placement.scale;
  const double sine = std::sin(placement.angle_rad) / placement.scale;
  const double mirror = placement.mirrored ? -1.0 : 1.0;
  const double flip = placement.flipped ? -1.0 : 1.0;
  const double centre_x = (static_cast<double>(shape.width) - 1) / 2;
  const double centre_y = (static_cast<double>(shape.height) - 1) / 2;
  const double from_x = centre_x + placement.shift_x * static_cast<double>(shape.width);
  const double from_y = centre_y + placement.shift_y * static_cast<double>(shape.height);
  return {.origin_x = static_cast<float>(centre_x + mirror * (-cosine * from_x - sine * from_y)),
          .origin_y = static_cast<float>(centre_y + flip * (sine * from_x - cosine * from_y)),
          .x_per_x = static_cast<float>(mirror * cosine),
          .y_per_x = static_cast<float>(flip * -sine),
          .x_per_y = static_cast<float>(mirror * sine),
          .y_per_y = static_cast<float>(flip * cosine)};
}

std::vector<float> spline_basis(std::size_t side) {
  std::vector<float> basis(kControlSide * side);
  for (std::size_t x = 0; x < side; ++x) {
    const double place = (static_cast<double>(x) + 0.5) / static_cast<double>(side) * static_cast<double>(kCells);
    const auto cell = std::min(static_cast<std::size_t>(place), kCells - 1);
    const double t = place - static_cast<double>(cell);
    const double rest = 1 - t;
    const std::array<double, 4> weights = {rest * rest * rest / 6, (3 * t * t * t - 6 * t * t + 4) / 6,
                                           (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6, t * t * t / 6};
    for (std::size_t k = 0; k < weights.size(); ++k) basis[(cell + k) * side + x] = static_cast<float>(weights[k]);
  }
  return basis;
}

std::vector<float> blur_weights(double deviation_px, const PictureShape& shape) {
  const auto radius_max = static_cast<double>(std::min(shape.height, shape.width)) - 1;
  const auto radius = static_cast<int>(std::min(std::ceil(3 * deviation_px), radius_max));
  if (radius <= 0) return {1.0F};
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    const double distance = i / deviation_px;
    weights.push_back(std::exp(-0.5 * distance * distance));
    sum += weights.back();
  }
  std::vector<float> rounded;
  for (const double weight : weights) rounded.push_back(static_cast<float>(weight / sum));
  return rounded;
}

PictureMaker::PictureMaker(const PictureShape& shape) : shape_(shape) {}

void PictureMaker::make(StoredPicture picture, const PictureChange& change, std::span<float> out) {
  ALVEUS_CHECK(picture.size() == shape_.area() && out.size() == picture.size(), "sizes match the shape");
  if (change.moves_pixels()) {
    place(picture, change, out);
  } else {
    to_unit_range(picture, out);
  }
  if (change.blur_px > 0) blur(change.blur_px, out);
  if (change.moves_window()) move_window(out, change.window);
  if (change.shades()) shade(out, change.shading);
  if (change.noise.deviation > 0) add_noise(out, change.noise);
  blacken(out, shape_, change.cutout);
}

void PictureMaker::place(StoredPicture picture, const PictureChange& change, std::span<float> out) {
  const std::size_t stride = shape_.width + kBorder;
  padded_.resize(stride * (shape_.height + kBorder));  // the border stays 0 from here on
  std::visit(
      [&](const auto& pixels) {
        for (std::size_t y = 0; y < shape_.height; ++y) {
          const auto* const from = pixels.data() + y * shape_.width;
          float* const to = padded_.data() + (y + kBefore) * stride + kBefore;
          for (std::size_t x = 0; x < shape_.width; ++x) to[x] = kept_number(from[x]);
        }
      },
      picture.pixels());
  const Sampling sampling = sampling_of(shape_, change.placement);
  source_x_.resize(shape_.width);
  source_y_.resize(shape_.width);
  for (std::size_t y = 0; y < shape_.height; ++y) {
    const float row_x = sampling.origin_x + static_cast<float>(y) * sampling.x_per_y;
    const float row_y = sampling.origin_y + static_cast<float>(y) * sampling.y_per_y;
    float* const xs = source_x_.data();
    float* const ys = source_y_.data();
    for (int x = 0; x < static_cast<int>(shape_.width); ++x) {
      xs[x] = row_x + static_cast<float>(x) * sampling.x_per_x;
      ys[x] = row_y + static_cast<float>(x) * sampling.y_per_x;
    }
    if (change.bend) bend_row(*change.bend, y);
    sample_row(unit_of(picture.type()), out.data() + y * shape_.width);
  }
}

void PictureMaker::bend_row(const Bend& bend, std::size_t y) {
  if (basis_across_.empty()) {
    basis_across_ = spline_basis(shape_.width);
    basis_down_ = spline_basis(shape_.height);
  }
  for (std::size_t j = 0; j < kControlSide; ++j) {
    float across = 0;
    float down = 0;
    for (std::size_t i = 0; i < kControlSide; ++i) {
      const float share = basis_down_[i * shape_.height + y];
      across += share * bend.across[i * kControlSide + j];
      down += share * bend.down[i * kControlSide + j];
    }
    across *= static_cast<float>(shape_.width);
    down *= static_cast<float>(shape_.height);
    const float* const basis = basis_across_.data() + j * shape_.width;
    float* const xs = source_x_.data();
    float* const ys = source_y_.data();
    for (std::size_t x = 0; x < shape_.width; ++x) {
      xs[x] += across * basis[x];
      ys[x] += down * basis[x];
    }
  }
}

void PictureMaker::sample_row(float unit, float* out) const {
  const auto width = static_cast<int>(shape_.width);
  const int stride = width + static_cast<int>(kBorder);
  const auto right = static_cast<float>(shape_.width);
  const auto bottom = static_cast<float>(shape_.height);
  const float* const first = padded_.data() + kBefore * static_cast<std::size_t>(stride) + kBefore;
  for (int i = 0; i < width; ++i) {
    const float x = std::clamp(source_x_[static_cast<std::size_t>(i)], -1.0F, right);
    const float y = std::clamp(source_y_[static_cast<std::size_t>(i)], -1.0F, bottom);
    const int column = floor_of(x);
    const int row = floor_of(y);
    const float right_share = x - static_cast<float>(column);
    const float bottom_share = y - static_cast<float>(row);
    const float* const above = first + row * stride + column;
    const float* const below = above + stride;
    const float upper = above[0] + (above[1] - above[0]) * right_share;
    const float lower = below[0] + (below[1] - below[0]) * right_share;
    out[i] = (upper + (lower - upper) * bottom_share) * unit;
  }
}

void PictureMaker::blur(double deviation_px, std::span<float> picture) {
  const std::vector<float> weights = blur_weights(deviation_px, shape_);
  const auto radius = static_cast<std::ptrdiff_t>(weights.size() / 2);
  const std::size_t width = shape_.width;
  blurred_.resize(shape_.area() + width + weights.size());
  float* const line = blurred_.data() + shape_.area();  // one row, continued on both sides
  for (std::size_t y = 0; y < shape_.height; ++y) {
    const float* const row = picture.data() + y * width;
    float* const to = blurred_.data() + y * width;
    for (std::ptrdiff_t i = -radius; i < 0; ++i) line[i + radius] = row[reflected(i, width)];
    std::copy_n(row, width, line + radius);
    for (std::ptrdiff_t i = 0; i < radius; ++i) {
      const auto behind = static_cast<std::ptrdiff_t>(width) + i;
      line[behind + radius] = row[reflected(behind, width)];
    }
    std::fill_n(to, width, 0.0F);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      for (std::size_t x = 0; x < width; ++x) to[x] += weights[k] * line[x + k];
    }
  }
  for (std::size_t y = 0; y < shape_.height; ++y) {
    float* const to = picture.data() + y * width;
    std::fill_n(to, width, 0.0F);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const auto from_row = static_cast<std::ptrdiff_t>(y) + static_cast<std::ptrdiff_t>(k) - radius;
      const float* const from = blurred_.data() + reflected(from_row, shape_.height) * width;
      for (std::size_t x = 0; x < width; ++x) to[x] += weights[k] * from[x];
    }
  }
}

void to_unit_range(StoredPicture picture, std::span<float> out) {
  ALVEUS_CHECK(picture.size() == out.size(), "the result has the picture's size");
  const float unit = unit_of(picture.type());
  float* const to = out.data();
  std::visit(
      [&](const auto& pixels) {
        const auto* const from = pixels.data();
        for (std::size_t i = 0; i < pixels.size(); ++i) to[i] = kept_number(from[i]) * unit;
      },
      picture.pixels());
}

void shade(std::span<float> picture, const Shading& shading) {
  const auto gamma = static_cast<float>(shading.gamma);
  const auto contrast = static_cast<float>(shading.contrast);
  const auto addition = static_cast<float>(0.5 - 0.5 * shading.contrast + shading.brightness);
  for (float& value : picture) value = std::clamp(std::pow(value, gamma) * contrast + addition, 0.0F, 1.0F);
}

void move_window(std::span<float> picture, const WindowMove& move) {
  const auto factor = static_cast<float>(1 / move.width);
  const auto addition = static_cast<float>(0.5 - (0.5 + move.centre) / move.width);
  for (float& value : picture) value = std::clamp(value * factor + addition, 0.0F, 1.0F);
}

/// Two pixels get the two values of one Box-Muller pair.
void add_noise(std::span<float> picture, const Noise& noise) {
  constexpr float kStep = 0x1.0p-24F;
  const auto deviation = static_cast<float>(noise.deviation);
  for (std::size_t i = 0; i < picture.size(); i += 2) {
    const auto number = static_cast<std::uint32_t>(i);
    const std::uint32_t first = mixed(mixed(number ^ noise.key[0]) ^ noise.key[1]);
    const std::uint32_t second = mixed(mixed((number + 1) ^ noise.key[0]) ^ noise.key[1]);
    const float radius = deviation * std::sqrt(-2.0F * std::log(static_cast<float>((first >> 8U) + 1) * kStep));
    const float angle = static_cast<float>(second >> 8U) * (kStep * 2 * std::numbers::pi_v<float>);
    picture[i] = std::clamp(picture[i] + radius * std::cos(angle), 0.0F, 1.0F);
    if (i + 1 < picture.size()) {
      picture[i + 1] = std::clamp(picture[i + 1] + radius * std::sin(angle), 0.0F, 1.0F);
    }
  }
}

void blacken(std::span<float> picture, const PictureShape& shape, const Region& region) {
  if (region.is_empty()) return;
  for (std::size_t y = region.top; y < region.top + region.height; ++y) {
    std::fill_n(picture.begin() + static_cast<std::ptrdiff_t>(y * shape.width + region.left), region.width, 0.0F);
  }
}

void mix_in(std::span<float> picture, std::span<const float> partner, const PictureShape& shape, double share,
            const Region& region) {
  ALVEUS_CHECK(picture.size() == shape.area() && partner.size() == picture.size(), "sizes match the shape");
  if (region.is_empty()) {
    const auto own = static_cast<float>(share);
    const auto other = static_cast<float>(1 - share);
    for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = own * picture[i] + other * partner[i];
    return;
  }
  for (std::size_t y = region.top; y < region.top + region.height; ++y) {
    const std::size_t begin = y * shape.width + region.left;
    std::copy_n(partner.begin() + static_cast<std::ptrdiff_t>(begin), region.width,
                picture.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

void turn_quarters(StoredPicture picture, std::size_t side, int quarters, std::span<float> out) {
  ALVEUS_CHECK(picture.size() == side * side && out.size() == picture.size(), "the picture is square");
  const std::size_t last = side - 1;
  const auto source_of = [&](std::size_t x, std::size_t y) {
    switch (quarters) {
      case 1: return x * side + (last - y);
      case 2: return (last - y) * side + (last - x);
      case 3: return (last - x) * side + y;
      default: return y * side + x;
    }
  };
  const float unit = unit_of(picture.type());
  std::visit(
      [&](const auto& pixels) {
        for (std::size_t y = 0; y < side; ++y) {
          for (std::size_t x = 0; x < side; ++x) out[y * side + x] = kept_number(pixels[source_of(x, y)]) * unit;
        }
      },
      picture.pixels());
}

}  // namespace alveus::learn
