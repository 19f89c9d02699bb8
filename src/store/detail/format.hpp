// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "store/detail/sqlite.hpp"

namespace alveus::store::detail {

/// Of the journals that this version writes; it reads all before it. docs/internals/journal.md tells what changed.
inline constexpr std::int64_t kFormatVersion = 2;

/// kUnsupported when a newer version wrote the journal, kNotFound when its controller was killed before it was made.
inline core::Status check_format(Database& database, const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (version == 0) {
    return core::fail(core::ErrorCode::kNotFound,
                      "nothing of the run in '" + file.string() + "' is on record: start it again");
  }
  if (version <= kFormatVersion) return {};
  return core::fail(core::ErrorCode::kUnsupported,
                    "the journal '" + file.string() + "' was written by a newer version (format " +
                        std::to_string(version) + "; this one knows format " + std::to_string(kFormatVersion) + ")");
}

}  // namespace alveus::store::detail
