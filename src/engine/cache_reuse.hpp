// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/result_reuse.hpp"
#include "store/result_cache.hpp"
#include "sys/clock.hpp"
#include "sys/guarded.hpp"

namespace alveus::engine {

struct CacheReuseOptions {
  /// Told of results that could not be looked for or kept, from any thread; the run goes on without them.
  std::function<void(const core::Error&)> on_trouble;
  /// Look, but take nothing and keep nothing: for a plan.
  bool only_peeks = false;
};

/// Results from a folder that outlives the run.
class CacheReuse final : public ResultReuse {
 public:
  /// Borrows the cache and the clock, which outlive it; so do the tools that it is asked about.
  CacheReuse(store::ResultCache& cache, const sys::Clock& clock, CacheReuseOptions options);

  ReuseAnswer look_up(const core::JobId& job, const flow::Tool& tool, const Evaluation& evaluation) override;
  /// Not when an input of the job has changed since the ticket was made.
  void keep(const store::ResultTicket& ticket, const core::Value& outputs) override;

 private:
  struct KnownTool {
    flow::Definition definition;
    std::string digest;
  };
  std::shared_ptr<const KnownTool> known(const flow::Tool& tool);
  core::Result<store::ResultTicket> ticket_of(const core::JobId& job, const flow::Tool& tool,
                                              const Evaluation& evaluation);

  store::ResultCache& cache_;
  const sys::Clock& clock_;
  CacheReuseOptions options_;
  sys::Guarded<std::map<const flow::Tool*, std::shared_ptr<const KnownTool>>> tools_;
};

/// True when a tool of the process, or of a step at any depth, may change data that it was given.
bool changes_inputs(const flow::Process& process);

}  // namespace alveus::engine
