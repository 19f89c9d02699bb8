// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "learn/detail/layers.hpp"

/// From features of the slices of scans to features of the scans. Slices are [M, F], all scans one behind the other as
/// `Pass::slice_counts` says, or [N, S, F]; scans are [N, F].
namespace alveus::learn {

/// The largest of each feature.
class MaxOverSlices final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// A mean whose shares are learned: Ilse et al., "Attention-based Deep Multiple Instance Learning" (2018), gated.
class AttentionOverSlices final : public Layer {
 public:
  AttentionOverSlices(WeightList& weights, const std::string& name, std::int64_t features, std::int64_t hidden);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Linear value_, gate_, score_;
};

}  // namespace alveus::learn
