// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "engine/cache_reuse.hpp"
#include "flow/process.hpp"
#include "store/result_cache.hpp"
#include "store/run_folder.hpp"
#include "sys/clock.hpp"
#include "sys/guarded.hpp"

namespace alveus::cli {

/// --cache and --no-cache.
std::vector<cmdline::Flag> cache_flags();
/// The folder that the flags or $ALVEUS_CACHE name; empty: no cache.
std::filesystem::path cache_directory_of(const cmdline::Flags& flags);

/// The cache of one run. Troubles go to the terminal: the first in full, the others as a number.
class RunCache {
 public:
  enum class Use { kTakeAndKeep, kPeek };

  /// Borrows the clock and the terminal. `process` is what the run runs.
  static core::Result<std::unique_ptr<RunCache>> open(const std::filesystem::path& directory,
                                                      const store::RunFolder& run, const flow::Process& process,
                                                      const sys::Clock& clock, cmdline::Terminal& terminal, Use use);

  engine::ResultReuse& reuse() { return reuse_; }
  const store::CacheFolder& folder() const { return cache_->folder(); }
  /// The run is over. `is_final`: nobody will go on with it, so nothing has to be held for it any more.
  void finish(bool is_final);

 private:
  RunCache(std::unique_ptr<store::ResultCache> cache, std::filesystem::path private_directory, const sys::Clock& clock,
           cmdline::Terminal& terminal, Use use);
  void tell(const core::Error& trouble);

  std::unique_ptr<store::ResultCache> cache_;
  std::filesystem::path private_directory_;
  cmdline::Terminal& terminal_;
  sys::Guarded<std::size_t> trouble_count_;
  engine::CacheReuse reuse_;
};

}  // namespace alveus::cli
