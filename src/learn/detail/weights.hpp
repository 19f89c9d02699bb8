// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace alveus::learn {

enum class WeightRole {
  kTrained,    ///< Changed by the optimiser; the only ones that count as parameters.
  kStatistic,  ///< Running mean or variance of a batch norm.
  kCounter,    ///< Batches a batch norm has seen, a 64-bit integer.
  kIndex,      ///< Fixed 64-bit integers that torchvision keeps among its weights.
};
constexpr bool is_integer(WeightRole role) { return role == WeightRole::kCounter || role == WeightRole::kIndex; }

/// How a weight starts.
struct Filling {
  enum class Kind { kConstant, kNormal, kUniform, kGiven };
  Kind kind = Kind::kConstant;
  double scale = 0;  ///< the constant; the standard deviation; the bound of a symmetric interval

  static Filling constant(double value) { return {Kind::kConstant, value}; }
  static Filling normal(double deviation) { return {Kind::kNormal, deviation}; }
  static Filling uniform(double bound) { return {Kind::kUniform, bound}; }
};

/// A tensor of a network under the name torchvision gives it.
struct Weight {
  std::string name;
  at::Tensor tensor;
  WeightRole role = WeightRole::kTrained;
  Filling filling;
};

/// The weights of a network in the order its layers were made.
class WeightList {
 public:
  explicit WeightList(at::Device device) : device_(device) {}

  /// Adds an unfilled weight and returns its handle, which shares memory with the list's. Four-dimensional weights lie
  /// in channels-last order, which oneDNN and cuDNN read without a copy.
  at::Tensor add(std::string name, at::IntArrayRef shape, WeightRole role, Filling filling);

  /// Adds a kIndex with its values.
  at::Tensor add_index(std::string name, const at::Tensor& values);

  /// Adds a handle to a weight of another list.
  void share(Weight weight);

  const std::vector<Weight>& items() const { return items_; }
  const Weight* find(std::string_view name) const;
  at::Device device() const { return device_; }

  /// Gives every weight its first value, drawn from the stream (seed, "weights/" + name, block of 4096 values).
  void fill(std::uint64_t seed) const;

 private:
  at::Device device_;
  std::vector<Weight> items_;
};

}  // namespace alveus::learn
