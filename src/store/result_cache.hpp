// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "store/cache_entry.hpp"
#include "store/cached_result.hpp"
#include "store/file_checksums.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

struct ResultCacheOptions {
  std::filesystem::path directory;
  core::RunId run;                       ///< which looks for results and keeps its own
  std::filesystem::path jobs_directory;  ///< of the run: files that lie there alone may be linked into the cache
  /// Not empty when jobs of the run may change data where they lie: then nothing is shared with the cache, and what is
  /// found is copied to here.
  std::filesystem::path private_directory;
};

/// Results of jobs, kept in a folder that several runs may use at once, on several machines where they share a file
/// system. An entry appears whole or not at all, also when its writer is killed; what is damaged is noticed when it is
/// looked for, and removed. Safe from several threads. docs/internals/cache.md.
class ResultCache {
 public:
  /// Makes the folder where it is missing. What the run takes from the cache stays until `release`.
  static core::Result<std::unique_ptr<ResultCache>> open(ResultCacheOptions options);
  ~ResultCache();

  /// The result of that key, with its files whole: their locations lie in the cache and may only be read. Nothing when
  /// there is none, or it was damaged.
  core::Result<std::optional<KeptResult>> find(const std::string& key);
  /// As `find`, for who only wants to know: takes nothing, checks presence and sizes alone.
  core::Result<std::optional<KeptResult>> peek(const std::string& key) const;
  /// Keeps the outputs of a job that succeeded. Those of another run that came first stay. After a failure
  /// (kUnavailable when the disk is full) nothing of it is in the cache.
  core::Status keep(const ResultTicket& ticket, const core::Value& outputs, sys::WallTime time);
  /// The run is over and needs nothing of the cache any more.
  void release();

  FileChecksums& checksums();
  const CacheFolder& folder() const;

 private:
  struct State;
  explicit ResultCache(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alveus::store
