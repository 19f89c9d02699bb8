// SPDX-License-Identifier: Apache-2.0
#include "explain/activation_map.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace alveus::explain {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(GradCamTest, WeighsEachChannelByItsMeanGradient) {
  // Two channels of 1 x 2 pixels; mean gradients 2 and -1.
  const std::vector<float> features = {1, 3, 4, 1};
  const std::vector<float> gradient = {1, 3, -2, 0};
  const auto map = grad_cam({.channels = 2, .height = 1, .width = 2, .features = features, .gradient = gradient});
  ASSERT_EQ(map.size(), 1U);
  EXPECT_THAT(map.front().values, ElementsAre(0, 5));  // 2*1 - 4 = -2 is cut off; 2*3 - 1 = 5
}

TEST(GradCamTest, WeighsAVolumeAsAWholeAndSlicesOneByOne) {
  // One channel, two depths of one pixel; gradients 3 and -1: their mean is 1.
  const std::vector<float> features = {2, 5};
  const std::vector<float> gradient = {3, -1};
  const FeatureView view = {
      .channels = 1, .depth = 2, .height = 1, .width = 1, .features = features, .gradient = gradient};
  const auto volume = grad_cam(view);
  ASSERT_EQ(volume.size(), 2U);
  EXPECT_THAT(volume[0].values, ElementsAre(2));
  EXPECT_THAT(volume[1].values, ElementsAre(5));
  const auto slices = grad_cam(view, Weighing::kEachDepth);
  EXPECT_THAT(slices[0].values, ElementsAre(6));
  EXPECT_THAT(slices[1].values, ElementsAre(0));
}

SaliencyMap random_map(std::size_t height, std::size_t width) {
  core::Random random(1, "map");
  SaliencyMap map = {.height = height, .width = width, .values = {}};
  for (std::size_t i = 0; i < height * width; ++i) map.values.push_back(static_cast<float>(random.uniform()));
  return map;
}

/// The naive twin: each result pixel is the sum of all source pixels, weighed by hat functions of their distance.
std::vector<float> naive(const SaliencyMap& map, std::size_t height, std::size_t width) {
  const auto hat = [](std::size_t position, std::size_t source, std::size_t from, std::size_t to) {
    const double place =
        (static_cast<double>(position) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    const double clamped = std::clamp(place, 0.0, static_cast<double>(from - 1));
    return std::max(0.0, 1 - std::abs(clamped - static_cast<double>(source)));
  };
  std::vector<float> values;
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      double sum = 0;
      for (std::size_t row = 0; row < map.height; ++row) {
        for (std::size_t column = 0; column < map.width; ++column) {
          sum += hat(y, row, map.height, height) * hat(x, column, map.width, width) *
                 static_cast<double>(map.values[row * map.width + column]);
        }
      }
      values.push_back(static_cast<float>(sum));
    }
  }
  return values;
}

TEST(EnlargeTest, LiesBetweenTheDepthsOfAVolume) {
  const std::vector<SaliencyMap> maps = {{.height = 1, .width = 1, .values = {0}},
                                         {.height = 1, .width = 1, .values = {4}}};
  const auto large = enlarge(maps, 4, 1, 2);
  ASSERT_EQ(large.size(), 4U);
  const std::vector<float> expected = {0, 1, 3, 4};
  for (std::size_t z = 0; z < 4; ++z) EXPECT_THAT(large[z].values, ElementsAre(expected[z], expected[z])) << z;
}

TEST(EnlargeTest, AgreesWithItsNaiveTwin) {
  for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>{16, 16}, {7, 11}, {3, 4}}) {
    const auto map = random_map(3, 4);
    EXPECT_THAT(enlarge(map, height, width).values, Pointwise(FloatNear(1e-6F), naive(map, height, width)));
  }
}

TEST(EnlargeTest, LeavesAMapOfTheSameSize) {
  const auto map = random_map(3, 4);
  EXPECT_EQ(enlarge(map, 3, 4).values, map.values);
}

// torch.nn.functional.interpolate([[0, 1]], size=(1, 4), mode="bilinear", align_corners=False)
TEST(EnlargeTest, PlacesPixelsAsTorchDoes) {
  const SaliencyMap map = {.height = 1, .width = 2, .values = {0, 1}};
  EXPECT_THAT(enlarge(map, 1, 4).values, Pointwise(FloatNear(1e-6F), std::vector<float>{0, 0.25F, 0.75F, 1}));
}

}  // namespace
}  // namespace alveus::explain
