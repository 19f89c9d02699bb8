// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/block_cache.hpp"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace alveus::learn {
namespace {

// In front of each block, so that `give` learns its size; a whole line keeps the block aligned.
constexpr std::size_t kHeaderBytes = BlockCache::kAlignment;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;
constexpr std::size_t kSmallestClass = 512;

// What nobody may touch, the address sanitizer watches; without it these do nothing: a kept block, the mark of a
// block's size, and what its class has beyond what was asked for.
void forbid([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) {
  ASAN_POISON_MEMORY_REGION(start, bytes);
}

void allow([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) {
  ASAN_UNPOISON_MEMORY_REGION(start, bytes);
}

void* reserve(std::size_t class_bytes) {
  const std::size_t total = class_bytes + kHeaderBytes;
  if (class_bytes < kHugePageBytes) return std::aligned_alloc(BlockCache::kAlignment, total);
  const std::size_t rounded = (total + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  void* const start = std::aligned_alloc(kHugePageBytes, rounded);
  // A hint: fewer page faults and table look-ups in large activations.
  if (start != nullptr) ::madvise(start, rounded, MADV_HUGEPAGE);
  return start;
}

}  // namespace

std::size_t size_class(std::size_t bytes) {
  const std::size_t wanted = std::max(bytes, kSmallestClass);
  const std::size_t step = std::max(std::bit_floor(wanted) / 8, BlockCache::kAlignment);
  return (wanted + step - 1) / step * step;
}

void* BlockCache::take(std::size_t bytes) {
  const std::size_t class_bytes = size_class(bytes);
  const std::scoped_lock lock(mutex_);
  if (limit_bytes_ > 0 && used_bytes_ + class_bytes > limit_bytes_) return nullptr;
  void* start = nullptr;
  if (const auto found = kept_.find(class_bytes); found != kept_.end() && !found->second.empty()) {
    start = found->second.back();
    found->second.pop_back();
    kept_bytes_ -= class_bytes;
  } else {
    if (limit_bytes_ > 0 && used_bytes_ + kept_bytes_ + class_bytes > limit_bytes_) release_locked();
    start = reserve(class_bytes);
    if (start == nullptr) {
      release_locked();
      start = reserve(class_bytes);
    }
    if (start == nullptr) return nullptr;
    std::memcpy(start, &class_bytes, sizeof class_bytes);
    forbid(start, kHeaderBytes + class_bytes);
  }
  used_bytes_ += class_bytes;
  peak_bytes_ = std::max(peak_bytes_, used_bytes_ + kept_bytes_);
  void* const block = static_cast<std::byte*>(start) + kHeaderBytes;
  allow(block, bytes);
  return block;
}

void BlockCache::give(void* block) {
  if (block == nullptr) return;
  void* const start = static_cast<std::byte*>(block) - kHeaderBytes;
  std::size_t class_bytes = 0;
  allow(start, kHeaderBytes);
  std::memcpy(&class_bytes, start, sizeof class_bytes);
  forbid(start, kHeaderBytes + class_bytes);
  const std::scoped_lock lock(mutex_);
  used_bytes_ -= class_bytes;
  if (kept_bytes_ + class_bytes > kept_bytes_max_) {
    std::free(start);
    return;
  }
  kept_[class_bytes].push_back(start);
  kept_bytes_ += class_bytes;
}

void BlockCache::set_limit(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  limit_bytes_ = bytes;
}

void BlockCache::release() {
  const std::scoped_lock lock(mutex_);
  release_locked();
}

void BlockCache::release_locked() {
  for (auto& [bytes, blocks] : kept_) {
    for (void* const block : blocks) std::free(block);
    blocks.clear();
  }
  kept_bytes_ = 0;
}

std::size_t BlockCache::kept_bytes() const {
  const std::scoped_lock lock(mutex_);
  return kept_bytes_;
}

std::size_t BlockCache::used_bytes() const {
  const std::scoped_lock lock(mutex_);
  return used_bytes_;
}

std::size_t BlockCache::peak_bytes() const {
  const std::scoped_lock lock(mutex_);
  return peak_bytes_;
}

void BlockCache::forget_peak() {
  const std::scoped_lock lock(mutex_);
  peak_bytes_ = used_bytes_ + kept_bytes_;
}

}  // namespace alveus::learn
