// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace alveus::sys {

/// The whole file. kNotFound, kDenied; kInvalidInput when it is a directory or longer than `limit_bytes`.
core::Result<std::string> read_file(const std::filesystem::path& path, std::uintmax_t limit_bytes = UINTMAX_MAX);

/// Replaces the file's content in one step: writes a neighbour, flushes it, renames it. After a failure (kUnavailable
/// when the disk is full, kDenied) the old content stands and the neighbour is gone. The file keeps its mode; a link is
/// followed; what is no regular file (/dev/stdout, a pipe) is written as it is.
core::Status write_file(const std::filesystem::path& path, std::string_view content);

/// As `write_file`; the content is the pieces one after the other, so that large content need not be joined first.
core::Status write_pieces(const std::filesystem::path& path, std::span<const std::string_view> pieces);

/// Makes the directory and its parents. An existing directory is a success; kInvalidInput when a file is in the way.
core::Status make_directories(const std::filesystem::path& path);

/// Removes the tree, also where its owner has taken write permission away. A missing path is a success.
core::Status remove_tree(const std::filesystem::path& path);

/// Turns a failed system call into an Error: "cannot open '/a/b': Permission denied". The code follows `error_number`.
core::Error system_error(std::string_view action, const std::filesystem::path& path, int error_number);
/// What a caller can do about an errno value: full disks and exhausted tables are kUnavailable.
core::ErrorCode error_code_of(int error_number);

/// A fresh directory (mode 0700) under `parent`, or under $TMPDIR, removed with all it holds on destruction.
class TemporaryDirectory {
 public:
  static core::Result<TemporaryDirectory> make(std::string_view prefix, const std::filesystem::path& parent = {});
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  /// Leaves the directory in place and forgets it.
  std::filesystem::path release();

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// A read-only memory map of a file; empty files map to an empty view. The view lives as long as this object.
class MappedFile {
 public:
  static core::Result<MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view bytes() const { return {begin_, size_}; }

 private:
  MappedFile(const char* begin, std::size_t size) : begin_(begin), size_(size) {}
  const char* begin_ = "";
  std::size_t size_ = 0;
};

/// Folder of the running executable, from /proc/self/exe.
core::Result<std::filesystem::path> executable_directory();

}  // namespace alveus::sys
