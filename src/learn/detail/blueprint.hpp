// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "learn/detail/layers.hpp"

namespace alveus::learn {

/// A built network: `features` end with the last feature map, `head` turns it into logits [N, classes].
struct Blueprint {
  Layers features;
  Layers head;
  std::size_t next_to_last_end = 0;  ///< number of feature layers up to the end of the last stage but one
};

struct NetworkSize {
  std::int64_t in_channels = 1;
  std::int64_t class_count = 2;
};

/// The families. Each answers nothing when the name is not one of its own.
std::optional<Blueprint> build_resnet(std::string_view name, const NetworkSize& size, WeightList& weights);
std::optional<Blueprint> build_densenet(std::string_view name, const NetworkSize& size, WeightList& weights);
std::optional<Blueprint> build_vgg(std::string_view name, const NetworkSize& size, WeightList& weights);

std::vector<std::string> resnet_names();
std::vector<std::string> densenet_names();
std::vector<std::string> vgg_names();

}  // namespace alveus::learn
