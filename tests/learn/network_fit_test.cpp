// SPDX-License-Identifier: Apache-2.0
#include "learn/network_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "learn/network.hpp"
#include "tensorfile/weights_file.hpp"

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
  for (const std::string& name : network_names()) {
    const auto fits = networks_that_fit(tensors_of({.name = name, .in_channels = 1, .class_count = 7}));
    ASSERT_TRUE(fits) << fits.error().text();
    const NetworkFit expected = {.network = name, .in_channels = 1, .class_count = 7, .unused = {}};
    EXPECT_NE(std::ranges::find(fits->fits, expected), fits->fits.end()) << name;
  }
}

TEST(NetworkFitTest, NoNetworkLooksAsIfAWrapperHadNamedIt) {
  for (const std::string& name : network_names()) {
    auto tensors = tensors_of({.name = name});
    EXPECT_EQ(tensorfile::strip_wrapper_prefixes(tensors), "") << name;
    const auto before = tensors;
    tensorfile::take_current_names(tensors);
    EXPECT_TRUE(std::ranges::equal(before, tensors, {}, &tensorfile::TensorView::name, &tensorfile::TensorView::name));
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
