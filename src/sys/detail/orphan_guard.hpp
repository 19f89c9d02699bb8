// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>

#include "core/result.hpp"

namespace alveus::sys::detail {

struct OrphanLedger;

/// Kills process groups once this process is gone without having seen to them itself, as after SIGKILL or a crash. A
/// small process of its own waits for that, in a session of its own, so that what is sent to this process's group or
/// terminal passes it by. Safe from several threads.
class OrphanGuard {
 public:
  /// Forks the guard. Processes that work below `folder` die with this one too, whatever group or session they made for
  /// themselves; empty: watched groups alone. kUnavailable when the machine has no process or memory to spare.
  static core::Result<std::unique_ptr<OrphanGuard>> make(const std::filesystem::path& folder = {});
  /// The guard ends, without killing what is no longer watched.
  ~OrphanGuard();
  OrphanGuard(const OrphanGuard&) = delete;
  OrphanGuard& operator=(const OrphanGuard&) = delete;

  /// Bracket the start of a process that leads a group: should this process die between them, the guard looks for the
  /// newcomer by its parent, session and the time it began.
  void begin_start();
  void end_start();
  /// From here on the group dies with this process.
  void watch(pid_t group);
  /// To be called before the leader is waited for: later its number may belong to another.
  void release(pid_t group);
  pid_t process() const { return guard_; }

 private:
  OrphanGuard(OrphanLedger* ledger, int life_line, pid_t guard)
      : ledger_(ledger), life_line_(life_line), guard_(guard) {}

  OrphanLedger* ledger_;  ///< in memory shared with the guard
  int life_line_;         ///< only this process holds it; the guard sees it close
  pid_t guard_;
};

}  // namespace alveus::sys::detail
