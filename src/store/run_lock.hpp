// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "core/result.hpp"

namespace alveus::store {

/// Makes this process the one controller of a run, for as long as the object lives. The system lets go of it when the
/// process ends, however that happens. The file is "controller" in the run's folder, a POSIX record lock on it the
/// lock. One object for each run and process: the system would not tell two of one process apart.
class RunLock {
 public:
  /// kUnavailable, naming the process, when another controller has the run.
  static core::Result<RunLock> take(const std::filesystem::path& run_folder);
  ~RunLock();
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&&) = delete;

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// The process id of the run's controller; empty when none lives (on this machine), also for a folder that is no run's.
/// Not for the controller itself: looking would make it let go.
std::optional<int> controller_of(const std::filesystem::path& run_folder);

}  // namespace alveus::store
