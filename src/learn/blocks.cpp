// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/blocks.hpp"

#include "learn/detail/device_stream.hpp"

namespace alveus::learn {
namespace {

ConvolutionShape pointwise(std::int64_t in_channels, std::int64_t out_channels) {
  return {.in_channels = in_channels, .out_channels = out_channels};
}

Start he_start(const ConvolutionShape& shape) {
  return {.weight = he_filling(shape, Fan::kOut), .bias = Filling::constant(0)};
}

}  // namespace

at::Tensor kept_samples(const at::Tensor& like, double drop, core::Random& noise) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(like.dim()), 1);
  sizes.front() = like.size(0);
  const at::Tensor kept = at::empty(sizes, at::kFloat);
  const std::span<float> values(kept.data_ptr<float>(), static_cast<std::size_t>(kept.numel()));
  const auto enlarged = static_cast<float>(1.0 / (1.0 - drop));
  for (float& value : values) value = noise.chance(drop) ? 0.0F : enlarged;
  return sent_to(kept, like.device());
}

at::Tensor Sequence::forward(const at::Tensor& input, const Pass& pass) const {
  return forward_through(layers_, input, pass);
}

at::Tensor ResidualBlock::forward(const at::Tensor& input, const Pass& pass) const {
  at::Tensor sum = forward_through(main_, input, pass);
  sum.add_(forward_through(shortcut_, input, pass));
  return at::relu_(sum);
}

at::Tensor Sum::forward(const at::Tensor& input, const Pass& pass) const {
  at::Tensor main = forward_through(main_, input, pass);
  if (drop_ > 0 && pass.training && pass.noise != nullptr) main = main * kept_samples(main, drop_, *pass.noise);
  return main.add_(forward_through(shortcut_, input, pass));
}

at::Tensor DenseBlock::forward(const at::Tensor& input, const Pass& pass) const {
  at::Tensor joined = input;
  for (const Layers& member : members_) joined = at::cat({joined, forward_through(member, joined, pass)}, 1);
  return joined;
}

at::Tensor Branches::forward(const at::Tensor& input, const Pass& pass) const {
  std::vector<at::Tensor> outputs;
  for (const Layers& branch : branches_) outputs.push_back(forward_through(branch, input, pass));
  return at::cat(outputs, 1);
}

SqueezeExcitation::SqueezeExcitation(WeightList& weights, const std::string& name, std::int64_t channels,
                                     std::int64_t squeezed)
    : squeeze_(weights, name + ".fc1", pointwise(channels, squeezed), he_start(pointwise(channels, squeezed))),
      excite_(weights, name + ".fc2", pointwise(squeezed, channels), he_start(pointwise(squeezed, channels))) {}

at::Tensor SqueezeExcitation::forward(const at::Tensor& input, const Pass& pass) const {
  const at::Tensor means = input.mean(at::IntArrayRef({2, 3}), /*keepdim=*/true);
  const at::Tensor squeezed = activate(squeeze_.forward(means, pass), Activation::kSilu);
  return at::sigmoid(excite_.forward(squeezed, pass)) * input;
}

ChannelScale::ChannelScale(WeightList& weights, const std::string& name, std::int64_t channels, double first)
    : scale_(weights.add(name, {channels, 1, 1}, WeightRole::kTrained, Filling::constant(first))) {}

at::Tensor ChannelScale::forward(const at::Tensor& input, const Pass&) const { return scale_ * input; }

at::Tensor ChannelsToEnd::forward(const at::Tensor& input, const Pass&) const { return input.permute({0, 2, 3, 1}); }

at::Tensor ChannelsToFront::forward(const at::Tensor& input, const Pass&) const { return input.permute({0, 3, 1, 2}); }

}  // namespace alveus::learn
