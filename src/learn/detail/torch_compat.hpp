// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cstring>
#include <string>

/// Everything that differs between LibTorch 1.13 and 2.x stands here.
namespace alveus::learn {

/// Products of 32-bit floats on CUDA are computed in 32 bits, not in TF32. From 2.9 on LibTorch calls that a precision
/// and warns of the older function; how the newer one is called differs between its versions, so it is taken where it
/// takes texts.
template <typename Context>
void ask_for_whole_products(Context& context) {
  if constexpr (requires { context.setFloat32Precision("cuda", "matmul", "ieee"); }) {
    context.setFloat32Precision("cuda", "matmul", "ieee");
  } else {
    context.setAllowTF32CuBLAS(false);
  }
}

/// Asks for kernels that give the same bits every time. On CUDA a kernel without such a form warns instead of failing.
inline void ask_for_repeatable_kernels() {
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setAllowTF32CuDNN(false);
  ask_for_whole_products(at::globalContext());
#if TORCH_VERSION_MAJOR >= 2
  // Version 2 fills fresh memory with NaN in deterministic mode to show reads of unset memory; it costs a pass each.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

/// While it lives, convolutions and products on this device are computed in `type`; nothing changes for 32-bit floats.
/// For the calling thread. LibTorch would keep weights that it has cast for their next use, but in a table of the whole
/// process, which any thread empties: where a weight is used twice, the sum of its gradients would then depend on
/// when. Without the table each use casts.
class ReducedPrecision {
 public:
  ReducedPrecision(at::DeviceType device, at::ScalarType type) : device_(device), is_on_(type != at::kFloat) {
    if (!is_on_) return;
    at::autocast::set_autocast_cache_enabled(false);
    set(true, type);
  }
  ~ReducedPrecision() {
    if (!is_on_) return;
    set(false, at::kBFloat16);
    at::autocast::set_autocast_cache_enabled(true);
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

/// Gets the text of each warning that LibTorch gives on a thread, those of its backward passes included; what `take`
/// does not want is printed to standard error, as without it.
class WarningTaker final : public c10::WarningHandler {
 public:
  explicit WarningTaker(bool (*take)(const std::string& text)) : take_(take) {}
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override {
    if (!take_(warning.msg())) c10::WarningHandler::process(warning);
  }
  /// From now on, for the calling thread. Lives as long as the thread.
  void listen() { c10::WarningUtils::set_warning_handler(this); }
#else
  void process(const c10::SourceLocation& place, const std::string& text, const bool verbatim) override {
    if (!take_(text)) c10::WarningHandler::process(place, text, verbatim);
  }
  void listen() { c10::Warning::set_warning_handler(this); }
#endif

 private:
  bool (*take_)(const std::string& text);
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
