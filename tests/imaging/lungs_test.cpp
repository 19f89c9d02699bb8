// SPDX-License-Identifier: Apache-2.0
#include "imaging/lungs.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "imaging/phantom.hpp"

namespace alveus::imaging {
namespace {

constexpr std::size_t kSide = 120;

/// A body of 240 mm with one ellipse of air on each side; a pixel is 3 mm.
struct Chest {
  float lung_hu = -860;
  float body_hu = 40;
  std::vector<float> values = std::vector<float>(kSide * kSide, -1000);

  void draw() {
    ellipse(60, 60, 40, 34, body_hu);
    ellipse(42, 60, 14, 22, lung_hu);
    ellipse(78, 60, 14, 22, lung_hu);
  }
  void ellipse(double cx, double cy, double rx, double ry, float hu) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = (static_cast<double>(i % kSide) - cx) / rx;
      const double y = (static_cast<double>(i / kSide) - cy) / ry;
      if (x * x + y * y <= 1) values[i] = hu;
    }
  }
  std::size_t lung_pixels() const {
    const auto masks = segment_lungs(values, kSide, kSide, {3, 3});
    EXPECT_TRUE(masks);
    return std::accumulate(masks->lung.begin(), masks->lung.end(), std::size_t{0});
  }
};

TEST(LungsTest, FindsBothLungsAndNotTheAirAround) {
  Chest chest;
  chest.draw();
  const auto masks = segment_lungs(chest.values, kSide, kSide, {3, 3});
  ASSERT_TRUE(masks) << masks.error().text();
  for (std::size_t i = 0; i < chest.values.size(); ++i) {
    if (chest.values[i] == 40) continue;
    ASSERT_EQ(masks->lung[i], chest.values[i] == chest.lung_hu ? 1 : 0) << i;
  }
  EXPECT_NEAR(lung_share(*masks), 2.0 * 14 * 22 / (40 * 34), 0.03);
}

TEST(LungsTest, RefusesPixelsWhoseSizeIsNotInMillimetres) {
  Chest chest;
  chest.draw();
  const auto masks = segment_lungs(chest.values, kSide, kSide, {0.003, 0.003});  // in metres
  ASSERT_FALSE(masks);
  EXPECT_THAT(masks.error().message, ::testing::HasSubstr("only 0.36 x 0.36 mm large"));
}

TEST(LungsTest, KeepsDenseLesionsInside) {
  Chest chest;
  chest.draw();
  const std::size_t healthy = chest.lung_pixels();
  chest.ellipse(40, 58, 5, 5, 30);   // in the middle
  chest.ellipse(31, 66, 3, 3, -50);  // at the pleura
  EXPECT_NEAR(static_cast<double>(chest.lung_pixels()), static_cast<double>(healthy),
              0.02 * static_cast<double>(healthy));
}

TEST(LungsTest, TakesGasForNoLung) {
  Chest chest;
  chest.lung_hu = -990;
  chest.draw();
  EXPECT_EQ(chest.lung_pixels(), 0U);
}

TEST(LungsTest, FindsNothingInAirOrInSolidTissue) {
  for (const float hu : {-1000.0F, 40.0F}) {
    const std::vector<float> even(kSide * kSide, hu);
    const auto masks = segment_lungs(even, kSide, kSide, {3, 3});
    ASSERT_TRUE(masks);
    EXPECT_EQ(lung_share(*masks), 0);
  }
}

// A gap of 6 mm in the wall of the chest.
TEST(LungsTest, FindsLungsBehindAGapInTheWall) {
  Chest chest;
  chest.draw();
  const std::size_t whole = chest.lung_pixels();
  for (std::size_t x = 0; x < 30; ++x) {
    for (std::size_t y = 59; y < 61; ++y) chest.values[y * kSide + x] = -860;
  }
  EXPECT_GT(chest.lung_pixels(), whole * 9 / 10);
}

// Measured: 0.977.
TEST(LungsTest, AgreesWithTheTruthOfPhantoms) {
  double both = 0;
  double sum = 0;
  for (std::size_t patient = 0; patient < 6; ++patient) {
    const PhantomPatient phantom = make_phantom({.seed = 3}, patient, patient % 2 == 1);
    for (std::size_t k = 0; k < phantom.scan.shape.depth; ++k) {
      const Slice slice = slice_of(phantom.scan, k);
      const auto masks = segment_lungs(slice.values, slice.width, slice.height, slice.spacing_mm);
      ASSERT_TRUE(masks);
      for (std::size_t i = 0; i < masks->lung.size(); ++i) {
        const bool truth = phantom.lung.labels[k * masks->lung.size() + i] != 0;
        both += masks->lung[i] != 0 && truth ? 2 : 0;
        sum += (masks->lung[i] != 0 ? 1 : 0) + (truth ? 1 : 0);
      }
    }
  }
  EXPECT_GT(both / sum, 0.95);
}

}  // namespace
}  // namespace alveus::imaging
