// SPDX-License-Identifier: Apache-2.0
#include "learn/augment.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/random.hpp"
#include "learn/augment_draw.hpp"

namespace alveus::learn {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes noise(const PictureShape& shape, std::uint64_t seed) {
  core::Random random(seed, "picture");
  Bytes picture(shape.height * shape.width);
  for (auto& pixel : picture) pixel = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

std::vector<float> made(const Bytes& picture, const PictureShape& shape, const PictureChange& change) {
  std::vector<float> out(picture.size());
  PictureMaker(shape).make(StoredPicture::Bytes(picture), change, out);
  return out;
}

std::vector<float> placed(const Bytes& picture, const PictureShape& shape, const Placement& placement) {
  return made(picture, shape, {.placement = placement});
}

std::vector<float> unchanged(const Bytes& picture) {
  std::vector<float> out(picture.size());
  to_unit_range(StoredPicture::Bytes(picture), out);
  return out;
}

PictureChange drawn(std::string_view text, std::uint64_t epoch, std::string_view sample_id = "a") {
  return draw_change(*study::parse_augmentation(text), {.seed = 3, .epoch = epoch, .sample_id = sample_id},
                     {.height = 40, .width = 30});
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
      y = (placement.flipped ? -turned_y : turned_y) + (height - 1) / 2;
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
    const Placement placement = drawn("flip+flip-vertical+affine:4", round).placement;
    EXPECT_THAT(placed(picture, shape, placement),
                ::testing::Pointwise(::testing::FloatNear(2e-5F), naive(picture, shape, placement)))
        << "round " << round;
  }
}

/// Halves hold the bytes' levels to 2^-12.
TEST(AugmentTest, MakesTheSamePicturesOfHalves) {
  const PictureShape shape = {.height = 40, .width = 30};
  const Bytes bytes = noise(shape, 5);
  std::vector<core::Half> halves;
  for (const std::uint8_t pixel : bytes) halves.push_back(core::to_half(static_cast<float>(pixel) / 255));
  PictureMaker maker(shape);
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    const PictureChange change = drawn("flip+affine+elastic+blur+window+cutout", epoch);
    std::vector<float> found(bytes.size());
    maker.make(StoredPicture::Halves(halves), change, found);
    EXPECT_THAT(found, ::testing::Pointwise(::testing::FloatNear(2e-3F), made(bytes, shape, change))) << epoch;
  }
  std::vector<float> turned(bytes.size());
  std::vector<float> expected(bytes.size());
  const PictureShape square = {.height = 30, .width = 30};
  turn_quarters(StoredPicture::Halves(halves).first(square.area()), 30, 3, std::span(turned).first(square.area()));
  turn_quarters(StoredPicture::Bytes(bytes).first(square.area()), 30, 3, std::span(expected).first(square.area()));
  EXPECT_THAT(turned, ::testing::Pointwise(::testing::FloatNear(0x1p-12F), expected));
}

TEST(AugmentTest, LeavesThePictureWithoutAChange) {
  const PictureShape shape = {.height = 4, .width = 6};
  const Bytes picture = noise(shape, 1);
  std::vector<float> expected(picture.size());
  to_unit_range(StoredPicture::Bytes(picture), expected);
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
    turn_quarters(StoredPicture::Bytes(picture), 2, quarters, out);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_FLOAT_EQ(out[i] * 255, expected[static_cast<std::size_t>(quarters)][i]) << quarters << " " << i;
    }
  }
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

TEST(AugmentTest, FlipsAreExactAndTheirOwnInverse) {
  const PictureShape shape = {.height = 5, .width = 8};
  const Bytes picture = noise(shape, 4);
  const auto out = placed(picture, shape, {.mirrored = true, .flipped = true});
  for (std::size_t i = 0; i < picture.size(); ++i) {
    EXPECT_EQ(out[picture.size() - 1 - i], unchanged(picture)[i]);
  }
}

