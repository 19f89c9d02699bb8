// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "core/ids.hpp"
#include "store/record.hpp"

namespace alveus::engine {

/// How the invocations of one step stand, over all tags. They only ever move from left to
/// right; but a loop's next iteration waits until it is known whether there is one, and may be gone then.
struct StepCounts {
  std::size_t waiting = 0;
  std::size_t running = 0;
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;  ///< their `when` did not hold
  std::size_t blocked = 0;  ///< never ran, since something before them failed
  friend bool operator==(const StepCounts&, const StepCounts&) = default;
};

/// Watches a run. Called on the engine's thread, so it must be quick and must not call back.
class ProgressObserver {
 public:
  virtual ~ProgressObserver() = default;
  /// The counts of a step changed; called at most once a step for a burst of events. A workflow that is the whole run
  /// is no step; a tool that is has the path "/".
  virtual void on_counts(const core::StepPath& step, const StepCounts& counts) = 0;
  /// These records are in the journal.
  virtual void on_records(std::span<const store::Record> records) = 0;
};

}  // namespace alveus::engine
