// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "learn/examples.hpp"
#include "learn/network.hpp"

namespace alveus::learn {

/// What class activation maps of one slice or scan are made from.
struct FeatureGradient {
  std::size_t channels = 0;
  std::size_t depth = 1;  ///< of a volume's map, or the slices of a bag
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<float> features;  ///< A, [channels, depth, height, width]
  std::vector<float> gradient;  ///< of the positive class's margin (logit 1 - logit 0) by A, the same shape
  double probability = 0;       ///< of the positive class
  /// What share each slice of a bag, or each depth of the last map of a volume, has in the answer; empty where the
  /// network does not weigh them.
  std::vector<float> attention = {};
};

/// Evaluates a slice or scan. The network has two classes and takes what `source` has; it is not changed.
core::Result<FeatureGradient> feature_gradient(const Network& network, const ExampleSource& source, std::size_t index,
                                               FeatureMap map);

}  // namespace alveus::learn
