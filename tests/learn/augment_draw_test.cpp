// SPDX-License-Identifier: Apache-2.0
#include "learn/augment_draw.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <set>
#include <string>

#include "core/random.hpp"

namespace alveus::learn {
namespace {

constexpr PictureShape kShape = {.height = 40, .width = 30};

PictureChange drawn(std::string_view text, const DrawKey& key) {
  return draw_change(*study::parse_augmentation(text), key, kShape);
}

Mix mixed(std::string_view text, std::uint64_t epoch, std::size_t picture_count = 100) {
  return draw_mix(*study::parse_augmentation(text), {.seed = 3, .epoch = epoch, .sample_id = "a"}, kShape,
                  picture_count);
}

/// Numbers that tell changes apart.
std::vector<double> numbers_of(const PictureChange& change) {
  return {change.placement.angle_rad,
          change.placement.shift_x,
          change.bend ? change.bend->across[24] : 0,
          change.blur_px,
          change.window.centre,
          change.shading.gamma,
          change.noise.deviation,
          static_cast<double>(change.noise.key[0])};
}

constexpr std::string_view kMost = "affine+elastic+blur+window+intensity+noise";

TEST(AugmentDrawTest, DependsOnSeedEpochAndSampleAlone) {
  const auto one = numbers_of(drawn(kMost, {.seed = 1, .epoch = 2, .sample_id = "a"}));
  EXPECT_EQ(one, numbers_of(drawn(kMost, {.seed = 1, .epoch = 2, .sample_id = "a"})));
  const auto differs = [&](const DrawKey& key) {
    EXPECT_THAT(numbers_of(drawn(kMost, key)), testing::Pointwise(testing::Ne(), one));
  };
  differs({.seed = 2, .epoch = 2, .sample_id = "a"});
  differs({.seed = 1, .epoch = 3, .sample_id = "a"});
  differs({.seed = 1, .epoch = 2, .sample_id = "b"});
}

TEST(AugmentDrawTest, AFurtherKindLeavesTheOthersAsTheyWere) {
  const DrawKey key = {.seed = 1, .epoch = 2, .sample_id = "a"};
  const PictureChange alone = drawn("flips-affine", key);
  const PictureChange more = drawn("flips-affine-intensity+flip-vertical+elastic+noise+cutout+mixup", key);
  Placement upright = more.placement;
  upright.flipped = false;
  EXPECT_EQ(alone.placement, upright);
  EXPECT_EQ(drawn("noise", key).noise.key, more.noise.key);
}

TEST(AugmentDrawTest, DrawsFlipsAffineAndIntensityInAFixedOrder) {
  // Variants that are trained already name these pictures.
  const PictureChange change = drawn("flips-affine-intensity", {.seed = 1, .epoch = 2, .sample_id = "a"});
  core::Random placement(1, "augment/a", 2);
  EXPECT_EQ(change.placement.mirrored, placement.chance(0.5));
  EXPECT_DOUBLE_EQ(change.placement.angle_rad, placement.uniform(-std::numbers::pi / 18, std::numbers::pi / 18));
  EXPECT_DOUBLE_EQ(change.placement.scale, placement.uniform(0.9, 1.1));
  EXPECT_DOUBLE_EQ(change.placement.shift_x, placement.uniform(-0.05, 0.05));
  EXPECT_DOUBLE_EQ(change.placement.shift_y, placement.uniform(-0.05, 0.05));
  core::Random shading(1, "shade/a", 2);
  EXPECT_DOUBLE_EQ(change.shading.gamma, std::exp(shading.uniform(-std::log(1.5), std::log(1.5))));
  EXPECT_DOUBLE_EQ(change.shading.contrast, shading.uniform(0.75, 1.25));
  EXPECT_DOUBLE_EQ(change.shading.brightness, shading.uniform(-0.15, 0.15));
}

TEST(AugmentDrawTest, StaysWithinTheLimits) {
  int mirrored = 0;
  int flipped = 0;
  int cut = 0;
  for (std::uint64_t epoch = 0; epoch < 1000; ++epoch) {
    const PictureChange change =
        drawn("flip+flip-vertical:0.2+affine:2+elastic+blur:3+window:0.2+intensity+noise+cutout:0.3",
              {.seed = 1, .epoch = epoch, .sample_id = "a"});
    mirrored += change.placement.mirrored ? 1 : 0;
    flipped += change.placement.flipped ? 1 : 0;
    cut += change.cutout.is_empty() ? 0 : 1;
    EXPECT_LE(std::abs(change.placement.angle_rad), std::numbers::pi / 9);
    EXPECT_LE(std::abs(change.placement.scale - 1), 0.2);
    EXPECT_LE(std::abs(change.placement.shift_x), 0.1);
    EXPECT_LE(std::abs(change.placement.shift_y), 0.1);
    for (const float value : change.bend->across) EXPECT_LE(std::abs(value), 0.05F);
    EXPECT_LE(change.blur_px, 3);
    EXPECT_LE(std::abs(change.window.centre), 0.2);
    EXPECT_LE(std::abs(change.window.width - 1), 0.2);
    EXPECT_LE(std::abs(std::log(change.shading.gamma)), std::log(1.5));
    EXPECT_LE(std::abs(change.shading.contrast - 1), 0.25);
    EXPECT_LE(std::abs(change.shading.brightness), 0.15);
    EXPECT_LE(change.noise.deviation, 0.05);
    EXPECT_LE(change.cutout.left + change.cutout.width, kShape.width);
    EXPECT_LE(change.cutout.top + change.cutout.height, kShape.height);
    EXPECT_LE(change.cutout.width * change.cutout.height, 1.15 * 0.3 * 1200);
  }
  EXPECT_NEAR(mirrored, 500, 60);
  EXPECT_NEAR(flipped, 200, 50);
  EXPECT_NEAR(cut, 490, 60);
}

TEST(AugmentDrawTest, SharesFollowTheBetaDistribution) {
  // Of Beta(a, a) the mean is 1/2 and the variance 1 / (4 (2 a + 1)).
  for (const auto& [text, shape] :
       {std::pair("mixup:0.01", 0.01), {"mixup", 0.4}, {"mixup:1", 1.0}, {"mixup:5", 5.0}}) {
    double mean = 0;
    double square = 0;
    for (std::uint64_t epoch = 0; epoch < 20'000; ++epoch) {
      const double share = mixed(text, epoch).share;
      ASSERT_GE(share, 0);
      ASSERT_LE(share, 1);
      mean += share / 20'000;
      square += (share - 0.5) * (share - 0.5) / 20'000;
    }
    EXPECT_NEAR(mean, 0.5, 0.015) << text;
    EXPECT_NEAR(square * 4 * (2 * shape + 1), 1, 0.03) << text;
  }
}

TEST(AugmentDrawTest, CutsAsManyPixelsAsItsShareSays) {
  for (std::uint64_t epoch = 0; epoch < 500; ++epoch) {
    const Mix mix = mixed("cutmix", epoch);
    EXPECT_LE(mix.region.left + mix.region.width, kShape.width);
    EXPECT_LE(mix.region.top + mix.region.height, kShape.height);
    EXPECT_NEAR(1 - mix.share, static_cast<double>(mix.region.width * mix.region.height) / 1200.0, 1e-15);
  }
}

TEST(AugmentDrawTest, TakesEachPictureOfTheEpochAsAPartner) {
  std::set<std::size_t> partners;
  int cut = 0;
  for (std::uint64_t epoch = 0; epoch < 400; ++epoch) {
    const Mix mix = mixed("mixup+cutmix", epoch, 10);
    partners.insert(mix.partner);
    cut += mix.region.is_empty() ? 0 : 1;
  }
  EXPECT_EQ(partners.size(), 10U);
  EXPECT_EQ(*partners.rbegin(), 9U);
  EXPECT_NEAR(cut, 195, 40);
}

}  // namespace
}  // namespace alveus::learn
