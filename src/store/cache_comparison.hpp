// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "store/cache_entry.hpp"
#include "store/cached_result.hpp"

namespace alveus::store {

/// What tells two identities apart, in words, a line each: "input 'threshold': 0.5 -> 0.7", "input 'ct': content of
/// scan.nii.gz differs", "arguments[2].valueFrom: 'a' -> 'b'", "runtime.cores: 1 -> 4". Empty for equal ones.
std::vector<std::string> differences(const ResultIdentity& before, const ResultIdentity& now);

/// An earlier result, and what tells a job from it.
struct Comparison {
  CacheEntry entry;
  std::vector<std::string> differences;
};

/// All entries of a cache as they were when it was read, to find what is like a job.
class CacheComparison {
 public:
  static core::Result<CacheComparison> read(const CacheFolder& folder);

  /// The entry of the same step or tool that differs least from `now`, the newest of several; of those that other runs
  /// than `run` made before `before`. Looks at no more than the newest kCandidatesMax.
  std::optional<Comparison> nearest(const ResultIdentity& now, const core::StepPath& step, const core::RunId& run,
                                    sys::WallTime before) const;

 private:
  static constexpr std::size_t kCandidatesMax = 2000;
  core::Value definition_of(const std::string& tool) const;

  CacheFolder folder_;
  std::vector<CacheEntry> entries_;  ///< newest first
  mutable std::map<std::string, core::Value> definitions_;
};

}  // namespace alveus::store
