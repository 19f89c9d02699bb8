// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/gradient_scaler.hpp"

#include <gtest/gtest.h>

namespace alveus::learn {
namespace {

TEST(GradientScalerTest, LeavesFullPrecisionAlone) {
  GradientScaler scaler;
  EXPECT_EQ(scaler.scale(), 1);
  EXPECT_TRUE(scaler.accept(false));
  EXPECT_EQ(scaler.scale(), 1);
  EXPECT_FALSE(scaler.is_exhausted());
}

TEST(GradientScalerTest, HalvesAndSkipsTheStepWhenAGradientOverflows) {
  GradientScaler scaler = GradientScaler::for_half_precision();
  EXPECT_FALSE(scaler.accept(false));
  EXPECT_EQ(scaler.scale(), 32768);
  EXPECT_TRUE(scaler.accept(true));
}

TEST(GradientScalerTest, DoublesAfterTwoThousandGoodSteps) {
  GradientScaler scaler = GradientScaler::for_half_precision();
  for (int i = 0; i < 1999; ++i) scaler.accept(true);
  EXPECT_EQ(scaler.scale(), 65536);
  scaler.accept(true);
  EXPECT_EQ(scaler.scale(), 131072);
}

TEST(GradientScalerTest, IsExhaustedWhenNoScaleHelps) {
  GradientScaler scaler = GradientScaler::for_half_precision();
  for (int i = 0; i < 16; ++i) scaler.accept(false);
  EXPECT_FALSE(scaler.is_exhausted());
  scaler.accept(false);
  EXPECT_TRUE(scaler.is_exhausted());
}

}  // namespace
}  // namespace alveus::learn
