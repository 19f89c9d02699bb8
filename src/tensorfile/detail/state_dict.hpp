// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tensorfile/detail/pickle.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::tensorfile {

/// A run of numbers that tensors look into: PyTorch's storage.
struct StorageName {
  std::string key;  ///< of its bytes in the file
  ElementType type = ElementType::kF32;
  std::uint64_t count = 0;  ///< of elements
};

/// A tensor as a pickle of PyTorch describes it: a strided window into a storage. Its elements lie inside the storage
/// (as `storage.count` states it), and it is no larger than that.
struct StoredTensor {
  std::string name;
  StorageName storage;
  std::uint64_t offset = 0;  ///< in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  ///< in elements
};

struct StateDict {
  std::vector<StoredTensor> tensors;
  /// For a checkpoint: "state_dict" names the member that held the weights, the others are its plain numbers and texts.
  TextMap metadata;
};

/// The globals that stand in files of weights: containers, storages, and what makes tensors of them.
bool is_weights_global(std::string_view global);

/// Finds the weights in a pickle read with these globals: a dictionary of tensors, or a checkpoint's dictionary that
/// holds one. kInvalidInput: none, or several of which none has a usual name; kCorrupt: a tensor that contradicts
/// itself.
core::Result<StateDict> read_state_dict(const Pickle& pickle);

/// The storages that a pickle names, in no order; one may stand many times.
core::Result<std::vector<StorageName>> storages_of(const Pickle& pickle);

}  // namespace alveus::tensorfile
