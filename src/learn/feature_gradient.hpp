// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "learn/network.hpp"
#include "learn/tensor_folder.hpp"

namespace alveus::learn {

/// What class activation maps of one picture are made from.
struct FeatureGradient {
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<float> features;  ///< A, [channels, height, width]
  std::vector<float> gradient;  ///< of the positive class's margin (logit 1 - logit 0) by A, the same shape
  double probability = 0;       ///< of the positive class
};

/// Evaluates a sample of the folder. The network has two classes; it is not changed.
core::Result<FeatureGradient> feature_gradient(const Network& network, const TensorFolder& folder, std::size_t index,
                                               FeatureMap map);

}  // namespace alveus::learn
