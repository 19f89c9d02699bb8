// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "learn/detail/layers.hpp"

namespace alveus::learn {

/// Each token gathers from all others: Vaswani et al., "Attention Is All You Need" (2017). [N, T, C] to the same.
class SelfAttention final : public Layer {
 public:
  SelfAttention(WeightList& weights, const std::string& name, std::int64_t channels, std::int64_t head_count);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::int64_t head_count_;
  at::Tensor in_weight_, in_bias_, out_weight_, out_bias_;
};

/// Attention within square windows of a map [N, H, W, C], which may be shifted by half a window so that neighbours in
/// different windows meet in the next layer, with a learned bias for each distance: Liu et al., "Swin Transformer"
/// (2021).
class WindowAttention final : public Layer {
 public:
  struct Shape {
    std::int64_t channels = 0;
    std::int64_t head_count = 1;
    std::int64_t window = 7;
    std::int64_t shift = 0;
  };
  WindowAttention(WeightList& weights, const std::string& name, const Shape& shape);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  /// Attention among the tokens of each window, [windows, window * window, C]; `mask` may be undefined.
  at::Tensor attend(const at::Tensor& windows, const at::Tensor& mask) const;

  Shape shape_;
  at::Tensor in_weight_, in_bias_, out_weight_, out_bias_, bias_table_, bias_index_;
};

/// A block of a transformer, [N, T, C] to the same: x + attention(norm(x)), then x + mlp(norm(x)) of four times the
/// width, with torchvision's names and first values.
std::unique_ptr<Layer> transformer_block(WeightList& weights, const std::string& name, std::int64_t channels,
                                         std::int64_t head_count);

/// The norm of a transformer.
std::unique_ptr<Layer> token_norm(WeightList& weights, const std::string& name, std::int64_t channels);

}  // namespace alveus::learn
