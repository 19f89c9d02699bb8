// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "store/cached_result.hpp"
#include "store/file_checksums.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

/// A file or directory of an entry; `path` is relative to the entry: "files/0/a.txt".
struct KeptFile {
  std::string path;
  bool is_directory = false;
  FileChecksum checksum;  ///< of a file
  friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

/// One result in a cache, as it lies on disk (docs/internals/cache.md).
struct CacheEntry {
  std::string key;
  core::RunId run;  ///< which computed it
  core::JobId job;
  core::StepPath step;
  std::string tool;    ///< digest of its definition
  core::Value inputs;  ///< as `describe_inputs` has them
  core::Value environment;
  core::Value outputs;  ///< locations of files are relative to the entry
  std::vector<KeptFile> files;
  sys::WallTime created_at;

  std::uint64_t size_bytes() const;
};

/// A folder of results and its parts. Any number of processes may use it at once.
struct CacheFolder {
  std::filesystem::path path;

  std::filesystem::path entry(const std::string& key) const { return path / "entries" / key.substr(0, 2) / key; }
  std::filesystem::path entry_file(const std::string& key) const { return entry(key) / "entry.json"; }
  std::filesystem::path definition_file(const std::string& tool) const { return path / "tools" / (tool + ".json"); }
  std::filesystem::path lease_file(const std::string& run) const { return path / "leases" / run; }
  std::filesystem::path making() const { return path / "making"; }
  std::filesystem::path lock_file() const { return path / "lock"; }
  std::filesystem::path checksums_file() const { return path / "checksums.db"; }

  /// Makes what is missing of it. kUnsupported when another version made it, kDenied.
  core::Status make() const;
  /// kNotFound when the folder is no cache, kUnsupported.
  core::Status check() const;
};

/// The text of an entry's file, and back. kCorrupt when it is none.
std::string to_text(const CacheEntry& entry);
core::Result<CacheEntry> parse_entry(const std::string& text);

/// kNotFound, kCorrupt.
core::Result<CacheEntry> read_entry(const CacheFolder& folder, const std::string& key);
/// The tool's parts, of which it is the digest. kNotFound, kCorrupt.
core::Result<core::Value> read_definition(const CacheFolder& folder, const std::string& tool);
/// When a run last took the entry, or made it.
sys::WallTime last_use(const CacheFolder& folder, const std::string& key);
/// The keys of all entries, sorted.
core::Result<std::vector<std::string>> list_keys(const CacheFolder& folder);

}  // namespace alveus::store
