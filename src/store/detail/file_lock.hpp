// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "core/result.hpp"

namespace alveus::store::detail {

/// A lock (flock) on a file, made where it is missing; let go at the end of its scope or of the process.
class FileLock {
 public:
  enum class Kind { kShared, kExclusive };
  enum class Wait { kNo, kYes };

  /// kUnavailable when another holds it and this does not wait.
  static core::Result<FileLock> take(const std::filesystem::path& file, Kind kind, Wait wait);
  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace alveus::store::detail
