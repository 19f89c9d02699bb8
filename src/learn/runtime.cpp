// SPDX-License-Identifier: Apache-2.0
#include "learn/runtime.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>

#include "learn/detail/block_cache.hpp"
#include "learn/detail/thread_setup.hpp"
#include "learn/detail/torch_compat.hpp"
#include "learn/detail/torch_edge.hpp"
#include "sys/guarded.hpp"

namespace alveus::learn {

// Tensors may outlive `main` in LibTorch's own statics, so the cache is never destroyed.
BlockCache& tensor_blocks() {
  static auto* const cache = [] {
    const auto pages = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES));
    const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return new BlockCache(pages * page_bytes / 4);
  }();
  return *cache;
}

namespace {

void* take_tensor_block(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* const block = tensor_blocks().take(bytes);
  TORCH_CHECK(block != nullptr, "can't allocate memory: ", bytes, " bytes");
  return block;
}

void give_tensor_block(void* block) { tensor_blocks().give(block); }

void install_block_cache() {
  using Allocator = CpuAllocator<void* (*)(std::size_t)>;
  static auto* const allocator = new Allocator(&take_tensor_block, &give_tensor_block);
  c10::SetCPUAllocator(allocator, /*priority=*/1);
  // What oneDNN allocates by itself goes through malloc: keep those blocks as well.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

// LibTorch's handlers of warnings are functions of the process.
sys::Guarded<std::set<std::string>>& unrepeatable() {
  static auto* const names = new sys::Guarded<std::set<std::string>>;
  return *names;
}

/// Keeps the names of operations without a repeatable form; they would be warned of at every step.
bool take_warning(const std::string& text) {
  const auto name_end = text.find(" does not have a deterministic implementation");
  const bool is_product = text.find("CUBLAS_WORKSPACE_CONFIG") != std::string::npos;
  if (name_end == std::string::npos && !is_product) return false;
  std::string name = is_product ? "matrix products of cuBLAS" : text.substr(0, name_end);
  unrepeatable().with_lock([&](std::set<std::string>& names) { names.insert(std::move(name)); });
  return true;
}

/// LibTorch gives warnings of a thread to the handler that listens on it.
void listen_to_warnings() {
  static auto* const taker = new WarningTaker(&take_warning);
  taker->listen();
}

/// cuBLAS repeats its bits with workspaces of a fixed size alone, which it reads from here.
void fix_product_workspaces() { ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*replace=*/0); }

}  // namespace

std::string_view name_of(Device device) { return device == Device::kCpu ? "cpu" : "cuda"; }

core::Result<Device> choose_device(std::string_view name) {
  return at_torch_edge("looking for a device", [&]() -> core::Result<Device> {
    if (name == "cpu") return Device::kCpu;
    if (name != "auto" && name != "cuda") {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "there is no device '" + std::string(name) + "'; use auto, cpu or cuda");
    }
    if (torch_has_cuda()) return Device::kCuda;
    if (name == "auto") return Device::kCpu;
    return core::fail(core::ErrorCode::kUnavailable,
                      "this LibTorch or this machine has no CUDA device; use --device cpu or auto");
  });
}

void limit_tensor_memory(std::int64_t bytes) { tensor_blocks().set_limit(static_cast<std::size_t>(bytes)); }

core::Status start_torch(int thread_count) {
  if (thread_count < 1 || thread_count > 1024) {
    return core::fail(core::ErrorCode::kInvalidInput, "the number of threads must be from 1 to 1024");
  }
  return at_torch_edge("setting LibTorch up", [&] {
    install_block_cache();
    fix_product_workspaces();
    listen_to_warnings();
    at::set_num_threads(thread_count);
    ask_for_repeatable_kernels();
  });
}

void set_thread_up() noexcept {
  at::init_num_threads();
  listen_to_warnings();
}

std::string what_bits_depend_on(Device device, std::int64_t thread_count) {
  const std::string version = "LibTorch " TORCH_VERSION;
  if (device == Device::kCuda) return "this kind of GPU and " + version;
  constexpr std::string_view kMark = "CPU capability usage: ";
  const std::string config = at::show_config();
  const auto mark = config.find(kMark);
  std::string kernels = "its kernels";
  if (mark != std::string::npos) {
    const auto begin = mark + kMark.size();
    kernels = config.substr(begin, config.find('\n', begin) - begin) + " kernels";
  }
  return std::to_string(thread_count) + (thread_count == 1 ? " thread" : " threads") + ", this kind of processor (" +
         kernels + ") and " + version;
}

std::vector<std::string> unrepeatable_operations() {
  return unrepeatable().with_lock(
      [](const std::set<std::string>& names) { return std::vector<std::string>(names.begin(), names.end()); });
}

}  // namespace alveus::learn
