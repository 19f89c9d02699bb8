// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace alveus::learn {

enum class Device { kCpu, kCuda };
std::string_view name_of(Device device);

/// "cpu", "cuda", or "auto": cuda where there is one. kInvalidInput for another word, kUnavailable when cuda is asked
/// for and this LibTorch or this machine has none.
core::Result<Device> choose_device(std::string_view name);

/// Sets LibTorch up for this process: threads for one operation, kernels that give the same bits every time, and an
/// allocator that keeps the blocks of a training step for the next. Called once by the program before other calls of
/// this library. The number of threads can change the last bits of sums; the same number gives the same bits.
core::Status start_torch(int thread_count);

/// Tensors on the CPU may take no more than this from now on: a request beyond it fails as if memory were spent. 0: as
/// much as there is. After `start_torch`.
void limit_tensor_memory(std::int64_t bytes);

}  // namespace alveus::learn
