// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/reconstruction.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace alveus::learn {
namespace {

ObjectiveSeed seed() {
  return {.seed = 5, .name_of = [](std::size_t i) { return "s" + std::to_string(i); }};
}

TEST(MaskTest, ThreeQuartersOfThePlacesAreMasked) {
  EXPECT_EQ(draw_visible(196, kMaskedShare, 1, 1, "a").size(), 49U);
  EXPECT_EQ(draw_visible(64, kMaskedShare, 1, 1, "a").size(), 16U);
  EXPECT_EQ(draw_visible(1, kMaskedShare, 1, 1, "a").size(), 1U) << "an encoder must see something";
}

TEST(MaskTest, DependsOnSeedEpochAndSampleAlone) {
  const auto usual = draw_visible(64, kMaskedShare, 1, 1, "a");
  EXPECT_EQ(draw_visible(64, kMaskedShare, 1, 1, "a"), usual);
  EXPECT_NE(draw_visible(64, kMaskedShare, 2, 1, "a"), usual);
  EXPECT_NE(draw_visible(64, kMaskedShare, 1, 2, "a"), usual);
  EXPECT_NE(draw_visible(64, kMaskedShare, 1, 1, "b"), usual);
  EXPECT_TRUE(std::ranges::is_sorted(usual));
  EXPECT_EQ(std::set(usual.begin(), usual.end()).size(), 16U);
  EXPECT_THAT(usual, ::testing::Each(::testing::AllOf(::testing::Ge(0), ::testing::Lt(64))));
}

TEST(PatchesTest, AreTheSquaresOfAPictureRowByRow) {
  const at::Tensor picture = at::arange(16, at::kFloat).view({1, 1, 4, 4});
  const at::Tensor wanted =
      at::tensor({0.0F, 1.0F, 4.0F, 5.0F, 2.0F, 3.0F, 6.0F, 7.0F, 8.0F, 9.0F, 12.0F, 13.0F, 10.0F, 11.0F, 14.0F, 15.0F})
          .view({1, 4, 4});
  EXPECT_TRUE(at::equal(patches_of(picture, 2), wanted));
}

TEST(PictureDecoderTest, GivesGreyValuesInThePicturesSize) {
  WeightList weights(at::kCPU);
  const PictureDecoder decoder(weights, 64, 32, 1);
  weights.fill(1);
  const at::Tensor picture = decoder.forward(at::ones({2, 64, 2, 3}), 50, 70, {.training = true});
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({2, 1, 50, 70}));
  EXPECT_GT(picture.min().item<float>(), 0);
  EXPECT_LT(picture.max().item<float>(), 1);
}

/// What an objective says of two pictures, and of the same where one pixel is another.
class LossOfPixelsTest : public ::testing::Test {
 protected:
  static double loss(Objective& objective, const at::Tensor& pictures) {
    core::Random noise(1, "noise");
    const std::vector<std::size_t> samples = {0, 1};
    return objective.loss({.pictures = pictures, .samples = samples, .epoch = 1, .pass = {.noise = noise}})
        .item<double>();
  }
  static at::Tensor pictures(std::int64_t side) {
    return at::linspace(0.2, 0.8, 2 * side * side).view({2, 1, side, side});
  }
};

TEST_F(LossOfPixelsTest, AnAutoEncoderCountsEveryPixel) {
  const auto network = *Network::make({.name = "resnet18"}, Device::kCpu);
  ReconstructionObjective objective(network, Masking::kNone, seed());
  const at::Tensor black = at::zeros({2, 1, 32, 32});
  // A sigmoid near 1/2 against black: a quarter.
  EXPECT_NEAR(loss(objective, black), 0.25, 0.1);
}

TEST_F(LossOfPixelsTest, TheEncoderDoesNotSeeWhatIsMasked) {
  // With the loss on masked cells alone, a change of a masked cell moves the loss only through the target.
  const auto network = *Network::make({.name = "resnet18"}, Device::kCpu);
  ReconstructionObjective objective(network, Masking::kCells, seed());
  at::Tensor changed = pictures(32).clone();
  const auto visible = draw_visible(64, kMaskedShare, 5, 1, "s0");
  std::int64_t masked = 0;
  while (std::ranges::binary_search(visible, masked)) ++masked;
  const at::Tensor cell =
      changed[0][0].slice(0, masked / 8 * 4, masked / 8 * 4 + 4).slice(1, masked % 8 * 4, masked % 8 * 4 + 4);
  const double before = loss(objective, changed);
  at::Tensor(cell).add_(1e-3);
  const double up = loss(objective, changed);
  at::Tensor(cell).sub_(2e-3);
  const double down = loss(objective, changed);
  // (answer - x)^2 with a constant answer has the second difference 2 h^2 in each of the cell's 16 pixels.
  const double pixels = 2 * 48 * 16;
  EXPECT_NEAR((up + down - 2 * before) / (2 * 1e-6), 16 / pixels, 0.2 * 16 / pixels);
}

TEST_F(LossOfPixelsTest, ATransformerIsGivenTheVisiblePatchesAlone) {
  const auto network = *Network::make({.name = "vit_s_16", .picture_side = 64}, Device::kCpu);
  MaskedPatchObjective objective(network, seed());
  const at::Tensor usual = pictures(64);
  const auto visible = draw_visible(16, kMaskedShare, 5, 1, "s0");
  at::Tensor changed = usual.clone();
  const std::int64_t place = visible.front();
  at::Tensor(changed[0][0].slice(0, place / 4 * 16, place / 4 * 16 + 16).slice(1, place % 4 * 16, place % 4 * 16 + 16))
      .fill_(0.9);
  EXPECT_NE(loss(objective, changed), loss(objective, usual)) << "a visible patch is seen";
  at::Tensor brighter = usual.clone();
  for (std::int64_t i = 0; i < 16; ++i) {
    if (std::ranges::binary_search(visible, i)) continue;
    at::Tensor(brighter[0][0].slice(0, i / 4 * 16, i / 4 * 16 + 16).slice(1, i % 4 * 16, i % 4 * 16 + 16)).add_(0.1);
  }
  at::Tensor darker = 2 * usual - brighter;
  // As above: what is masked moves the loss as a target alone, by h^2 of half of the masked pixels.
  EXPECT_NEAR(loss(objective, brighter) + loss(objective, darker) - 2 * loss(objective, usual), 2 * 0.01 / 2, 1e-5);
}

}  // namespace
}  // namespace alveus::learn
