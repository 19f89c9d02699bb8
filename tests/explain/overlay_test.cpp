// SPDX-License-Identifier: Apache-2.0
#include "explain/overlay.hpp"

#include <gtest/gtest.h>

namespace alveus::explain {
namespace {

Colour pixel(const ColourPicture& picture, std::size_t y, std::size_t x) {
  const std::size_t place = (y * picture.width + x) * 3;
  return {picture.rgb[place], picture.rgb[place + 1], picture.rgb[place + 2]};
}

/// Relative luminance (ITU-R 709) with the sRGB curve approximated by a square.
double lightness(const Colour& colour) {
  const auto part = [&](std::size_t i) { return static_cast<double>(colour[i]) * colour[i]; };
  return 0.2126 * part(0) + 0.7152 * part(1) + 0.0722 * part(2);
}

TEST(HeatColourTest, GrowsLighterAllTheWay) {
  for (int i = 1; i <= 100; ++i) {
    EXPECT_GT(lightness(heat_colour(i / 100.0)), lightness(heat_colour((i - 1) / 100.0))) << i;
  }
}

TEST(HeatColourTest, HoldsItsEndsOutsideTheRange) {
  EXPECT_EQ(heat_colour(-1), heat_colour(0));
  EXPECT_EQ(heat_colour(7), heat_colour(1));
}

TEST(OverlayTest, ShowsThePictureLeftAndTheMapRight) {
  const std::vector<std::uint8_t> picture = {100, 200};
  const std::vector<float> saliency = {0, 2};
  const auto drawn = draw_overlay({.height = 1, .width = 2, .picture = picture, .saliency = saliency, .lesion = {}});
  EXPECT_EQ(drawn.width, 768U);
  EXPECT_EQ(drawn.height, 192U);
  EXPECT_EQ(pixel(drawn, 50, 0), (Colour{100, 100, 100}));
  EXPECT_EQ(pixel(drawn, 50, 200), (Colour{200, 200, 200}));
  EXPECT_EQ(pixel(drawn, 50, 384), (Colour{100, 100, 100}));  // no saliency, no colour
  const Colour hottest = heat_colour(1);
  EXPECT_NEAR(pixel(drawn, 50, 600)[2], 0.3 * 200 + 0.7 * hottest[2], 1);
}

TEST(OverlayTest, OutlinesLesionsOnBothSides) {
  std::vector<std::uint8_t> lesion(25, 0);
  for (const std::size_t y : {1U, 2U, 3U}) {
    for (const std::size_t x : {1U, 2U, 3U}) lesion[y * 5 + x] = 1;
  }
  const std::vector<std::uint8_t> picture(25, 50);
  const std::vector<float> saliency(25, 0.0F);
  const auto drawn =
      draw_overlay({.height = 5, .width = 5, .picture = picture, .saliency = saliency, .lesion = lesion});
  const Colour outline = {0, 255, 255};
  const Colour plain = {50, 50, 50};
  const std::size_t scale = drawn.height / 5;
  EXPECT_EQ(pixel(drawn, scale, 2 * scale), outline);                    // top border
  EXPECT_EQ(pixel(drawn, 2 * scale + scale / 2, 2 * scale + 5), plain);  // inside
  EXPECT_EQ(pixel(drawn, 0, 0), plain);                                  // outside
  EXPECT_EQ(pixel(drawn, scale, drawn.width / 2 + 2 * scale), outline);
}

TEST(OverlayTest, DrawsAMapOfZeros) {
  const std::vector<std::uint8_t> picture(4, 9);
  const std::vector<float> saliency(4, 0.0F);
  const auto drawn = draw_overlay({.height = 2, .width = 2, .picture = picture, .saliency = saliency, .lesion = {}});
  EXPECT_EQ(pixel(drawn, 0, drawn.width - 1), (Colour{9, 9, 9}));
}

}  // namespace
}  // namespace alveus::explain
