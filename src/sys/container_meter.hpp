// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace alveus::sys {

/// Where an engine of this machine writes what it started.
struct ContainerFiles {
  std::filesystem::path id_file;       ///< the container's id
  std::filesystem::path process_file;  ///< the system's number of its first process; empty: the engine does not tell
};

/// What all processes of a container used together.
struct ContainerUsage {
  std::optional<std::chrono::microseconds> cpu_time;
  std::optional<std::int64_t> resident_bytes;      ///< as of the last look
  std::optional<std::int64_t> resident_max_bytes;  ///< the most that was seen
  double cores = 0;                                ///< that they kept busy of late
};

/// Measures containers of this machine by their control groups, each from its begin until its first process ends: when
/// the engine's client tells of the end, the group is gone. Processor time is exact; memory is looked at twenty times a
/// second. One thread for all, begun with the first. Safe from several threads.
class ContainerMeter {
 public:
  using Number = std::uint64_t;

  ContainerMeter();
  ~ContainerMeter();
  ContainerMeter(const ContainerMeter&) = delete;
  ContainerMeter& operator=(const ContainerMeter&) = delete;

  /// Before the engine's client starts; the files need not be there yet.
  Number begin(ContainerFiles files);
  /// As of the last look.
  ContainerUsage usage(Number container) const;
  /// The container has ended, and is forgotten. Its last usage, with nothing in it where it could not be measured: the
  /// engine runs on another machine, or gives containers no control group, or it ended before it was found.
  ContainerUsage end(Number container);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace alveus::sys
