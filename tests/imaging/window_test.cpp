// SPDX-License-Identifier: Apache-2.0
#include "imaging/window.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "core/hash.hpp"

namespace alveus::imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

std::vector<std::uint8_t> mapped(const std::vector<float>& values, const Window& window = {}) {
  std::vector<std::uint8_t> bytes(values.size());
  map_window(values, window, bytes);
  return bytes;
}

// 1500 units to 255 steps: a step is 100/17 = 5.882 units.
TEST(WindowTest, MapsTheLungWindowByConstants) {
  EXPECT_THAT(mapped({-1250, 250, -500, -1244.2F, -1247.2F, -1247.0F, -950, -1024, 0}),
              ElementsAre(0, 255, 128, 1, 0, 1, 51, 38, 213));
}

TEST(WindowTest, ClampsBeyondTheWindowAndMakesNoNumberBlack) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(mapped({-3024, 3071, -kInfinity, kInfinity, std::nanf("")}), ElementsAre(0, 255, 0, 255, 0));
}

// A window taken from the picture would map the common values to other bytes.
TEST(WindowTest, MapsAValueTheSameInWhateverPicture) {
  EXPECT_EQ(mapped({-700, -650})[0], mapped({-700, 3000, -3000})[0]);
}

TEST(WindowTest, FindsTheSmallestBoxAroundAMask) {
  const std::vector<std::uint8_t> mask{0, 0, 0, 0,  //
                                       0, 1, 0, 0,  //
                                       0, 0, 1, 0};
  EXPECT_EQ(bounding_box(mask, 4, 3), (Box{1, 1, 2, 2}));
  EXPECT_EQ(bounding_box(std::vector<std::uint8_t>(12, 0), 4, 3), std::nullopt);
}

TEST(WindowTest, GrowsABoxByItsShareAndCutsItAtTheEdge) {
  EXPECT_EQ(with_margin({10, 20, 40, 30}, 0.05, 100, 100), (Box{8, 18, 44, 34}));
  EXPECT_EQ(with_margin({0, 0, 100, 50}, 0.05, 100, 52), (Box{0, 0, 100, 52}));
}

TEST(WindowTest, MakesABoxSquareAboutItsCentre) {
  EXPECT_EQ(square_around({0, 10, 40, 20}), (Box{0, 0, 40, 40}));
  EXPECT_EQ(square_around({5, 5, 3, 10}), (Box{2, 5, 10, 10}));
}

TEST(WindowTest, ShrinksToTheMeanOfTheAreaThatAPixelCovers) {
  const std::vector<float> picture{0, 2, 4, 6,  //
                                   2, 4, 6, 8};
  EXPECT_THAT(resize(picture, 4, 2, {0, 0, 4, 2}, 2, 1, 0), ElementsAre(2, 6));
  EXPECT_THAT(resize(picture, 4, 2, {1, 0, 2, 2}, 1, 1, 0), ElementsAre(4));
}

TEST(WindowTest, LeavesAPictureOfTheSameSizeAsItIs) {
  std::vector<float> picture(48);
  for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i * i);
  EXPECT_THAT(resize(picture, 8, 6, {0, 0, 8, 6}, 8, 6, 0), ElementsAreArray(picture));
}

TEST(WindowTest, FillsWhatLiesBeyondThePicture) {
  const std::vector<float> picture{10, 10, 10, 10};
  EXPECT_THAT(resize(picture, 2, 2, {-1, 0, 4, 2}, 4, 2, 3), ElementsAre(3, 10, 10, 3, 3, 10, 10, 3));
  EXPECT_THAT(resize_labels(std::vector<std::uint8_t>{1, 2, 3, 4}, 2, 2, {-1, 0, 4, 2}, 4, 2),
              ElementsAre(0, 1, 2, 0, 0, 3, 4, 0));
}

/// The mean over an area, sample by sample.
float naive_mean(const std::vector<float>& picture, std::size_t width, double x0, double x1, double y0, double y1) {
  constexpr int kSteps = 200;
  double sum = 0;
  for (int j = 0; j < kSteps; ++j) {
    for (int i = 0; i < kSteps; ++i) {
      const double x = x0 + (x1 - x0) * (i + 0.5) / kSteps;
      const double y = y0 + (y1 - y0) * (j + 0.5) / kSteps;
      sum += static_cast<double>(picture[static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)]);
    }
  }
  return static_cast<float>(sum / kSteps / kSteps);
}

TEST(WindowTest, ShrinksByAnOddFactorLikeANaiveMean) {
  std::vector<float> picture(15 * 13);
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture[i] = static_cast<float>(core::mix_text(std::to_string(i)) % 256);
  const auto small = resize(picture, 15, 13, {1, 2, 13, 11}, 4, 3, 0);
  for (std::size_t y = 0; y < 3; ++y) {
    for (std::size_t x = 0; x < 4; ++x) {
      const auto dx = static_cast<double>(x);
      const auto dy = static_cast<double>(y);
      const float expected =
          naive_mean(picture, 15, 1 + dx * 13 / 4, 1 + (dx + 1) * 13 / 4, 2 + dy * 11 / 3, 2 + (dy + 1) * 11 / 3);
      EXPECT_NEAR(small[y * 4 + x], expected, 1.5) << x << " " << y;
    }
  }
}

}  // namespace
}  // namespace alveus::imaging
