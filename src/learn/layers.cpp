// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/layers.hpp"

#include <cmath>

#include "core/check.hpp"

namespace alveus::learn {

at::Tensor forward_through(const Layers& layers, at::Tensor value, const Pass& pass) {
  for (const auto& layer : layers) value = layer->forward(value, pass);
  return value;
}

Convolution::Convolution(WeightList& weights, const std::string& name, const ConvolutionShape& shape, Fan fan,
                         Bias bias)
    : shape_(shape) {
  const std::int64_t in_group = shape.in_channels / shape.groups;
  const std::int64_t area = shape.kernel * shape.kernel;
  const auto fan_size = static_cast<double>((fan == Fan::kIn ? in_group : shape.out_channels) * area);
  weight_ = weights.add(name + ".weight", {shape.out_channels, in_group, shape.kernel, shape.kernel},
                        WeightRole::kTrained, Filling::normal(std::sqrt(2.0 / fan_size)));
  if (bias == Bias::kZero) {
    bias_ = weights.add(name + ".bias", {shape.out_channels}, WeightRole::kTrained, Filling::constant(0));
  }
}

at::Tensor Convolution::forward(const at::Tensor& input, const Pass&) const {
  const std::array<std::int64_t, 2> stride = {shape_.stride, shape_.stride};
  const std::array<std::int64_t, 2> padding = {shape_.padding, shape_.padding};
  return at::conv2d(input, weight_, bias_.defined() ? c10::optional<at::Tensor>(bias_) : c10::nullopt, stride, padding,
                    at::IntArrayRef({1, 1}), shape_.groups);
}

BatchNorm::BatchNorm(WeightList& weights, const std::string& name, std::int64_t channels, Then then) : then_(then) {
  weight_ = weights.add(name + ".weight", {channels}, WeightRole::kTrained, Filling::constant(1));
  bias_ = weights.add(name + ".bias", {channels}, WeightRole::kTrained, Filling::constant(0));
  mean_ = weights.add(name + ".running_mean", {channels}, WeightRole::kStatistic, Filling::constant(0));
  variance_ = weights.add(name + ".running_var", {channels}, WeightRole::kStatistic, Filling::constant(1));
  batches_ = weights.add(name + ".num_batches_tracked", {}, WeightRole::kCounter, Filling::constant(0));
}

at::Tensor BatchNorm::forward(const at::Tensor& input, const Pass& pass) const {
  if (pass.training) {
    const at::NoGradGuard no_grad;
    const at::Tensor batches = batches_;
    batches.add_(1);
  }
  at::Tensor output = at::batch_norm(input, weight_, bias_, mean_, variance_, pass.training, pass.momentum, 1e-5, true);
  return then_ == Then::kRelu ? at::relu_(output) : output;
}

Linear::Linear(WeightList& weights, const std::string& name, std::int64_t in_features, std::int64_t out_features,
               LinearStart start) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(in_features));
  weight_ = weights.add(name + ".weight", {out_features, in_features}, WeightRole::kTrained,
                        start == LinearStart::kNormal ? Filling::normal(0.01) : Filling::uniform(bound));
  bias_ = weights.add(name + ".bias", {out_features}, WeightRole::kTrained,
                      start == LinearStart::kUniform ? Filling::uniform(bound) : Filling::constant(0));
}

at::Tensor Linear::forward(const at::Tensor& input, const Pass&) const { return at::linear(input, weight_, bias_); }

at::Tensor Relu::forward(const at::Tensor& input, const Pass&) const {
  // In place: neither a convolution nor a linear layer needs its output again.
  at::Tensor output = input;
  return at::relu_(output);
}

at::Tensor MaxPool::forward(const at::Tensor& input, const Pass&) const {
  return at::max_pool2d(input, {kernel_, kernel_}, {stride_, stride_}, {padding_, padding_});
}

at::Tensor AveragePool::forward(const at::Tensor& input, const Pass&) const {
  return at::avg_pool2d(input, {2, 2}, {2, 2});
}

at::Tensor PoolToGrid::forward(const at::Tensor& input, const Pass&) const {
  if (side_ == 1) return input.mean(at::IntArrayRef({2, 3}));
  const at::Tensor grid = at::adaptive_avg_pool2d(input, {side_, side_});
  // The linear layer counts features in C, H, W order whatever the memory format.
  return grid.contiguous().flatten(1);
}

at::Tensor Dropout::forward(const at::Tensor& input, const Pass& pass) const {
  if (!pass.training) return input;
  ALVEUS_CHECK(pass.noise != nullptr, "a training pass brings its random stream");
  const at::Tensor mask = at::empty(input.sizes(), at::kFloat);
  const std::span<float> values(mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel()));
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 64 == 0) bits = pass.noise->next();
    values[i] = ((bits >> (i % 64)) & 1U) != 0 ? 2.0F : 0.0F;
  }
  return input * mask.to(input.device());
}

at::Tensor ResidualBlock::forward(const at::Tensor& input, const Pass& pass) const {
  at::Tensor sum = forward_through(main_, input, pass);
  sum.add_(forward_through(shortcut_, input, pass));
  return at::relu_(sum);
}

at::Tensor DenseBlock::forward(const at::Tensor& input, const Pass& pass) const {
  at::Tensor joined = input;
  for (const Layers& member : members_) joined = at::cat({joined, forward_through(member, joined, pass)}, 1);
  return joined;
}

}  // namespace alveus::learn
