// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "learn/detail/layers.hpp"

namespace alveus::learn {

/// One layer after the other, as one.
class Sequence final : public Layer {
 public:
  explicit Sequence(Layers layers) : layers_(std::move(layers)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Layers layers_;
};

/// relu(main(x) + shortcut(x)); an empty shortcut is the identity.
class ResidualBlock final : public Layer {
 public:
  ResidualBlock(Layers main, Layers shortcut) : main_(std::move(main)), shortcut_(std::move(shortcut)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Layers main_, shortcut_;
};

/// main(x) + shortcut(x); an empty shortcut is the identity. In training a sample goes without its main branch with
/// probability `drop`, and the others' is enlarged (Huang et al., "Deep Networks with Stochastic Depth", 2016).
class Sum final : public Layer {
 public:
  explicit Sum(Layers main, double drop = 0) : main_(std::move(main)), drop_(drop) {}
  Sum(Layers main, Layers shortcut) : main_(std::move(main)), shortcut_(std::move(shortcut)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Layers main_, shortcut_;
  double drop_ = 0;
};

/// Each member sees all that came before it, and its output is joined to it.
class DenseBlock final : public Layer {
 public:
  explicit DenseBlock(std::vector<Layers> members) : members_(std::move(members)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::vector<Layers> members_;
};

/// Branches over the same input, their channels joined.
class Branches final : public Layer {
 public:
  explicit Branches(std::vector<Layers> branches) : branches_(std::move(branches)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::vector<Layers> branches_;
};

/// Weighs the channels by what their means say: Hu et al., "Squeeze-and-Excitation Networks" (2017), with SiLU.
class SqueezeExcitation final : public Layer {
 public:
  SqueezeExcitation(WeightList& weights, const std::string& name, std::int64_t channels, std::int64_t squeezed);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Convolution squeeze_, excite_;
};

/// Multiplies each channel of [N, C, H, W] by a learned factor.
class ChannelScale final : public Layer {
 public:
  ChannelScale(WeightList& weights, const std::string& name, std::int64_t channels, double first);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor scale_;
};

/// [N, C, H, W] to [N, H, W, C] and back: views, as pictures lie in channels-last order.
class ChannelsToEnd final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};
class ChannelsToFront final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// A factor 0 or 1 / (1 - drop) for each sample, [N, 1, …] with as many axes as `like`.
at::Tensor kept_samples(const at::Tensor& like, double drop, core::Random& noise);

}  // namespace alveus::learn
