// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/result.hpp"
#include "store/cache_entry.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

/// What goes. Entries that a run under way has taken stay, whatever this says; so do those of a run that was lost less
/// than kLeaseMax ago, which may be resumed.
struct CleaningRule {
  std::optional<std::chrono::seconds> older_than;  ///< not used for so long
  std::optional<std::uint64_t> size_bytes_max;     ///< of what stays; what was used last stays
  bool everything = false;
  bool only_looks = false;  ///< removes nothing, says what would go
};

inline constexpr std::chrono::hours kLeaseMax{14 * 24};

struct CleaningReport {
  std::size_t removed_count = 0;
  std::uint64_t removed_bytes = 0;
  std::size_t kept_count = 0;
  std::uint64_t kept_bytes = 0;
  std::size_t in_use_count = 0;  ///< of the kept: would go but for a run
  std::size_t orphan_count = 0;  ///< unfinished or damaged entries, definitions without one
};

/// Cleans a cache beside runs that use it: a run finds an entry whole or not at all. Always removes what killed runs
/// left unfinished and what is damaged.
core::Result<CleaningReport> clean_cache(const CacheFolder& folder, const CleaningRule& rule, sys::WallTime now);

}  // namespace alveus::store
