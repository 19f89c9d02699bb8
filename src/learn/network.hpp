// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "learn/runtime.hpp"
#include "tensorfile/safetensors.hpp"

namespace at {
class Tensor;
}

namespace alveus::learn {

struct NetworkOptions {
  std::string name = "resnet18";  ///< one of `network_names`
  int in_channels = 1;            ///< 1 or 3
  int class_count = 2;
  std::uint64_t seed = 1;  ///< of the first weights
};

/// Names as torchvision has them, sorted.
std::vector<std::string> network_names();

/// Trained parameters of such a network, without making its weights. As `Network::make` fails.
core::Result<std::int64_t> parameter_count(const NetworkOptions& options);

/// What a training pass needs besides its pictures.
struct TrainingPass {
  core::Random& noise;           ///< draws the dropout masks
  std::int64_t step_number = 1;  ///< of the training, from 1
};

/// Which feature map a network is cut at.
enum class FeatureMap {
  kLast,        ///< behind the last convolution
  kNextToLast,  ///< at the end of the last stage but one: twice as fine
};

/// A classifier of pictures: convolutions that end in a feature map, and a head that turns it into logits. Structure,
/// parameter counts and weight names are torchvision's, so weights move between the two without a change. A resource;
/// used by one thread at a time. Passes record gradients unless the caller switches them off. What LibTorch throws
/// passes through `forward` and its kind: they are called under `at_torch_edge`.
class Network {
 public:
  /// kInvalidInput suggests the likely name for a misspelt one.
  static core::Result<Network> make(const NetworkOptions& options, Device device);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const NetworkOptions& options() const;
  Device device() const;
  /// Trained parameters; running statistics do not count.
  std::int64_t parameter_count() const;

  /// Pictures [N, C, H, W] in [0, 1] to logits [N, classes], with running statistics and without dropout.
  at::Tensor forward(const at::Tensor& pictures) const;
  /// As `forward` while training: dropout drops, and batch norms use the batch's statistics and add them to their
  /// running ones, with a share of 1 / step but at least 0.1. (With torch's constant 0.1 the start values would
  /// outweigh small variances for a hundred steps, and the first epochs could not be validated.)
  at::Tensor forward_training(const at::Tensor& pictures, const TrainingPass& training) const;
  /// `forward` in two halves: finish(map, features(map, x)) = forward(x).
  at::Tensor features(FeatureMap map, const at::Tensor& pictures) const;
  at::Tensor finish(FeatureMap map, const at::Tensor& features) const;

  /// Writes all weights with the network's name and sizes as metadata, and what `metadata` adds. Gives the file's
  /// SHA-256.
  core::Result<std::string> save(const std::filesystem::path& path, const tensorfile::TextMap& metadata) const;
  /// Builds the network that a file of `save` describes.
  static core::Result<Network> load(const std::filesystem::path& path, Device device);

  /// Takes over every weight; kInvalidInput names the file and the weight that is absent, unknown or of another shape.
  core::Status take_weights(const tensorfile::SafetensorsFile& file);
  /// Takes over start weights from another task: the last layer keeps its own when the class counts differ, and a first
  /// layer for 3 channels is summed into one when this network has 1. Running statistics are taken too.
  core::Status take_start_weights(const tensorfile::SafetensorsFile& file);
  core::Status take_start_weights(const Network& other);

  /// The weights and their state, for the training loop of this library.
  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  explicit Network(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace alveus::learn
