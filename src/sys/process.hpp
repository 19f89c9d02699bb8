// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace alveus::sys {

/// A program to start on this machine. Standard streams that name no file are /dev/null. The files are made or
/// emptied; output and error may name the same one and then share their place in it. Relative paths, that of the
/// program too, are relative to the working directory.
struct ProcessCommand {
  std::vector<std::string> arguments;              ///< arguments[0] is looked up in `environment`'s PATH
  std::map<std::string, std::string> environment;  ///< all of it; nothing is inherited
  std::filesystem::path working_directory;
  std::filesystem::path stdin_file;
  std::filesystem::path stdout_file;
  std::filesystem::path stderr_file;
  std::chrono::milliseconds time_limit{0};  ///< zero: none. After it the group is ended as by `kill`.
};

/// How a process ended, with what it used.
struct ProcessEnd {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  bool timed_out = false;
  bool killed = false;  ///< ended by `kill`
  std::chrono::microseconds cpu_time{0};
  std::int64_t resident_max_bytes = 0;
};

/// Names a process that this runner started; never used twice. The low 32 bits are the system's process id.
using ProcessId = std::int64_t;
constexpr std::int32_t system_id_of(ProcessId process) { return static_cast<std::int32_t>(process & 0xFFFFFFFF); }

/// Starts programs, each as leader of a process group of its own, and tells when they end. Safe from several threads.
class ProcessRunner {
 public:
  using OnEnd = std::function<void(const ProcessEnd&)>;  ///< called on a thread of the runner; must not block

  virtual ~ProcessRunner() = default;
  /// Starts; kNotFound when there is no such program or file, kDenied when it may not run, kInvalidInput when it is no
  /// program, kUnavailable when the machine has no process or memory to spare. After a failure `on_end` is never
  /// called, else exactly once.
  virtual core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) = 0;
  /// Ends the process group: SIGTERM, then SIGKILL after `grace`; SIGKILL at once when that is zero. Unknown ids are
  /// ignored (it has just ended).
  virtual void kill(ProcessId process, std::chrono::milliseconds grace) = 0;
};

/// posix_spawn; one thread waits for all (pidfd and epoll). Children that a job leaves behind in its group are killed
/// when the leader ends; one that leaves the group escapes. No other code of the program may wait for children that it
/// did not start. The destructor kills what still runs and returns when all `on_end` have been called. When this
/// program itself is killed, a guard process kills the groups that it leaves behind.
class LocalProcessRunner final : public ProcessRunner {
 public:
  static core::Result<std::unique_ptr<LocalProcessRunner>> make();
  ~LocalProcessRunner() override;
  core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) override;
  void kill(ProcessId process, std::chrono::milliseconds grace) override;

 private:
  class State;
  explicit LocalProcessRunner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Starts and waits. For tools of our own, not for jobs.
core::Result<ProcessEnd> run_process(ProcessRunner& runner, const ProcessCommand& command);

/// This process's environment.
std::map<std::string, std::string> current_environment();

}  // namespace alveus::sys
