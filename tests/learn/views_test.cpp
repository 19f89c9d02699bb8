// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/views.hpp"

#include <gtest/gtest.h>

namespace alveus::learn {
namespace {

at::Tensor ramp() { return at::arange(64, at::kFloat).view({1, 1, 8, 8}) / 64; }

TEST(ViewTest, DependsOnSeedEpochSampleAndNumberAlone) {
  const View usual = draw_view(1, 1, "a", 0);
  EXPECT_EQ(draw_view(1, 1, "a", 0).left, usual.left);
  EXPECT_NE(draw_view(2, 1, "a", 0).left, usual.left);
  EXPECT_NE(draw_view(1, 2, "a", 0).left, usual.left);
  EXPECT_NE(draw_view(1, 1, "b", 0).left, usual.left);
  EXPECT_NE(draw_view(1, 1, "a", 1).left, usual.left);
}

TEST(ViewTest, CropsStayInThePictureAndKeepAFifthOfIt) {
  for (int epoch = 0; epoch < 200; ++epoch) {
    const View view = draw_view(1, epoch, "a", 0);
    EXPECT_GE(view.left, 0);
    EXPECT_GE(view.top, 0);
    EXPECT_LE(view.left + view.width, 1 + 1e-12);
    EXPECT_LE(view.top + view.height, 1 + 1e-12);
    EXPECT_GE(view.width * view.height, 0.2 * 0.75);
  }
}

TEST(ViewTest, ThePlainViewIsThePicture) { EXPECT_TRUE(at::allclose(seen(ramp(), {View{}}), ramp(), 0, 1e-6)); }

TEST(ViewTest, AQuarterBecomesTheWhole) {
  const at::Tensor view = seen(ramp(), {View{.left = 0.5, .top = 0, .width = 0.5, .height = 0.5}});
  const at::Tensor wanted = at::upsample_bilinear2d(ramp().slice(2, 0, 4).slice(3, 4, 8), {8, 8}, false);
  // Inside: at the cut edges the source goes on where the resized quarter repeats.
  EXPECT_TRUE(at::allclose(view.slice(2, 1, 7).slice(3, 1, 7), wanted.slice(2, 1, 7).slice(3, 1, 7), 0, 1e-6));
}

TEST(ViewTest, MirrorsLeftToRight) {
  EXPECT_TRUE(at::allclose(seen(ramp(), {View{.mirrored = true}}), ramp().flip({3}), 0, 1e-6));
}

TEST(ViewTest, ContrastKeepsTheMeanAndBrightnessMultiplies) {
  const at::Tensor middle = ramp() * 0.2 + 0.4;
  const at::Tensor stronger = seen(middle, {View{.contrast = 1.4}});
  EXPECT_NEAR(stronger.mean().item<double>(), middle.mean().item<double>(), 1e-6);
  EXPECT_NEAR((stronger.std() / middle.std()).item<double>(), 1.4, 1e-5);
  EXPECT_TRUE(at::allclose(seen(middle, {View{.brightness = 0.6}}), middle * 0.6, 0, 1e-6));
}

TEST(ViewTest, BlursEachPictureItsOwnWay) {
  at::Tensor dots = at::zeros({2, 1, 225, 225});
  dots[0][0][112][112] = 1;
  dots[1][0][112][112] = 1;
  const at::Tensor view = seen(dots, {View{.blur = 2}, View{}});
  EXPECT_NEAR(view[1][0][112][112].item<double>(), 1, 1e-4);
  EXPECT_NEAR(view[0].sum().item<double>(), 1, 1e-3);
  // A Gaussian of deviation 2: exp(-1/2) of the middle, two pixels off.
  EXPECT_NEAR((view[0][0][112][114] / view[0][0][112][112]).item<double>(), std::exp(-0.5), 0.02);
}

}  // namespace
}  // namespace alveus::learn
