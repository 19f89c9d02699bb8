// SPDX-License-Identifier: Apache-2.0
#include "learn/torchscript.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sys/file.hpp"

namespace alveus::learn {
namespace {

/// `write_torchscript` reads its file back and compares, so what it writes is right; it must write for every network.
class EveryTorchScriptTest : public ::testing::TestWithParam<std::string> {};

std::vector<std::int64_t> small_input(const NetworkDescription& network) {
  const std::int64_t side = network.patch > 0 ? network.usual.height : std::max<std::int64_t>(network.least.height, 64);
  switch (network.input) {
    case InputKind::kPictures: return {1, side, side};
    case InputKind::kVolumes: return {1, std::max<std::int64_t>(network.least.depth, 16), side, side};
    case InputKind::kBags: return {3, 1, side, side};
  }
  return {};
}

TEST_P(EveryTorchScriptTest, IsWritten) {
  const auto folder = sys::TemporaryDirectory::make("torchscript");
  const auto network = Network::make({.name = GetParam(), .in_channels = 1, .class_count = 3}, Device::kCpu);
  ASSERT_TRUE(network) << network.error().text();
  const auto written = write_torchscript(folder->path() / "model.pt", *network,
                                         {.picture_shape = small_input(network->description()), .extra_files = {}});
  EXPECT_TRUE(written) << written.error().text();
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryTorchScriptTest, ::testing::ValuesIn(network_names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace alveus::learn
