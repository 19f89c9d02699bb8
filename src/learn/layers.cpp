// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/layers.hpp"

#include <cmath>

#include "core/check.hpp"
#include "learn/detail/device_stream.hpp"

namespace alveus::learn {
namespace {

/// Number of axes behind [N, C].
std::int64_t places_of(const at::Tensor& value) { return value.dim() - 2; }

/// 0 or 2 with equal probability, 64 values from each draw.
void fill_halves(std::span<float> values, core::Random& noise) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 64 == 0) bits = noise.next();
    values[i] = ((bits >> (i % 64)) & 1U) != 0 ? 2.0F : 0.0F;
  }
}

}  // namespace

at::Tensor forward_through(const Layers& layers, at::Tensor value, const Pass& pass) {
  for (const auto& layer : layers) value = layer->forward(value, pass);
  return value;
}

Filling he_filling(const ConvolutionShape& shape, Fan fan) {
  const std::int64_t channels = fan == Fan::kIn ? shape.in_channels / shape.groups : shape.out_channels;
  return Filling::normal(std::sqrt(2.0 / static_cast<double>(channels * shape.kernel.product(shape.axes))));
}

Start torch_start(std::int64_t fan_in) {
  const Filling filling = Filling::uniform(1.0 / std::sqrt(static_cast<double>(fan_in)));
  return {.weight = filling, .bias = filling};
}

Convolution::Convolution(WeightList& weights, const std::string& name, const ConvolutionShape& shape,
                         const Start& start)
    : shape_(shape) {
  std::vector<std::int64_t> sizes = {shape.out_channels, shape.in_channels / shape.groups};
  for (const std::int64_t side : shape.kernel.along(shape.axes)) sizes.push_back(side);
  weight_ = weights.add(name + ".weight", sizes, WeightRole::kTrained, start.weight);
  if (start.bias) bias_ = weights.add(name + ".bias", {shape.out_channels}, WeightRole::kTrained, *start.bias);
}

at::Tensor Convolution::forward(const at::Tensor& input, const Pass&) const {
  const std::int64_t axes = shape_.axes;
  const Extents dilation = 1;
  if (axes == 2) {
    return at::conv2d(input, weight_, bias_, shape_.stride.along(axes), shape_.padding.along(axes),
                      dilation.along(axes), shape_.groups);
  }
  return at::conv3d(input, weight_, bias_, shape_.stride.along(axes), shape_.padding.along(axes), dilation.along(axes),
                    shape_.groups);
}

at::Tensor activate(at::Tensor value, Activation activation) {
  switch (activation) {
    case Activation::kNone: return value;
    case Activation::kRelu: return at::relu_(value);
    case Activation::kRelu6: return at::hardtanh_(value, 0.0, 6.0);
    case Activation::kSilu:
      // Its gradient needs its input, so in place a copy would be made all the same.
      return at::GradMode::is_enabled() ? at::silu(value) : at::silu_(value);
    case Activation::kGelu: return at::gelu(value);
  }
  return value;
}

BatchNorm::BatchNorm(WeightList& weights, const std::string& name, std::int64_t channels,
                     const BatchNormSettings& settings)
    : settings_(settings) {
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
  return activate(
      at::batch_norm(input, weight_, bias_, mean_, variance_, pass.training, pass.momentum, settings_.epsilon, true),
      settings_.then);
}

void add_normed_convolution(Layers& layers, WeightList& weights, const NormedConvolution& parts) {
  layers.push_back(
      std::make_unique<Convolution>(weights, parts.convolution, parts.shape, Start{.weight = parts.filling}));
  layers.push_back(std::make_unique<BatchNorm>(weights, parts.norm, parts.shape.out_channels, parts.settings));
}

void ConvolutionHabit::add(Layers& layers, WeightList& weights, const std::string& name,
                           const ConvolutionShape& shape) const {
  add(layers, weights, name, shape, then);
}

