// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "learn/detail/blueprint.hpp"
#include "learn/network.hpp"
#include "learn/safetensors.hpp"

namespace alveus::learn {

struct Network::Parts {
  NetworkOptions options;
  Device device = Device::kCpu;
  WeightList weights;
  Blueprint blueprint;
  std::string head_name;  ///< of the last layer: "fc", "classifier", "classifier.6"

  explicit Parts(at::Device place) : weights(place) {}
};

at::Device torch_device(Device device);

/// Tensors as a file wants them: contiguous copies on the CPU where needed, kept alive here, and views of them.
class SavedTensors {
 public:
  void add(std::string name, const at::Tensor& tensor);
  std::span<const TensorView> views() const { return views_; }

 private:
  std::vector<at::Tensor> kept_;
  std::vector<TensorView> views_;
};

/// A copy of a tensor of a file, on the CPU.
at::Tensor tensor_of(const TensorView& view);

}  // namespace alveus::learn
