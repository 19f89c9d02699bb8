// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace alveus::learn {

/// Memory for CPU tensors that is kept when freed. A training step asks for the same sizes as the one before; glibc
/// would return the large blocks to the kernel, which zeroes them page by page at the next use. Blocks are sorted into
/// size classes an eighth apart, so that at most an eighth is wasted. Safe from several threads.
class BlockCache {
 public:
  static constexpr std::size_t kAlignment = 64;  ///< of every block, as LibTorch asks for

  explicit BlockCache(std::size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}
  ~BlockCache() { release(); }
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// No more than this is in use at one time from now on; 0: as much as there is.
  void set_limit(std::size_t bytes);
  /// A block of at least `bytes`; a null pointer when memory or the limit is spent, also after giving back what was
  /// kept.
  void* take(std::size_t bytes);
  /// Takes a block of `take` back. A null pointer is ignored.
  void give(void* block);
  /// Returns every kept block to the system.
  void release();

  std::size_t kept_bytes() const;
  /// Of blocks that are taken.
  std::size_t used_bytes() const;
  /// The most that was taken or kept at one time since the last `forget_peak`: what the process had of the system.
  std::size_t peak_bytes() const;
  void forget_peak();

 private:
  void release_locked();

  mutable std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> kept_;  // bytes of the class to free blocks
  std::size_t kept_bytes_ = 0;
  std::size_t used_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::size_t limit_bytes_ = 0;
  const std::size_t kept_bytes_max_;
};

/// The cache that `start_torch` gives LibTorch for tensors on the CPU.
BlockCache& tensor_blocks();

/// The size class of a request: what is really reserved.
std::size_t size_class(std::size_t bytes);

}  // namespace alveus::learn
