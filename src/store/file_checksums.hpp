// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace alveus::store {

struct FileChecksum {
  std::string sha256;  ///< lower-case hexadecimal
  std::uint64_t size_bytes = 0;
  friend bool operator==(const FileChecksum&, const FileChecksum&) = default;
};

/// SHA-256 of files on this machine. A file is read once: what it was is remembered in a database by its path, size,
/// inode, mtime and ctime. A checksum is only remembered when the file's last change lies so far before the reading
/// that any later change must show in its ctime (the racy rule of git's index), so a remembered one is never wrong as
/// long as the clock is not set back. Safe from several threads; several processes may share the database.
class FileChecksums {
 public:
  /// Opens the database or makes it; one that is damaged is made anew.
  static core::Result<std::unique_ptr<FileChecksums>> open(const std::filesystem::path& database);
  /// Writes what is not written yet.
  ~FileChecksums();
  FileChecksums(const FileChecksums&) = delete;
  FileChecksums& operator=(const FileChecksums&) = delete;

  /// Links are followed. kNotFound, kDenied; kInvalidInput when it is no regular file; kUnavailable when it changes
  /// while it is read.
  core::Result<FileChecksum> of(const std::filesystem::path& file);
  /// Reads the file, whatever is remembered.
  static core::Result<FileChecksum> read(const std::filesystem::path& file);
  /// Forgets files that are gone or have changed. Returns how many.
  core::Result<std::size_t> prune();

  std::size_t read_count() const;        ///< files that were read
  std::size_t remembered_count() const;  ///< files that were not

 private:
  struct State;
  explicit FileChecksums(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  std::array<std::mutex, 64> reading_;  ///< by path: what one thread reads others wait for
};

}  // namespace alveus::store
