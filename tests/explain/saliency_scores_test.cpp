// SPDX-License-Identifier: Apache-2.0
#include "explain/saliency_scores.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace alveus::explain {
namespace {

using Mask = std::vector<std::uint8_t>;

TEST(SaliencyScoresTest, MeasuresTheShareInLungAndLesion) {
  const std::vector<float> map = {1, 2, 3, 4};
  const auto scores = score_saliency(map, Mask{0, 1, 1, 1}, Mask{0, 0, 0, 3});
  EXPECT_DOUBLE_EQ(*scores.energy_in_lung, 0.9);
  EXPECT_DOUBLE_EQ(*scores.energy_in_lesion, 0.4);
  EXPECT_DOUBLE_EQ(*scores.lesion_share_of_lung, 1.0 / 3);
  EXPECT_TRUE(*scores.pointing_hit);
}

TEST(SaliencyScoresTest, MissesWhenTheHighestPixelLiesElsewhere) {
  const auto scores = score_saliency(std::vector<float>{5, 5, 1}, {}, Mask{0, 1, 1});
  EXPECT_FALSE(*scores.pointing_hit);  // of equal pixels the first counts
  EXPECT_FALSE(scores.energy_in_lung);
  EXPECT_FALSE(scores.lesion_share_of_lung);
}

TEST(SaliencyScoresTest, LesionOutsideTheLungDoesNotCountAsItsShare) {
  const auto scores = score_saliency(std::vector<float>{1, 1, 1, 1}, Mask{1, 1, 0, 0}, Mask{1, 0, 1, 1});
  EXPECT_DOUBLE_EQ(*scores.lesion_share_of_lung, 0.5);
  EXPECT_DOUBLE_EQ(*scores.energy_in_lesion, 0.75);
}

TEST(SaliencyScoresTest, SaysNothingWithoutAMaskOrAMap) {
  const std::vector<float> map = {1, 2};
  EXPECT_FALSE(score_saliency(map, {}, {}).energy_in_lung);
  EXPECT_FALSE(score_saliency(map, Mask{0, 0}, Mask{0, 0}).energy_in_lesion);
  const auto empty = score_saliency(std::vector<float>{0, 0}, Mask{1, 1}, Mask{0, 1});
  EXPECT_FALSE(empty.energy_in_lung);
  EXPECT_FALSE(empty.pointing_hit);
  EXPECT_DOUBLE_EQ(*empty.lesion_share_of_lung, 0.5);
}

}  // namespace
}  // namespace alveus::explain
