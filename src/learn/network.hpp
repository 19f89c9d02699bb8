// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"
#include "learn/network_description.hpp"
#include "learn/runtime.hpp"
#include "tensorfile/safetensors.hpp"
#include "tensorfile/weights_file.hpp"

namespace at {
class Tensor;
}

namespace alveus::learn {

/// Defined in learn/detail/pass_results.hpp, as they hold tensors.
struct TrainingLogits;
struct FeatureCut;

constexpr int kChannelsMax = 3;
constexpr int kClassesMax = 100'000;

struct NetworkOptions {
  std::string name = "resnet18";  ///< one of `network_names`
  int in_channels = 1;            ///< 1 or 3; 2 where a mask comes with the scan
  int class_count = 2;
  std::uint64_t seed = 1;  ///< of the first weights
  /// Side of the square pictures to come, to learn at once that they are too small; 0: unknown. A network built for one
  /// size (see `NetworkDescription::patch`) is built for this one, or with 0 for its usual one. In a network's own
  /// options 0 unless it is such a network.
  int picture_side = 0;
};

/// Trained parameters of such a network, without making its weights. As `Network::make` fails.
core::Result<std::int64_t> parameter_count(const NetworkOptions& options);

/// A weight of a network by name; counters and fixed indices are not among them.
struct WeightShape {
  std::string name;
  std::vector<std::int64_t> shape;

  friend bool operator==(const WeightShape&, const WeightShape&) = default;
};
/// The weights of such a network and its running statistics, without making them, in the order of its layers.
core::Result<std::vector<WeightShape>> weight_shapes(const NetworkOptions& options);

/// Whether dropout drops values and stochastic depth leaves branches out.
enum class Dropping { kOn, kOff };

/// What a training pass needs besides its pictures.
struct TrainingPass {
  core::Random& noise;           ///< draws what is dropped
  std::int64_t step_number = 1;  ///< of the training, from 1
  Dropping dropping = Dropping::kOn;
  /// Of bags [N, S, …]: how many slices of each are real; the others are padding, which nothing looks at. Empty: all.
  std::span<const std::int64_t> slice_counts = {};
  /// Least share of this batch in running statistics; 0 makes them the plain mean over steps.
  double statistics_share_min = 0.1;
};

/// Which weights of a network came from a file of start weights.
struct TakenWeights {
  std::int64_t count = 0;           ///< of weights, running statistics included
  std::vector<std::string> fitted;  ///< of those the ones made to fit other channels or another size of pictures
  std::vector<std::string> left;    ///< that keep their first values: a last layer for other classes

  friend bool operator==(const TakenWeights&, const TakenWeights&) = default;
};

/// A classifier of pictures, volumes or bags of slices: layers that end in a feature map, and a head that turns it into
/// logits. Structure, parameter counts and weight names are torchvision's where it has the network, so weights move
/// between the two without a change. A resource; used by one thread at a time. Passes record gradients unless the
/// caller switches them off. What LibTorch throws passes through `forward` and its kind, as does what they throw for an
/// input that `check_input` refuses: they are called under `at_torch_edge`.
class Network {
 public:
  /// kInvalidInput suggests the likely name for a misspelt one, and says which sizes the network cannot have.
  static core::Result<Network> make(const NetworkOptions& options, Device device);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const NetworkOptions& options() const;
  Device device() const;
  /// Trained parameters; running statistics do not count.
  std::int64_t parameter_count() const;

  const NetworkDescription& description() const;

  /// Whether the network can take an input of these sizes; kInvalidInput says what it takes instead.
  core::Status check_input(std::span<const std::int64_t> sizes) const;

  /// Inputs in [0, 1], as the description says [N, C, H, W], [N, C, D, H, W] or [N, S, C, H, W], to logits
  /// [N, classes], with running statistics and without dropout. `slice_counts` as in `TrainingPass`.
  at::Tensor forward(const at::Tensor& input, std::span<const std::int64_t> slice_counts = {}) const;
  /// As `forward` while training: dropout drops, and batch norms use the batch's statistics and add them to their
  /// running ones, with a share of 1 / step but at least `statistics_share_min`. (With torch's constant 0.1 the start
  /// values would outweigh small variances for a hundred steps, and the first epochs could not be validated. From step
  /// 10 on the share is torch's.)
  TrainingLogits forward_training(const at::Tensor& input, const TrainingPass& training) const;
  /// `forward` in two halves: finish(map, features(map, x)) = forward(x). The map may be replaced by another of its
  /// sizes in between. Only for the maps of the description.
  FeatureCut features(FeatureMap map, const at::Tensor& input, std::span<const std::int64_t> slice_counts = {}) const;
  /// `attention` takes what share each slice of a bag, or each depth of the last map of a volume, has in the answer: a
  /// tensor [S, 1] a scan, or none where the network does not weigh them.
  at::Tensor finish(FeatureMap map, const FeatureCut& cut, std::vector<at::Tensor>* attention = nullptr) const;
  /// As `features` while training.
  FeatureCut features_training(FeatureMap map, const at::Tensor& input, const TrainingPass& training) const;

  /// Writes all weights with the network's name and sizes as metadata, and what `metadata` adds. Gives the file's
  /// SHA-256.
  core::Result<std::string> save(const std::filesystem::path& path, const tensorfile::TextMap& metadata) const;
  /// Builds the network that a file of `save` describes.
  static core::Result<Network> load(const std::filesystem::path& path, Device device);

  /// Takes over every weight; kInvalidInput names the file and the weight that is absent, unknown or of another shape.
  core::Status take_weights(const tensorfile::SafetensorsFile& file);
  /// Takes over start weights from another task: the last layer keeps its own when the class counts differ, and a first
  /// layer for other channels is made to fit so that it gives the same for grey pictures: summed over the channels it
  /// has, and shared out to those it gets. Running statistics are taken too. What `save` writes names the file from now
  /// on.
  core::Result<TakenWeights> take_start_weights(const tensorfile::WeightsFile& file);
  core::Result<TakenWeights> take_start_weights(const Network& other);

  /// The weights and their state, for the training loop of this library.
  struct Parts;
  const Parts& parts() const { return *parts_; }

 private:
  explicit Network(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace alveus::learn
