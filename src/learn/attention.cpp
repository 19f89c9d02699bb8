// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/attention.hpp"

#include <ATen/TracerMode.h>

#include <cmath>

#include "learn/detail/blocks.hpp"
#include "learn/detail/device_stream.hpp"

namespace alveus::learn {
namespace {

Start small_start() { return {.weight = Filling::normal(0.02), .bias = Filling::constant(0)}; }

struct Projected {
  at::Tensor query, key, value;  ///< [N, heads, T, C / heads]
};

Projected project(const at::Tensor& tokens, const at::Tensor& weight, const at::Tensor& bias, std::int64_t heads) {
  const std::int64_t channels = tokens.size(2);
  const at::Tensor all = at::linear(tokens, weight, bias)
                             .reshape({tokens.size(0), tokens.size(1), 3, heads, channels / heads})
                             .permute({2, 0, 3, 1, 4});
  const double scale = 1.0 / std::sqrt(static_cast<double>(channels / heads));
  return {.query = all[0] * scale, .key = all[1], .value = all[2]};
}

/// [N, heads, T, C / heads] to [N, T, C].
at::Tensor joined(const at::Tensor& heads) { return heads.transpose(1, 2).flatten(2); }

/// For each pair of places in a window which row of the table holds its bias.
at::Tensor distance_index(std::int64_t window) {
  std::vector<std::int64_t> index;
  const std::int64_t count = window * window;
  for (std::int64_t to = 0; to < count; ++to) {
    for (std::int64_t from = 0; from < count; ++from) {
      const std::int64_t rows = to / window - from / window + window - 1;
      const std::int64_t columns = to % window - from % window + window - 1;
      index.push_back(rows * (2 * window - 1) + columns);
    }
  }
  return at::tensor(index, at::kLong);
}

std::int64_t padding_of(std::int64_t extent, std::int64_t window) { return (window - extent % window) % window; }

/// [N, H, W, C] to [N * windows, window * window, C].
at::Tensor cut_to_windows(const at::Tensor& map, std::int64_t window) {
  return map.reshape({map.size(0), map.size(1) / window, window, map.size(2) / window, window, map.size(3)})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({-1, window * window, map.size(3)});
}

at::Tensor join_windows(const at::Tensor& windows, std::int64_t window, at::IntArrayRef map_sizes) {
  const std::int64_t rows = map_sizes[1] / window;
  const std::int64_t columns = map_sizes[2] / window;
  return windows.reshape({map_sizes[0], rows, columns, window, window, map_sizes[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape(map_sizes);
}

/// Which of three parts a row or column of a shifted map belongs to: parts that were not neighbours before the shift
/// must not attend to each other.
at::Tensor part_of_places(std::int64_t extent, std::int64_t window, std::int64_t shift) {
  std::vector<float> parts;
  for (std::int64_t i = 0; i < extent; ++i) {
    const bool is_moved = shift > 0 && i >= extent - shift;
    parts.push_back(is_moved ? 2.0F : (i >= extent - window ? 1.0F : 0.0F));
  }
  return at::tensor(parts);
}

/// [windows, window * window, window * window]: 0 where two places may attend to each other, else -100.
at::Tensor shift_mask(at::IntArrayRef map_sizes, std::int64_t window, std::int64_t row_shift,
                      std::int64_t column_shift) {
  // A constant for those who record passes: they cannot see that these tensors are filled.
  const at::tracer::impl::NoTracerDispatchMode not_recorded;
  const at::Tensor rows = part_of_places(map_sizes[1], window, row_shift).unsqueeze(1);
  const at::Tensor columns = part_of_places(map_sizes[2], window, column_shift).unsqueeze(0);
  const at::Tensor parts = (rows * 3 + columns).reshape({1, map_sizes[1], map_sizes[2], 1});
  const at::Tensor of_windows = cut_to_windows(parts, window).squeeze(2);
  return (of_windows.unsqueeze(1) != of_windows.unsqueeze(2)).to(at::kFloat) * -100.0;
}

}  // namespace

SelfAttention::SelfAttention(WeightList& weights, const std::string& name, std::int64_t channels,
                             std::int64_t head_count)
    : head_count_(head_count) {
  // The bounds of Glorot and Bengio (2010), and of torch.nn.Linear.
  const double in_bound = std::sqrt(6.0 / static_cast<double>(4 * channels));
  in_weight_ =
      weights.add(name + ".in_proj_weight", {3 * channels, channels}, WeightRole::kTrained, Filling::uniform(in_bound));
  in_bias_ = weights.add(name + ".in_proj_bias", {3 * channels}, WeightRole::kTrained, Filling::constant(0));
  out_weight_ =
      weights.add(name + ".out_proj.weight", {channels, channels}, WeightRole::kTrained, torch_start(channels).weight);
  out_bias_ = weights.add(name + ".out_proj.bias", {channels}, WeightRole::kTrained, Filling::constant(0));
}

at::Tensor SelfAttention::forward(const at::Tensor& input, const Pass&) const {
  const Projected parts = project(input, in_weight_, in_bias_, head_count_);
  const at::Tensor shares = at::softmax(parts.query.matmul(parts.key.transpose(2, 3)), -1);
  return at::linear(joined(shares.matmul(parts.value)), out_weight_, out_bias_);
}

WindowAttention::WindowAttention(WeightList& weights, const std::string& name, const Shape& shape) : shape_(shape) {
  const std::int64_t channels = shape.channels;
  const Start start = small_start();
  in_weight_ = weights.add(name + ".qkv.weight", {3 * channels, channels}, WeightRole::kTrained, start.weight);
  in_bias_ = weights.add(name + ".qkv.bias", {3 * channels}, WeightRole::kTrained, *start.bias);
  out_weight_ = weights.add(name + ".proj.weight", {channels, channels}, WeightRole::kTrained, start.weight);
  out_bias_ = weights.add(name + ".proj.bias", {channels}, WeightRole::kTrained, *start.bias);
  const std::int64_t distances = (2 * shape.window - 1) * (2 * shape.window - 1);
  bias_table_ = weights.add(name + ".relative_position_bias_table", {distances, shape.head_count}, WeightRole::kTrained,
                            start.weight);
  bias_index_ = weights.add_index(name + ".relative_position_index", distance_index(shape.window));
}

at::Tensor WindowAttention::attend(const at::Tensor& windows, const at::Tensor& mask) const {
  const std::int64_t count = windows.size(1);
  const Projected parts = project(windows, in_weight_, in_bias_, shape_.head_count);
  const at::Tensor bias = bias_table_.index_select(0, bias_index_)
                              .reshape({count, count, shape_.head_count})
                              .permute({2, 0, 1})
                              .unsqueeze(0);
  at::Tensor scores = parts.query.matmul(parts.key.transpose(2, 3)) + bias;
  if (mask.defined()) {
    const std::int64_t windows_a_map = mask.size(0);
    const std::int64_t map_count = windows.size(0) / windows_a_map;
    scores =
        scores.reshape({map_count, windows_a_map, shape_.head_count, count, count}) + mask.unsqueeze(1).unsqueeze(0);
    scores = scores.flatten(0, 1);
  }
  return at::linear(joined(at::softmax(scores, -1).matmul(parts.value)), out_weight_, out_bias_);
}

at::Tensor WindowAttention::forward(const at::Tensor& input, const Pass&) const {
  const std::int64_t window = shape_.window;
  const std::int64_t height = input.size(1);
  const std::int64_t width = input.size(2);
  at::Tensor map = at::constant_pad_nd(input, {0, 0, 0, padding_of(width, window), 0, padding_of(height, window)});
  // A map of one window has nothing to shift to.
  const std::int64_t row_shift = map.size(1) > window ? shape_.shift : 0;
  const std::int64_t column_shift = map.size(2) > window ? shape_.shift : 0;
  const bool shifts = row_shift > 0 || column_shift > 0;
  at::Tensor mask;
  if (shifts) {
    map = at::roll(map, {-row_shift, -column_shift}, {1, 2});
    mask = sent_to(shift_mask(map.sizes(), window, row_shift, column_shift), input.device());
  }
  map = join_windows(attend(cut_to_windows(map, window), mask), window, map.sizes());
  if (shifts) map = at::roll(map, {row_shift, column_shift}, {1, 2});
  return map.narrow(1, 0, height).narrow(2, 0, width).contiguous();
}

std::unique_ptr<Layer> token_norm(WeightList& weights, const std::string& name, std::int64_t channels) {
  constexpr double kEpsilon = 1e-6;
  return std::make_unique<LayerNorm>(weights, name, channels, kEpsilon, LayerNorm::Channels::kLast);
}

std::unique_ptr<Layer> transformer_block(WeightList& weights, const std::string& name, std::int64_t channels,
                                         std::int64_t head_count) {
  Layers gather;
  gather.push_back(token_norm(weights, name + ".ln_1", channels));
  gather.push_back(std::make_unique<SelfAttention>(weights, name + ".self_attention", channels, head_count));
  Layers think;
  const Start start = {.weight = Filling::uniform(std::sqrt(6.0 / static_cast<double>(5 * channels))),
                       .bias = Filling::normal(1e-6)};
  think.push_back(token_norm(weights, name + ".ln_2", channels));
  think.push_back(std::make_unique<Linear>(weights, name + ".mlp.0", channels, 4 * channels, start));
  think.push_back(std::make_unique<Gelu>());
  think.push_back(std::make_unique<Linear>(weights, name + ".mlp.3", 4 * channels, channels, start));
  Layers both;
  both.push_back(std::make_unique<Sum>(std::move(gather)));
  both.push_back(std::make_unique<Sum>(std::move(think)));
  return std::make_unique<Sequence>(std::move(both));
}

}  // namespace alveus::learn
