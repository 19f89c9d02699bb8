// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "learn/detail/weights.hpp"

namespace alveus::learn {

/// What one walk through a network needs besides its input.
struct Pass {
  bool training = false;          ///< batch norms use and gather the batch's statistics, dropout drops
  core::Random* noise = nullptr;  ///< draws the dropout masks; needed when training
  double momentum = 0.1;          ///< share of this batch in the running statistics of batch norms
};

/// A piece of a network: [N, C, H, W] to [N, C', H', W'], or [N, F] to [N, F'] behind the flattening.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual at::Tensor forward(const at::Tensor& input, const Pass& pass) const = 0;
};

using Layers = std::vector<std::unique_ptr<Layer>>;

/// One layer after the other.
at::Tensor forward_through(const Layers& layers, at::Tensor value, const Pass& pass);

struct ConvolutionShape {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t groups = 1;
};

/// Which fan the deviation sqrt(2 / fan) of He et al. (2015) is taken from.
enum class Fan { kIn, kOut };

class Convolution final : public Layer {
 public:
  enum class Bias { kNone, kZero };
  Convolution(WeightList& weights, const std::string& name, const ConvolutionShape& shape, Fan fan, Bias bias);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  ConvolutionShape shape_;
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without a bias
};

/// Batch norm (epsilon 1e-5), with the rectifier that mostly follows it.
class BatchNorm final : public Layer {
 public:
  enum class Then { kNothing, kRelu };
  BatchNorm(WeightList& weights, const std::string& name, std::int64_t channels, Then then);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor weight_, bias_, mean_, variance_, batches_;
  Then then_;
};

/// How a linear layer starts: as torch.nn.Linear does, the same with zero bias (DenseNet), or N(0, 0.01) with zero
/// bias (VGG).
enum class LinearStart { kUniform, kUniformZeroBias, kNormal };

class Linear final : public Layer {
 public:
  Linear(WeightList& weights, const std::string& name, std::int64_t in_features, std::int64_t out_features,
         LinearStart start);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor weight_, bias_;
};

class Relu final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

class MaxPool final : public Layer {
 public:
  MaxPool(std::int64_t kernel, std::int64_t stride, std::int64_t padding)
      : kernel_(kernel), stride_(stride), padding_(padding) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::int64_t kernel_, stride_, padding_;
};

/// Means of 2 x 2 pixels.
class AveragePool final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// Means over a grid of side x side cells whatever the input's size, then [N, C * side * side].
class PoolToGrid final : public Layer {
 public:
  explicit PoolToGrid(std::int64_t side) : side_(side) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::int64_t side_;
};

/// Drops values with probability one half and doubles the others, when training.
class Dropout final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// relu(main(x) + shortcut(x)); an empty shortcut is the identity.
class ResidualBlock final : public Layer {
 public:
  ResidualBlock(Layers main, Layers shortcut) : main_(std::move(main)), shortcut_(std::move(shortcut)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Layers main_, shortcut_;
};

/// Each member sees all that came before it, and its output is joined to it.
class DenseBlock final : public Layer {
 public:
  explicit DenseBlock(std::vector<Layers> members) : members_(std::move(members)) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::vector<Layers> members_;
};

}  // namespace alveus::learn
