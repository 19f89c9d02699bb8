// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace alveus::flow {

/// What stands at a location.
struct EntryStatus {
  enum class Kind { kFile, kDirectory };
  Kind kind = Kind::kFile;
  std::uint64_t size_bytes = 0;
};

/// One member of a directory.
struct Entry {
  std::string name;
  core::Location location;
  EntryStatus status;
};

/// Looks at data where they lie, which may be another machine. Locations are URIs; a tool never opens a path itself.
/// Links are followed. May block: never called on the engine's thread. Safe from several threads.
class DataAccess {
 public:
  virtual ~DataAccess() = default;

  /// kNotFound when nothing stands there.
  virtual core::Result<EntryStatus> status(const core::Location& location) const = 0;
  /// The members of a directory, sorted by name.
  virtual core::Result<std::vector<Entry>> list(const core::Location& directory) const = 0;
  /// The first `limit_bytes` bytes of a file.
  virtual core::Result<std::string> read(const core::Location& file, std::size_t limit_bytes) const = 0;
  /// "sha1$…" as CWL writes it.
  virtual core::Result<std::string> checksum(const core::Location& file) const = 0;
  /// What matches a POSIX glob(3) pattern relative to `directory`, sorted. Patterns that leave it are kInvalidInput.
  virtual core::Result<std::vector<Entry>> glob(const core::Location& directory, std::string_view pattern) const = 0;
};

}  // namespace alveus::flow
