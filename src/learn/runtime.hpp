// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

/// What bits depend on besides the inputs, in words for a log: threads, device, kernels and LibTorch's version.
std::string what_bits_depend_on(Device device, std::int64_t thread_count);

/// Operations of this process so far that have no form which gives the same bits every time, as LibTorch names them;
/// sorted. On the CPU there are none in the networks of this library.
std::vector<std::string> unrepeatable_operations();

/// Tensors on the CPU may take no more than this from now on: a request beyond it fails as if memory were spent. 0: as
/// much as there is. After `start_torch`.
void limit_tensor_memory(std::int64_t bytes);

}  // namespace alveus::learn
