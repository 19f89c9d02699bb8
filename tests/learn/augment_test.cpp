// SPDX-License-Identifier: Apache-2.0
#include "learn/augment.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/random.hpp"

namespace alveus::learn {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes noise(const PictureShape& shape, std::uint64_t seed) {
  core::Random random(seed, "picture");
  Bytes picture(shape.height * shape.width);
  for (auto& pixel : picture) pixel = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

std::vector<float> placed(const Bytes& picture, const PictureShape& shape, const Placement& placement) {
  std::vector<float> out(picture.size());
  place(picture, shape, placement, out);
  return out;
}

/// The naive twin: carries each result pixel back through the inverse of mirror, turn, stretch, move, step by step.
std::vector<float> naive(const Bytes& picture, const PictureShape& shape, const Placement& placement) {
  const auto height = static_cast<double>(shape.height);
  const auto width = static_cast<double>(shape.width);
  const auto pixel = [&](double y, double x) {
    const bool inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? picture[static_cast<std::size_t>(y * width + x)] / 255.0 : 0.0;
  };
  std::vector<float> out;
  for (double row = 0; row < height; ++row) {
    for (double column = 0; column < width; ++column) {
      double x = (column - (width - 1) / 2 - placement.shift_x * width) / placement.scale;
      double y = (row - (height - 1) / 2 - placement.shift_y * height) / placement.scale;
      const double turned_x = std::cos(placement.angle_rad) * x + std::sin(placement.angle_rad) * y;
      const double turned_y = -std::sin(placement.angle_rad) * x + std::cos(placement.angle_rad) * y;
      x = (placement.mirrored ? -turned_x : turned_x) + (width - 1) / 2;
      y = turned_y + (height - 1) / 2;
      const double left = std::floor(x);
      const double top = std::floor(y);
      const double value =
          (1 - (x - left)) * (1 - (y - top)) * pixel(top, left) + (x - left) * (1 - (y - top)) * pixel(top, left + 1) +
          (1 - (x - left)) * (y - top) * pixel(top + 1, left) + (x - left) * (y - top) * pixel(top + 1, left + 1);
      out.push_back(static_cast<float>(value));
    }
  }
  return out;
}

TEST(AugmentTest, AgreesWithItsNaiveTwin) {
  for (std::uint64_t round = 0; round < 50; ++round) {
    const PictureShape shape = {.height = 5 + round % 7, .width = 9 - round % 5};
    const Bytes picture = noise(shape, round);
    const Placement placement = draw_placement(3, round, "s1");
    EXPECT_THAT(placed(picture, shape, placement),
                ::testing::Pointwise(::testing::FloatNear(2e-5F), naive(picture, shape, placement)))
        << "round " << round;
  }
}

TEST(AugmentTest, LeavesThePictureWithoutAChange) {
  const PictureShape shape = {.height = 4, .width = 6};
  const Bytes picture = noise(shape, 1);
  std::vector<float> expected(picture.size());
  to_unit_range(picture, expected);
  EXPECT_THAT(placed(picture, shape, {}), ::testing::Pointwise(::testing::FloatNear(1e-6F), expected));
  EXPECT_FLOAT_EQ(expected[0], static_cast<float>(picture[0]) / 255.0F);
}

TEST(AugmentTest, MirrorsLeftToRight) {
  const Bytes picture = {0, 51, 255, 102, 0, 204};
  const auto out = placed(picture, {.height = 2, .width = 3}, {.mirrored = true});
  EXPECT_THAT(
      out, ::testing::Pointwise(::testing::FloatNear(1e-6F), std::vector<float>{1.0F, 0.2F, 0.0F, 0.8F, 0.0F, 0.4F}));
}

TEST(AugmentTest, MovesByAShareOfTheSideAndFillsWithBlack) {
  const Bytes picture = {255, 0, 0, 0};
  const auto out = placed(picture, {.height = 1, .width = 4}, {.shift_x = 0.25});
  EXPECT_THAT(out, ::testing::Pointwise(::testing::FloatNear(1e-6F), std::vector<float>{0, 1, 0, 0}));
}

TEST(AugmentTest, TurnsByQuarters) {
  const Bytes picture = {10, 20, 30, 40};  // 10 20 / 30 40
  const std::vector<Bytes> expected = {{10, 20, 30, 40}, {20, 40, 10, 30}, {40, 30, 20, 10}, {30, 10, 40, 20}};
  for (int quarters = 0; quarters < 4; ++quarters) {
    std::vector<float> out(4);
    turn_quarters(picture, 2, quarters, out);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_FLOAT_EQ(out[i] * 255, expected[static_cast<std::size_t>(quarters)][i]) << quarters << " " << i;
    }
  }
}

TEST(AugmentTest, DrawsPlacementsByTheirNameAlone) {
  const Placement one = draw_placement(1, 2, "a");
  const Placement again = draw_placement(1, 2, "a");
  EXPECT_EQ(one.angle_rad, again.angle_rad);
  EXPECT_NE(one.angle_rad, draw_placement(2, 2, "a").angle_rad);
  EXPECT_NE(one.angle_rad, draw_placement(1, 3, "a").angle_rad);
  EXPECT_NE(one.angle_rad, draw_placement(1, 2, "b").angle_rad);
}

TEST(AugmentTest, DrawsPlacementsWithinTheirLimits) {
  int mirrored = 0;
  for (std::uint64_t epoch = 0; epoch < 400; ++epoch) {
    const Placement placement = draw_placement(1, epoch, "a");
    mirrored += placement.mirrored ? 1 : 0;
    EXPECT_LE(std::abs(placement.angle_rad), std::numbers::pi / 18);
    EXPECT_LE(std::abs(placement.scale - 1), 0.1);
    EXPECT_LE(std::abs(placement.shift_x), 0.05);
    EXPECT_LE(std::abs(placement.shift_y), 0.05);
  }
  EXPECT_NEAR(mirrored, 200, 40);
}

TEST(AugmentTest, ShadesByPowerContrastAndAddition) {
  std::vector<float> picture = {0.0F, 0.25F, 0.5F, 1.0F};
  shade(picture, {.gamma = 2, .contrast = 1.2, .brightness = -0.05});
  // (v^2 - 0.5) * 1.2 + 0.5 - 0.05, cut to 0..1
  EXPECT_THAT(picture, testing::Pointwise(testing::FloatNear(1e-6F), {0.0F, 0.0F, 0.15F, 1.0F}));
}

TEST(AugmentTest, LeavesAPictureAloneWithoutShading) {
  std::vector<float> picture = {0.0F, 0.25F, 1.0F};
  shade(picture, {});
  EXPECT_THAT(picture, testing::ElementsAre(0.0F, 0.25F, 1.0F));
}

TEST(AugmentTest, DrawsShadingsWithinItsLimitsForEachSampleAndEpoch) {
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    const Shading shading = draw_shading(7, epoch, "a");
    EXPECT_LE(std::abs(std::log(shading.gamma)), std::log(1.5));
    EXPECT_LE(std::abs(shading.contrast - 1), 0.25);
    EXPECT_LE(std::abs(shading.brightness), 0.15);
    EXPECT_NE(shading.gamma, draw_shading(7, epoch, "b").gamma);
    EXPECT_NE(shading.gamma, draw_shading(7, epoch + 1, "a").gamma);
  }
}

}  // namespace
}  // namespace alveus::learn
