// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "learn/runtime.hpp"
#include "learn/tensor_folder.hpp"
#include "learn/training.hpp"

namespace alveus::learn {

/// The pictures of a tensor folder in the memory of a device, [rows, H, W] as the folder keeps them, rows as
/// `resident_row` counts them. Copied once, then only read: by any number of trainings, from several threads.
class ResidentPictures {
 public:
  /// Also with the lung masks, where wanted. Throws what LibTorch does when memory runs out.
  ResidentPictures(const TensorFolder& folder, const at::Device& device, bool with_lung);

  /// [M, H, W], those of these rows.
  at::Tensor rows(std::span<const std::int64_t> numbers) const;

 private:
  at::Tensor pixels_;
};

/// The resident pictures of the folders that trainings of one process share. One thread; what `find` gives is valid
/// until `drop`.
class ResidentFolders {
 public:
  /// Copies them when they are first asked for. Null where the options say that batches are to bring their own bytes,
  /// or no memory was left for the copy.
  const ResidentPictures* find(const TensorFolder& folder, const TrainingOptions& options, bool with_lung);
  /// Frees them, and makes no others. Whether there were any.
  bool drop();

 private:
  struct Key {
    const TensorFolder* folder = nullptr;
    Device device = Device::kCpu;
    bool with_lung = false;

    friend auto operator<=>(const Key&, const Key&) = default;
  };
  std::map<Key, std::unique_ptr<ResidentPictures>> kept_;  ///< null: there was no memory for them
  bool is_dropped_ = false;
};

}  // namespace alveus::learn