void ConvolutionHabit::add(Layers& layers, WeightList& weights, const std::string& name, ConvolutionShape shape,
                           Activation otherwise) const {
  shape.axes = axes;
  add_normed_convolution(layers, weights,
                         {.convolution = name + std::string(convolution),
                          .norm = name + std::string(norm),
                          .shape = shape,
                          .settings = {.then = otherwise, .epsilon = epsilon},
                          .filling = he_filling(shape, Fan::kOut)});
}

LayerNorm::LayerNorm(WeightList& weights, const std::string& name, std::int64_t channels, double epsilon,
                     Channels where)
    : epsilon_(epsilon), where_(where) {
  weight_ = weights.add(name + ".weight", {channels}, WeightRole::kTrained, Filling::constant(1));
  bias_ = weights.add(name + ".bias", {channels}, WeightRole::kTrained, Filling::constant(0));
}

at::Tensor LayerNorm::forward(const at::Tensor& input, const Pass&) const {
  if (where_ == Channels::kLast || input.dim() == 2)
    return at::layer_norm(input, weight_.sizes(), weight_, bias_, epsilon_);
  const at::Tensor output = at::layer_norm(input.permute({0, 2, 3, 1}), weight_.sizes(), weight_, bias_, epsilon_);
  return output.permute({0, 3, 1, 2});
}

Linear::Linear(WeightList& weights, const std::string& name, std::int64_t in_features, std::int64_t out_features,
               const Start& start) {
  weight_ = weights.add(name + ".weight", {out_features, in_features}, WeightRole::kTrained, start.weight);
  if (start.bias) bias_ = weights.add(name + ".bias", {out_features}, WeightRole::kTrained, *start.bias);
}

at::Tensor Linear::forward(const at::Tensor& input, const Pass&) const { return at::linear(input, weight_, bias_); }

at::Tensor Relu::forward(const at::Tensor& input, const Pass&) const { return activate(input, Activation::kRelu); }

at::Tensor CopyingRelu::forward(const at::Tensor& input, const Pass&) const { return at::relu(input); }

at::Tensor Gelu::forward(const at::Tensor& input, const Pass&) const { return activate(input, Activation::kGelu); }

at::Tensor MaxPool::forward(const at::Tensor& input, const Pass&) const {
  const std::int64_t axes = places_of(input);
  if (axes == 2) return at::max_pool2d(input, kernel_.along(axes), stride_.along(axes), padding_.along(axes));
  return at::max_pool3d(input, kernel_.along(axes), stride_.along(axes), padding_.along(axes));
}

at::Tensor AveragePool::forward(const at::Tensor& input, const Pass&) const {
  const std::int64_t axes = places_of(input);
  if (axes == 2) return at::avg_pool2d(input, kernel_.along(axes), stride_.along(axes), padding_.along(axes));
  return at::avg_pool3d(input, kernel_.along(axes), stride_.along(axes), padding_.along(axes));
}

at::Tensor GlobalAverage::forward(const at::Tensor& input, const Pass&) const {
  return places_of(input) == 2 ? input.mean(at::IntArrayRef({2, 3})) : input.mean(at::IntArrayRef({2, 3, 4}));
}

at::Tensor PoolToGrid::forward(const at::Tensor& input, const Pass&) const {
  const at::Tensor grid = at::adaptive_avg_pool2d(input, {side_, side_});
  // The linear layer counts features in C, H, W order whatever the memory format.
  return grid.contiguous().flatten(1);
}

at::Tensor Dropout::forward(const at::Tensor& input, const Pass& pass) const {
  if (!pass.training || pass.noise == nullptr) return input;
  const at::Tensor mask = at::empty(input.sizes(), at::kFloat);
  const std::span<float> values(mask.data_ptr<float>(), static_cast<std::size_t>(mask.numel()));
  if (probability_ == 0.5) {
    fill_halves(values, *pass.noise);
  } else {
    const auto enlarged = static_cast<float>(1.0 / (1.0 - probability_));
    for (float& value : values) value = pass.noise->chance(probability_) ? 0.0F : enlarged;
  }
  return input * sent_to(mask, input.device());
}

}  // namespace alveus::learn
