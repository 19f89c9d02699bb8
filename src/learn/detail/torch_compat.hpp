// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <torch/version.h>

#include <cstring>

/// Everything that differs between LibTorch 1.13 and 2.x stands here.
namespace alveus::learn {

/// Asks for kernels that give the same bits every time. On CUDA a kernel without such a form warns instead of failing.
inline void ask_for_repeatable_kernels() {
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setAllowTF32CuDNN(false);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
  at::globalContext().setFloat32Precision("cuda", "matmul", "ieee");
#else
  at::globalContext().setAllowTF32CuBLAS(false);
#endif
#if TORCH_VERSION_MAJOR >= 2
  // Version 2 fills fresh memory with NaN in deterministic mode to show reads of unset memory; it costs a pass each.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

/// While it lives, convolutions and products on this device are computed in `type`; nothing changes for 32-bit floats.
class ReducedPrecision {
 public:
  ReducedPrecision(at::DeviceType device, at::ScalarType type) : device_(device), is_on_(type != at::kFloat) {
    if (!is_on_) return;
    set(true, type);
    at::autocast::increment_nesting();
  }
  ~ReducedPrecision() {
    if (!is_on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    set(false, at::kBFloat16);
  }
  ReducedPrecision(const ReducedPrecision&) = delete;
  ReducedPrecision& operator=(const ReducedPrecision&) = delete;

 private:
  void set(bool is_on, at::ScalarType type) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device_, type);
    at::autocast::set_autocast_enabled(device_, is_on);
#else
    if (device_ == at::kCPU) {
      at::autocast::set_autocast_cpu_dtype(type);
      at::autocast::set_cpu_enabled(is_on);
    } else {
      at::autocast::set_autocast_gpu_dtype(type);
      at::autocast::set_enabled(is_on);
    }
#endif
  }

  at::DeviceType device_;
  bool is_on_;
};

inline bool torch_has_cuda() { return at::hasCUDA(); }

/// An allocator of CPU memory whose blocks come from `take` and return through the plain function `give`.
template <typename Take>
class CpuAllocator final : public c10::Allocator {
 public:
  CpuAllocator(Take take, c10::DeleterFnPtr give) : take_(take), give_(give) {}
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
  c10::DataPtr allocate(std::size_t bytes) override { return make(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(to, from, bytes); }
#else
  c10::DataPtr allocate(std::size_t bytes) const override { return make(bytes); }
#endif
  c10::DeleterFnPtr raw_deleter() const override { return give_; }

 private:
  c10::DataPtr make(std::size_t bytes) const {
    void* const block = take_(bytes);
    return {block, block, give_, c10::Device(c10::DeviceType::CPU)};
  }

  Take take_;
  c10::DeleterFnPtr give_;
};

}  // namespace alveus::learn
