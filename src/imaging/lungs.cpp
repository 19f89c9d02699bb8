// SPDX-License-Identifier: Apache-2.0
#include "imaging/lungs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "imaging/detail/masks.hpp"

namespace alveus::imaging {
namespace {

using detail::BinaryMask;

std::array<std::size_t, 2> radius_in_pixels(double radius_mm, std::array<double, 2> spacing_mm) {
  const auto pixels = [&](double spacing) {
    return static_cast<std::size_t>(std::max(1L, std::lround(radius_mm / spacing)));
  };
  return {pixels(spacing_mm[0]), pixels(spacing_mm[1])};
}

BinaryMask component(const std::vector<std::uint32_t>& labels, std::uint32_t wanted, const BinaryMask& like) {
  BinaryMask mask{like.width, like.height, std::vector<std::uint8_t>(labels.size())};
  std::ranges::transform(labels, mask.pixels.begin(),
                         [wanted](std::uint32_t label) { return static_cast<std::uint8_t>(label == wanted); });
  return mask;
}

/// Sizes in another unit than millimetres would ask for structuring elements of thousands of pixels.
core::Status check_field_of_view(std::size_t width, std::size_t height, std::array<double, 2> spacing_mm) {
  constexpr double kLeastMm = 20;
  const double across = static_cast<double>(width) * spacing_mm[0];
  const double down = static_cast<double>(height) * spacing_mm[1];
  if (across >= kLeastMm && down >= kLeastMm) return {};
  return core::fail(core::ErrorCode::kInvalidInput, "the slice is only " + core::number_text(across) + " x " +
                                                        core::number_text(down) +
                                                        " mm large; is the size of its pixels in millimetres?");
}

/// The largest piece of tissue with everything inside it: the table, the arms and the tubes fall away.
BinaryMask find_body(std::span<const float> hu, std::size_t width, std::size_t height, std::array<double, 2> spacing_mm,
                     const LungRule& rule) {
  BinaryMask tissue{width, height, std::vector<std::uint8_t>(hu.size())};
  std::ranges::transform(hu, tissue.pixels.begin(),
                         [&](float value) { return static_cast<std::uint8_t>(value > rule.body_above_hu); });
  // Skin that touches the table by a few pixels is cut off from it.
  tissue = detail::open(tissue, radius_in_pixels(2.5, spacing_mm));
  const BinaryMask largest = component(detail::components_by_size(tissue), 1, tissue);
  // Where noise or thin skin leaves a gap in the wall of the chest, the lungs would else lie outside the body.
  return detail::fill_holes(detail::close(largest, radius_in_pixels(6, spacing_mm)));
}

std::vector<std::size_t> sizes_of(const std::vector<std::uint32_t>& labels) {
  std::vector<std::size_t> sizes(1 + static_cast<std::size_t>(labels.empty() ? 0 : *std::ranges::max_element(labels)));
  for (const std::uint32_t label : labels) ++sizes[label];
  return sizes;
}

/// Whether a piece of air, given by its values, holds gas alone.
bool is_gas(std::vector<float>& values, double area_mm2, const LungRule& rule) {
  const auto quantile = [&](std::size_t divisor) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / divisor);
    std::ranges::nth_element(values, place);
    return *place;
  };
  if (quantile(2) < rule.gas_below_hu) return true;
  return area_mm2 <= rule.gas_most_mm2 && quantile(4) < rule.gas_below_hu;
}

BinaryMask find_lungs(std::span<const float> hu, const BinaryMask& body, std::array<double, 2> spacing_mm,
                      const LungRule& rule) {
  BinaryMask air{body.width, body.height, std::vector<std::uint8_t>(hu.size())};
  for (std::size_t i = 0; i < hu.size(); ++i) {
    air.pixels[i] = static_cast<std::uint8_t>(body.pixels[i] != 0 && hu[i] < rule.air_below_hu);
  }
  const std::vector<std::uint32_t> labels = detail::components_by_size(air);
  const std::vector<std::size_t> sizes = sizes_of(labels);
  const double pixel_mm2 = spacing_mm[0] * spacing_mm[1];
  std::vector<float> values;
  BinaryMask lungs{body.width, body.height, std::vector<std::uint8_t>(hu.size(), 0)};
  for (std::uint32_t label = 1; label < sizes.size(); ++label) {
    const double area_mm2 = static_cast<double>(sizes[label]) * pixel_mm2;
    if (area_mm2 < rule.lung_least_mm2) break;
    values.clear();
    for (std::size_t i = 0; i < hu.size(); ++i) {
      if (labels[i] == label) values.push_back(hu[i]);
    }
    if (is_gas(values, area_mm2, rule)) continue;
    const BinaryMask closed =
        detail::close(component(labels, label, air), radius_in_pixels(rule.closing_radius_mm, spacing_mm));
    const BinaryMask filled = detail::fill_holes(closed);
    for (std::size_t i = 0; i < hu.size(); ++i) {
      if (filled.pixels[i] != 0 && body.pixels[i] != 0) lungs.pixels[i] = 1;
    }
  }
  return lungs;
}

}  // namespace

core::Result<LungMasks> segment_lungs(std::span<const float> hu, std::size_t width, std::size_t height,
                                      std::array<double, 2> spacing_mm, const LungRule& rule) {
  ALVEUS_CHECK(hu.size() == width * height && width > 0 && height > 0, "a slice of the stated size");
  ALVEUS_CHECK(spacing_mm[0] > 0 && spacing_mm[1] > 0, "pixels of a size");
  ALVEUS_TRY(check_field_of_view(width, height, spacing_mm));
  BinaryMask body = find_body(hu, width, height, spacing_mm, rule);
  BinaryMask lungs = find_lungs(hu, body, spacing_mm, rule);
  return LungMasks{std::move(body.pixels), std::move(lungs.pixels)};
}

double lung_share(const LungMasks& masks) {
  const auto body = std::accumulate(masks.body.begin(), masks.body.end(), std::size_t{0});
  const auto lung = std::accumulate(masks.lung.begin(), masks.lung.end(), std::size_t{0});
  return body == 0 ? 0 : static_cast<double>(lung) / static_cast<double>(body);
}

}  // namespace alveus::imaging
