// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "torchvision_cases.hpp"

namespace alveus::learn {
namespace {

/// One network of each family; tests/slow compares them all.
class TorchvisionTest : public ::testing::TestWithParam<TwinCase> {};

TEST_P(TorchvisionTest, GivesTheSameLogitsAndGradients) { expect_twins(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Networks, TorchvisionTest,
                         ::testing::Values(TwinCase{"resnet18"}, TwinCase{"densenet121"}, TwinCase{"mobilenet_v2"},
                                           TwinCase{"efficientnet_b0"}, TwinCase{"convnext_tiny"}, TwinCase{"vit_s_16"},
                                           TwinCase{"swin_t"}, TwinCase{"r3d_18", {2, 1, 8, 32, 32}}),
                         [](const auto& instance) { return instance.param.network; });

}  // namespace
}  // namespace alveus::learn
