// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace alveus::sys::detail {

/// The system calls of `write_file`. Each returns as the call of its name does: -1 with errno on failure. Tests
/// decorate it to make the n-th call fail.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int open(const char* path, int flags, unsigned mode) = 0;
  virtual std::ptrdiff_t write(int descriptor, const char* bytes, std::size_t count) = 0;
  virtual int set_mode(int descriptor, unsigned mode) = 0;
  virtual int flush(int descriptor) = 0;
  virtual int close(int descriptor) = 0;
  virtual int rename(const char* from, const char* to) = 0;
  virtual int unlink(const char* path) = 0;
};

class RealFileCalls final : public FileCalls {
 public:
  int open(const char* path, int flags, unsigned mode) override;
  std::ptrdiff_t write(int descriptor, const char* bytes, std::size_t count) override;
  int set_mode(int descriptor, unsigned mode) override;
  int flush(int descriptor) override;
  int close(int descriptor) override;
  int rename(const char* from, const char* to) override;
  int unlink(const char* path) override;
};

/// `sys::write_file` and `sys::write_pieces` through the given calls.
core::Status write_file_with(FileCalls& calls, const std::filesystem::path& path, std::string_view content);
core::Status write_pieces_with(FileCalls& calls, const std::filesystem::path& path,
                               std::span<const std::string_view> pieces);

}  // namespace alveus::sys::detail
