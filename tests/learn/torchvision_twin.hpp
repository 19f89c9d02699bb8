// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "learn/network.hpp"
#include "tensorfile/safetensors.hpp"

namespace alveus::learn {

/// A network with random weights, in which those that start as constants or near zero are moved, so that each counts.
Network shaken_network(const NetworkOptions& options);

/// What torchvision is asked: see tools/torchvision_twin.py.
struct Question {
  const Network& network;
  at::Tensor inputs;
  at::Tensor targets;
  std::filesystem::path folder;       ///< for the files that go to and fro
  tensorfile::TextMap settings = {};  ///< of a training
};

/// The tensors torchvision answers with; none where python3-torchvision is not installed.
std::map<std::string, at::Tensor> ask_torchvision(const Question& question);

/// Inputs in [0, 1) and targets below `class_count` that are the same on every machine.
at::Tensor made_inputs(at::IntArrayRef sizes);
/// Pictures that differ as real ones do, in waves of their own: where all are alike, batch norms divide differences
/// that are hardly more than rounding.
at::Tensor made_pictures(at::IntArrayRef sizes);
at::Tensor made_targets(at::IntArrayRef sizes, std::int64_t class_count);

struct Difference {
  double most = 0;     ///< largest absolute difference of two values
  double largest = 0;  ///< largest absolute value
  double share = 0;    ///< Euclidean norm of the difference by that of the values
};
Difference difference(const at::Tensor& ours, const at::Tensor& theirs);

}  // namespace alveus::learn
