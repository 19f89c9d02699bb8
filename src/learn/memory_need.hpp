// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "core/result.hpp"
#include "learn/runtime.hpp"
#include "learn/tensor_folder.hpp"
#include "study/packs.hpp"
#include "study/variant.hpp"

namespace alveus::learn {

/// Estimates what trainings on a tensor folder take of the memory of their device. What a step takes is counted, not
/// computed from formulae: a step of two slices and one of four (of one scan and of two), forward and backward, are
/// walked on the CPU, and the rest grows with the examples. A network is walked once for each precision. One thread,
/// and nothing else may make tensors meanwhile. After `start_torch`.
class MemoryEstimate {
 public:
  /// `folder` is borrowed.
  MemoryEstimate(const TensorFolder& folder, Device device) : folder_(folder), device_(device) {}

  /// As `Network::make` fails, and kInvalidInput for pictures that the network cannot take.
  core::Result<study::MemoryNeed> of(const study::Variant& variant);

 private:
  /// Of a step, besides the gradients.
  struct StepCost {
    std::int64_t parameter_count = 0;
    std::int64_t reordered_count = 0;  ///< weights that lie in memory otherwise than in a file
    std::int64_t fixed_bytes = 0;
    std::int64_t bytes_per_example = 0;
  };
  core::Result<StepCost> cost_of(const study::TrainingSettings& settings);

  const TensorFolder& folder_;
  Device device_;
  std::map<std::tuple<std::string, std::string, std::int64_t>, StepCost> costs_;  ///< by network, precision and depth
};

}  // namespace alveus::learn
