// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace alveus::learn {

/// What a training pass answers.
struct TrainingLogits {
  at::Tensor logits;     ///< [N, classes]
  at::Tensor auxiliary;  ///< of the auxiliary head, [N, classes]; undefined where there is none
};

/// A network cut at a feature map.
struct FeatureCut {
  at::Tensor map;   ///< [N, C, H, W] or [N, C, D, H, W]; of bags all slices one behind the other
  at::Tensor rest;  ///< what else flows there: the class token [N, 1, C] of a transformer; undefined for others
  std::vector<std::int64_t> slice_counts = {};  ///< of each bag; empty without bags
};

}  // namespace alveus::learn