TEST(AugmentTest, AHalfTurnIsBothFlips) {
  const PictureShape shape = {.height = 6, .width = 9};
  const Bytes picture = noise(shape, 5);
  EXPECT_THAT(
      placed(picture, shape, {.angle_rad = std::numbers::pi}),
      testing::Pointwise(testing::FloatNear(1e-5F), placed(picture, shape, {.mirrored = true, .flipped = true})));
}

TEST(AugmentTest, ControlPointsThatMoveTogetherMoveThePicture) {
  const PictureShape shape = {.height = 8, .width = 16};
  const Bytes picture = noise(shape, 6);
  Bend bend;
  bend.across.fill(-2.0F / 16);
  bend.down.fill(1.0F / 8);
  EXPECT_THAT(made(picture, shape, {.bend = bend}),
              testing::Pointwise(testing::FloatNear(1e-4F),
                                 placed(picture, shape, {.shift_x = 2.0 / 16, .shift_y = -1.0 / 8})));
}

TEST(AugmentTest, AControlPointReachesTwoCellsFar) {
  const auto basis = spline_basis(16);
  for (std::size_t x = 0; x < 16; ++x) {
    float sum = 0;
    for (std::size_t k = 0; k < kControlSide; ++k) {
      const float weight = basis[k * 16 + x];
      sum += weight;
      // Point k stands over pixel 4 (k - 1) - 0.5.
      const double distance = std::abs(static_cast<double>(x) + 0.5 - 4.0 * (static_cast<double>(k) - 1));
      EXPECT_EQ(weight > 0, distance < 8) << x << " " << k;
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST(AugmentTest, TheStrongestBendFoldsNothing) {
  const PictureShape shape = {.height = 64, .width = 64};
  Bytes ramp(shape.area());
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint8_t>(64 + 2 * (i % 64));
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    const auto out = made(ramp, shape, {.bend = drawn("elastic:0.1", epoch).bend});
    for (std::size_t y = 12; y < 52; ++y) {
      for (std::size_t x = 13; x < 52; ++x) EXPECT_GE(out[y * 64 + x] - out[y * 64 + x - 1], -1e-5F);
    }
  }
}

TEST(AugmentTest, BlursEvenGreyIntoItselfAndADotIntoItsWeights) {
  const PictureShape shape = {.height = 9, .width = 9};
  EXPECT_THAT(made(Bytes(81, 102), shape, {.blur_px = 1.3}), testing::Each(testing::FloatNear(0.4F, 1e-6F)));
  Bytes dot(81);
  dot[4 * 9 + 4] = 255;
  const auto weights = blur_weights(1, shape);
  ASSERT_EQ(weights.size(), 7U);
  const auto out = made(dot, shape, {.blur_px = 1});
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(out[4 * 9 + 1 + i], weights[3] * weights[i], 1e-6);
    EXPECT_NEAR(out[(1 + i) * 9 + 4], weights[3] * weights[i], 1e-6);
  }
}

TEST(AugmentTest, BlursTheSmallestPictures) {
  EXPECT_THAT(made({51}, {.height = 1, .width = 1}, {.blur_px = 5}), testing::ElementsAre(testing::FloatEq(0.2F)));
  EXPECT_EQ(blur_weights(5, {.height = 2, .width = 9}).size(), 3U);
}

TEST(AugmentTest, AMovedWindowIsTheLinearMapBetweenTheTwoWindows) {
  // Window 0 to 1 becomes 0.35 to 0.85: centre 0.6, width 0.5.
  std::vector<float> picture = {0.0F, 0.35F, 0.6F, 0.7F, 0.9F};
  move_window(picture, {.centre = 0.1, .width = 0.5});
  EXPECT_THAT(picture, testing::Pointwise(testing::FloatNear(1e-6F), {0.0F, 0.0F, 0.5F, 0.7F, 1.0F}));
}

TEST(AugmentTest, NoiseIsNormalAndOfItsDeviation) {
  std::vector<float> picture(200'001, 0.5F);
  add_noise(picture, {.deviation = 0.05, .key = {7, 9}});
  std::array<double, 5> moments{};
  for (const float value : picture) {
    for (std::size_t k = 1; k < 5; ++k) moments[k] += std::pow((value - 0.5) / 0.05, k) / 200'001;
  }
  EXPECT_NEAR(moments[1], 0, 0.01);
  EXPECT_NEAR(moments[2], 1, 0.02);
  EXPECT_NEAR(moments[3], 0, 0.04);
  EXPECT_NEAR(moments[4], 3, 0.1);
}

TEST(AugmentTest, NoiseOfNeighbouringPixelsAndKeysIsUnrelated) {
  const auto noise_of = [](std::uint32_t first, std::uint32_t second) {
    std::vector<float> picture(50'001, 0.5F);
    add_noise(picture, {.deviation = 0.1, .key = {first, second}});
    for (float& value : picture) value = (value - 0.5F) / 0.1F;
    return picture;
  };
  const auto one = noise_of(1, 5);
  const auto correlation = [&](const std::vector<float>& other, std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < one.size(); ++i) sum += one[i] * other[i + lag];
    return sum / static_cast<double>(one.size());
  };
  for (const std::size_t lag : {1U, 2U, 30U, 128U}) EXPECT_NEAR(correlation(one, lag), 0, 0.025) << lag;
  EXPECT_NEAR(correlation(noise_of(2, 5), 0), 0, 0.025);
  EXPECT_NEAR(correlation(noise_of(1, 6), 0), 0, 0.025);
  EXPECT_EQ(noise_of(1, 5), one);
}

TEST(AugmentTest, BlackensARegion) {
  const auto out =
      made(Bytes(12, 255), {.height = 3, .width = 4}, {.cutout = {.left = 1, .top = 1, .width = 2, .height = 2}});
  EXPECT_THAT(out, testing::ElementsAre(1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1));
}

TEST(AugmentTest, MixesByShareOrByRegion) {
  const PictureShape shape = {.height = 2, .width = 2};
  std::vector<float> picture = {0, 0, 1, 1};
  const std::vector<float> partner = {1, 0, 1, 0};
  mix_in(picture, partner, shape, 0.75, {});
  EXPECT_THAT(picture, testing::ElementsAre(0.25F, 0, 1, 0.75F));
  picture = {0, 0, 1, 1};
  mix_in(picture, partner, shape, 0.5, {.left = 0, .top = 0, .width = 1, .height = 2});
  EXPECT_THAT(picture, testing::ElementsAre(1, 0, 1, 1));
}

TEST(AugmentTest, StrengthsOfZeroChangeNothing) {
  const PictureShape shape = {.height = 40, .width = 30};
  const Bytes picture = noise(shape, 8);
  for (const auto& name : study::augmentation_names()) {
    const PictureChange change = drawn(std::string(name.name) + ":0", 1);
    EXPECT_FALSE(change.moves_pixels() || change.moves_window() || change.shades()) << name.name;
    EXPECT_EQ(made(picture, shape, change), unchanged(picture)) << name.name;
  }
}

TEST(AugmentTest, MakesPicturesOfAnySizeWithAllAtTheirMost) {
  study::Augmentation most;
  for (const auto& name : study::augmentation_names()) most.set(name.kind, name.most);
  for (std::size_t height = 1; height < 7; ++height) {
    for (std::size_t width = 1; width < 7; ++width) {
      const PictureShape shape = {.height = height, .width = width};
      const Bytes picture = noise(shape, 1);
      for (std::uint64_t epoch = 0; epoch < 30; ++epoch) {
        const DrawKey key = {.seed = 1, .epoch = epoch, .sample_id = "a"};
        auto out = made(picture, shape, draw_change(most, key, shape));
        const Mix mix = draw_mix(most, key, shape, 1);
        mix_in(out, unchanged(picture), shape, mix.share, mix.region);
        EXPECT_THAT(out, testing::Each(testing::AllOf(testing::Ge(0.0F), testing::Le(1.0F))));
      }
    }
  }
}

}  // namespace
}  // namespace alveus::learn
