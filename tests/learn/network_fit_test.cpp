// SPDX-License-Identifier: Apache-2.0
#include "learn/network_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "learn/network.hpp"

namespace alveus::learn {
namespace {

/// The tensors of a network's file, without their bytes.
std::vector<tensorfile::TensorView> tensors_of(const NetworkOptions& options) {
  std::vector<tensorfile::TensorView> tensors;
  const auto weights = weight_shapes(options);
  for (const WeightShape& weight : *weights) {
    tensors.push_back({.name = weight.name, .shape = weight.shape});
  }
  std::ranges::sort(tensors, {}, &tensorfile::TensorView::name);
  return tensors;
}

TEST(NetworkFitTest, TellsNetworkChannelsAndClasses) {
  for (const std::string name : {"resnet18", "resnet50", "densenet121", "vgg16_bn"}) {
    const auto fits = networks_that_fit(tensors_of({.name = name, .in_channels = 1, .class_count = 7}));
    ASSERT_TRUE(fits) << fits.error().text();
    ASSERT_FALSE(fits->fits.empty()) << name;
    EXPECT_EQ(fits->fits.front(), (NetworkFit{.network = name, .in_channels = 1, .class_count = 7, .unused = {}}));
  }
}

TEST(NetworkFitTest, DoesWithoutTheLastLayerAndNamesWhatIsUnused) {
  auto tensors = tensors_of({.name = "resnet18", .in_channels = 3, .class_count = 2});
  std::erase_if(tensors, [](const auto& tensor) { return tensor.name.starts_with("fc."); });
  tensors.push_back({.name = "queue", .shape = {128, 9}});
  const auto fits = networks_that_fit(tensors);
  ASSERT_TRUE(fits && fits->fits.size() == 1);
  EXPECT_EQ(fits->fits.front(),
            (NetworkFit{.network = "resnet18", .in_channels = 3, .class_count = std::nullopt, .unused = {"queue"}}));
}

TEST(NetworkFitTest, NamesTheNearestNetworkAndWhatItLacks) {
  auto tensors = tensors_of({.name = "resnet18"});
  std::erase_if(tensors, [](const auto& tensor) { return tensor.name == "layer3.0.conv1.weight"; });
  const auto fits = networks_that_fit(tensors);
  ASSERT_TRUE(fits);
  EXPECT_TRUE(fits->fits.empty());
  EXPECT_EQ(fits->nearest, "resnet18");
  EXPECT_EQ(fits->nearest_lacks, "layer3.0.conv1.weight");
  EXPECT_TRUE(networks_that_fit({})->nearest.empty());
}

}  // namespace
}  // namespace alveus::learn
