// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::tensorfile {

/// A zip archive in memory. Only members that are stored as they are can be read: that is how PyTorch writes weights,
/// and what is not compressed is no bomb. Together they are never larger than the archive. Nothing is ever unpacked to
/// a path: a member's name is a key.
class ZipArchive {
 public:
  struct Member {
    std::string name;
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;
    bool stored = true;  ///< neither compressed nor encrypted
  };

  /// Borrows `bytes`. kCorrupt: no archive, members that overlap or stand twice.
  static core::Result<ZipArchive> open(std::string_view bytes);
  ~ZipArchive();
  ZipArchive(ZipArchive&&) noexcept;
  ZipArchive& operator=(ZipArchive&&) noexcept;

  /// Sorted by name.
  const std::vector<Member>& members() const { return members_; }
  const Member* find(std::string_view name) const;
  /// The member's bytes, `member.bytes` of them. kCorrupt when they are not stored or do not have their
  /// checksum.
  core::Result<std::unique_ptr<std::byte[]>> read(const Member& member) const;

 private:
  struct Handle;
  explicit ZipArchive(std::unique_ptr<Handle> handle);
  core::Status list_members(std::uint64_t archive_bytes);

  std::unique_ptr<Handle> handle_;
  std::vector<Member> members_;
};

/// A member to be written; the bytes are borrowed.
struct ZipPiece {
  std::string name;
  std::string_view bytes;
};

/// Writes an archive of stored members, in this order and without times: equal pieces give equal bytes. The file
/// appears complete or not at all.
core::Status write_zip(const std::filesystem::path& path, std::span<const ZipPiece> pieces);

}  // namespace alveus::tensorfile
