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

/// A program to start on this machine. Standard streams that name no file are: input /dev/null, output and error
/// `log_file` where given, else /dev/null.
struct ProcessCommand {
  std::vector<std::string> arguments;              ///< arguments[0] is looked up in `environment`'s PATH
  std::map<std::string, std::string> environment;  ///< all of it; nothing is inherited
  std::filesystem::path working_directory;
  std::filesystem::path stdin_file;
  std::filesystem::path stdout_file;
  std::filesystem::path stderr_file;
  std::chrono::milliseconds time_limit{0};  ///< zero: none. After it the whole process group is ended.
};

/// How a process ended, with what it used.
struct ProcessEnd {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  bool timed_out = false;
  bool killed = false;  ///< ended by `kill`
  std::chrono::microseconds cpu_time{0};
  std::int64_t resident_max_bytes = 0;
};

using ProcessId = std::int64_t;

/// Starts programs, each as leader of a process group of its own, and tells when they end. Safe from several threads.
class ProcessRunner {
 public:
  using OnEnd = std::function<void(const ProcessEnd&)>;  ///< called on a thread of the runner; must not block

  virtual ~ProcessRunner() = default;
  /// Starts; kNotFound when there is no such program, kDenied when it may not run, kUnavailable when the machine has
  /// no process or memory to spare. After a failure `on_end` is never called.
  virtual core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) = 0;
  /// Ends the process group: SIGTERM, then SIGKILL after `grace`. Unknown ids are ignored (it has just ended).
  virtual void kill(ProcessId process, std::chrono::milliseconds grace) = 0;
};

/// posix_spawn; one thread waits for all (pidfd and epoll). Children that a job leaves behind in its group are killed
/// when the leader ends. The destructor kills what still runs.
class LocalProcessRunner final : public ProcessRunner {
 public:
  static core::Result<std::unique_ptr<LocalProcessRunner>> make();
  ~LocalProcessRunner() override;
  core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) override;
  void kill(ProcessId process, std::chrono::milliseconds grace) override;

 private:
  struct State;
  explicit LocalProcessRunner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Starts and waits. For tools of our own, not for jobs.
core::Result<ProcessEnd> run_process(ProcessRunner& runner, const ProcessCommand& command);

/// This process's environment.
std::map<std::string, std::string> current_environment();

}  // namespace alveus::sys
