// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "learn/network.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::learn {

struct TorchScriptOptions {
  /// Of the inputs the program is recorded with, without N: [C, H, W], [C, D, H, W], or [S, C, H, W] for bags, of which
  /// the program takes any number of slices. Other heights and widths give the network's logits for them where its
  /// layers do not depend on them; only this size is checked.
  std::vector<std::int64_t> picture_shape;
  /// Written beside the program; torch.jit.load gives them through `_extra_files`.
  tensorfile::TextMap extra_files;
};

/// Writes a network as a TorchScript program, which torch.jit.load runs without this program: inputs [N, …] in
/// [0, 1] to logits [N, classes], for any N. Its parameters and buffers have the network's names, so its state_dict is
/// a file of weights as well. The written program is read back and run on random pictures of two other batch sizes;
/// kInternal when its logits differ from the network's: then no file is left. The network lies on the CPU.
core::Status write_torchscript(const std::filesystem::path& path, const Network& network,
                               const TorchScriptOptions& options);

}  // namespace alveus::learn
