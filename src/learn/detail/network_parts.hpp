// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "learn/detail/blueprint.hpp"
#include "learn/network.hpp"
#include "tensorfile/safetensors.hpp"

namespace alveus::learn {

struct Network::Parts {
  NetworkOptions options;
  Device device = Device::kCpu;
  const Design* design = nullptr;
  tensorfile::TextMap origin;  ///< of the start weights, for the metadata of saved files
  WeightList weights;
  Blueprint blueprint;

  explicit Parts(at::Device place) : weights(place) {}
};

at::Device torch_device(Device device);

/// Whether the weight depends on the task, or only training needs it.
bool is_in_head(const Blueprint& blueprint, const std::string& name);

/// What the layers need of a training pass.
Pass layer_pass(const TrainingPass& training, std::span<const std::int64_t> slice_counts = {});

/// Tensors as a file wants them: contiguous copies on the CPU where needed, kept alive here, and views of them.
class SavedTensors {
 public:
  void add(std::string name, const at::Tensor& tensor);
  std::span<const tensorfile::TensorView> views() const { return views_; }

 private:
  std::vector<at::Tensor> kept_;
  std::vector<tensorfile::TensorView> views_;
};

/// The weights of a network at one moment, kept while the network goes on changing.
class WeightSnapshot {
 public:
  explicit WeightSnapshot(const Network& network);
  /// As `Network::save` without metadata of the caller.
  core::Status save(const std::filesystem::path& path) const;

 private:
  NetworkOptions options_;
  tensorfile::TextMap origin_;
  std::vector<std::pair<std::string, at::Tensor>> weights_;  ///< names and copies on the network's device
};

/// A copy of a tensor of a file, on the CPU.
at::Tensor tensor_of(const tensorfile::TensorView& view);

/// Fills a tensor with the file's of that name. kCorrupt names one that is absent or of another shape or type.
core::Status copy_from(const tensorfile::SafetensorsFile& file, const std::string& name, const at::Tensor& into);

}  // namespace alveus::learn
