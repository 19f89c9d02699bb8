// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "learn/detail/weights.hpp"

namespace alveus::learn {

/// What one walk through a network needs besides its input.
struct Pass {
  bool training = false;          ///< batch norms use and gather the batch's statistics
  core::Random* noise = nullptr;  ///< draws the masks of dropout and of left-out branches; null: nothing is dropped
  double momentum = 0.1;          ///< share of this batch in the running statistics of batch norms
  std::span<const std::int64_t> slice_counts = {};  ///< of each bag, in the order of the slices; empty without bags
  /// Takes the shares that a layer gives the slices or depths of each scan, [S, 1] a scan; null: nobody asks.
  std::vector<at::Tensor>* attention = nullptr;
};

/// A piece of a network: [N, C, H, W] or [N, C, D, H, W] to the same with other sizes, tokens [N, T, C] to tokens, or
/// [N, F] to [N, F'] behind the flattening.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual at::Tensor forward(const at::Tensor& input, const Pass& pass) const = 0;
};

using Layers = std::vector<std::unique_ptr<Layer>>;

/// One layer after the other.
at::Tensor forward_through(const Layers& layers, at::Tensor value, const Pass& pass);

/// Sizes along depth, height and width; layers over pictures use the last two.
class Extents {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a cube is written as its side
  constexpr Extents(std::int64_t side) : sizes_{side, side, side} {}
  constexpr Extents(std::int64_t height, std::int64_t width) : sizes_{1, height, width} {}
  constexpr Extents(std::int64_t depth, std::int64_t height, std::int64_t width) : sizes_{depth, height, width} {}

  /// The last two or all three of them.
  at::IntArrayRef along(std::int64_t axes) const {
    return at::IntArrayRef(sizes_).slice(3 - static_cast<std::size_t>(axes));
  }
  std::int64_t product(std::int64_t axes) const { return (axes == 3 ? sizes_[0] : 1) * sizes_[1] * sizes_[2]; }

 private:
  std::array<std::int64_t, 3> sizes_;
};

struct ConvolutionShape {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Extents kernel = 1;
  Extents stride = 1;
  Extents padding = 0;
  std::int64_t groups = 1;
  std::int64_t axes = 2;  ///< 2 for pictures, 3 for volumes
};

/// First values of a layer with weights; without a bias where it has none.
struct Start {
  Filling weight;
  std::optional<Filling> bias = std::nullopt;
};

/// Which fan the deviation sqrt(2 / fan) of He et al. (2015) is taken from.
enum class Fan { kIn, kOut };
Filling he_filling(const ConvolutionShape& shape, Fan fan);
/// What torch.nn gives a layer unless told otherwise: uniform within 1 / sqrt(fan in), the bias too.
Start torch_start(std::int64_t fan_in);

class Convolution final : public Layer {
 public:
  Convolution(WeightList& weights, const std::string& name, const ConvolutionShape& shape, const Start& start);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  ConvolutionShape shape_;
  at::Tensor weight_;
  at::Tensor bias_;  ///< undefined: none
};

enum class Activation { kNone, kRelu, kRelu6, kSilu, kGelu };
/// May write in place: nothing else may need `value`, and the operation it comes from must not need its output.
at::Tensor activate(at::Tensor value, Activation activation);

struct BatchNormSettings {
  Activation then = Activation::kNone;
  double epsilon = 1e-5;
};

/// Batch norm over [N, C, …], with the activation that mostly follows it.
class BatchNorm final : public Layer {
 public:
  BatchNorm(WeightList& weights, const std::string& name, std::int64_t channels, const BatchNormSettings& settings);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor weight_, bias_, mean_, variance_, batches_;
  BatchNormSettings settings_;
};

/// A convolution and its batch norm.
struct NormedConvolution {
  std::string convolution;  ///< their names
  std::string norm;
  ConvolutionShape shape;
  BatchNormSettings settings;
  Filling filling;
};
void add_normed_convolution(Layers& layers, WeightList& weights, const NormedConvolution& parts);

/// The habit of one network: what the two are called, how many axes they go along, what follows them. They begin with
/// the values of He et al., taken from the fan out. The axes of a shape that is added are set to the habit's.
struct ConvolutionHabit {
  std::string_view convolution = ".conv";  ///< ends of their names
  std::string_view norm = ".norm";
  std::int64_t axes = 2;
  Activation then = Activation::kRelu;
  double epsilon = 1e-5;

  void add(Layers& layers, WeightList& weights, const std::string& name, const ConvolutionShape& shape) const;
  /// As above, followed by another activation than usual.
  void add(Layers& layers, WeightList& weights, const std::string& name, ConvolutionShape shape,
           Activation otherwise) const;
};

/// Over the channels of each place.
class LayerNorm final : public Layer {
 public:
  enum class Channels { kSecond, kLast };  ///< [N, C, H, W] or [N, C]; [N, T, C] or [N, H, W, C]
  LayerNorm(WeightList& weights, const std::string& name, std::int64_t channels, double epsilon, Channels where);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor weight_, bias_;
  double epsilon_;
  Channels where_;
};

/// Over the last axis.
class Linear final : public Layer {
 public:
  Linear(WeightList& weights, const std::string& name, std::int64_t in_features, std::int64_t out_features,
         const Start& start);
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  ///< undefined: none
};

/// In place behind a convolution or a linear layer, which do not need their output again.
class Relu final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// As Relu where the input is used elsewhere too.
class CopyingRelu final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

class Gelu final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

class MaxPool final : public Layer {
 public:
  MaxPool(Extents kernel, Extents stride, Extents padding) : kernel_(kernel), stride_(stride), padding_(padding) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Extents kernel_, stride_, padding_;
};

/// Means; padding counts as zeros.
class AveragePool final : public Layer {
 public:
  AveragePool(Extents kernel, Extents stride, Extents padding) : kernel_(kernel), stride_(stride), padding_(padding) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  Extents kernel_, stride_, padding_;
};

/// The mean over all places: [N, C, …] to [N, C].
class GlobalAverage final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;
};

/// Means over a grid of side x side cells whatever the picture's size, then [N, C * side * side].
class PoolToGrid final : public Layer {
 public:
  explicit PoolToGrid(std::int64_t side) : side_(side) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  std::int64_t side_;
};

/// Drops values with the given probability when training, and enlarges the others so that the mean stays.
class Dropout final : public Layer {
 public:
  explicit Dropout(double probability = 0.5) : probability_(probability) {}
  at::Tensor forward(const at::Tensor& input, const Pass& pass) const override;

 private:
  double probability_;
};

}  // namespace alveus::learn
