// SPDX-License-Identifier: Apache-2.0
#include "explain/overlay.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"

namespace alveus::explain {
namespace {

constexpr std::size_t kSideWanted = 384;
constexpr double kOpacityMax = 0.7;
constexpr Colour kOutline = {0, 255, 255};

// Points of the colour map "inferno" (S. van der Walt and N. Smith, 2015, CC0) at equal distances.
constexpr std::array<Colour, 11> kHeat = {{{0, 0, 4},
                                           {22, 11, 57},
                                           {66, 10, 104},
                                           {106, 23, 110},
                                           {147, 38, 103},
                                           {188, 55, 84},
                                           {221, 81, 58},
                                           {243, 120, 25},
                                           {252, 165, 10},
                                           {246, 215, 70},
                                           {252, 255, 164}}};

std::uint8_t mixed(std::uint8_t from, std::uint8_t to, double share) {
  return static_cast<std::uint8_t>(
      std::lround(static_cast<double>(from) * (1 - share) + static_cast<double>(to) * share));
}

/// Where pixel (y, x) of the enlarged picture comes from and whether a lesion's border passes there.
class Enlarger {
 public:
  explicit Enlarger(const OverlayInput& input)
      : input_(input), factor_(std::max<std::size_t>(1, kSideWanted / std::max(input.height, input.width))) {}

  std::size_t height() const { return input_.height * factor_; }
  std::size_t width() const { return input_.width * factor_; }
  std::size_t source(std::size_t y, std::size_t x) const { return (y / factor_) * input_.width + x / factor_; }

  bool is_outline(std::size_t y, std::size_t x) const {
    if (!in_lesion(y, x)) return false;
    const bool at_edge = y == 0 || x == 0 || y + 1 == height() || x + 1 == width();
    return at_edge || !in_lesion(y - 1, x) || !in_lesion(y + 1, x) || !in_lesion(y, x - 1) || !in_lesion(y, x + 1);
  }

 private:
  bool in_lesion(std::size_t y, std::size_t x) const {
    return !input_.lesion.empty() && input_.lesion[source(y, x)] != 0;
  }

  const OverlayInput& input_;
  std::size_t factor_;
};

void append(std::vector<std::uint8_t>& rgb, const Colour& colour) {
  rgb.insert(rgb.end(), colour.begin(), colour.end());
}

}  // namespace

Colour heat_colour(double value) {
  const double position = std::clamp(value, 0.0, 1.0) * static_cast<double>(kHeat.size() - 1);
  const auto first = std::min(static_cast<std::size_t>(position), kHeat.size() - 2);
  const double share = position - static_cast<double>(first);
  Colour colour{};
  for (std::size_t i = 0; i < colour.size(); ++i) colour[i] = mixed(kHeat[first][i], kHeat[first + 1][i], share);
  return colour;
}

ColourPicture draw_overlay(const OverlayInput& input) {
  const std::size_t area = input.height * input.width;
  ALVEUS_CHECK(area > 0 && input.picture.size() == area && input.saliency.size() == area &&
                   (input.lesion.empty() || input.lesion.size() == area),
               "picture, map and mask have the stated shape");
  const auto most = static_cast<double>(std::ranges::max(input.saliency));
  const Enlarger enlarger(input);
  ColourPicture drawn = {.width = 2 * enlarger.width(), .height = enlarger.height(), .rgb = {}};
  drawn.rgb.reserve(drawn.width * drawn.height * 3);
  for (std::size_t y = 0; y < drawn.height; ++y) {
    for (std::size_t x = 0; x < drawn.width; ++x) {
      const std::size_t column = x % enlarger.width();
      const std::size_t source = enlarger.source(y, column);
      const std::uint8_t grey = input.picture[source];
      Colour colour = {grey, grey, grey};
      if (enlarger.is_outline(y, column)) {
        colour = kOutline;
      } else if (x >= enlarger.width() && most > 0) {
        const double height = static_cast<double>(input.saliency[source]) / most;
        const Colour heat = heat_colour(height);
        for (std::size_t i = 0; i < colour.size(); ++i) colour[i] = mixed(grey, heat[i], height * kOpacityMax);
      }
      append(drawn.rgb, colour);
    }
  }
  return drawn;
}

}  // namespace alveus::explain
