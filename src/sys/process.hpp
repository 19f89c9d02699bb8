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
  /// Of the command alone. What was started with a TMPDIR or HOME below it belongs to the command, wherever it goes.
  /// Absolute and without links; empty: the process group alone is the command's.
  std::filesystem::path own_folder;
  std::int64_t memory_limit_bytes = 0;     ///< of all its processes together; zero: none. Above it they are killed.
  std::int64_t memory_expected_bytes = 0;  ///< who is furthest above it goes first when the machine's memory runs out
};

/// How a process ended, with what it used.
struct ProcessEnd {
  int exit_code = 0;  ///< 128 + signal when a signal ended it
  int signal = 0;     ///< the signal that ended it; zero: it left by itself
  bool timed_out = false;
  bool killed = false;                   ///< ended by `kill`
  std::int64_t memory_excess_bytes = 0;  ///< what it used when it was ended for its memory; zero: it was not
  std::chrono::microseconds cpu_time{0};
  std::int64_t resident_max_bytes = 0;   ///< the most seen of all its processes together, at least that of the largest
  std::vector<std::string> left_behind;  ///< names of programs that it left behind; they were killed
};

/// Names a process that this runner started; never used twice. The low 32 bits are the system's process id.
using ProcessId = std::int64_t;
constexpr std::int32_t system_id_of(ProcessId process) { return static_cast<std::int32_t>(process & 0xFFFFFFFF); }

/// What a process and all that belongs to it use, as of about a second ago.
struct ProcessUsage {
  ProcessId process = 0;
  std::int64_t resident_bytes = 0;  ///< memory that its processes share may count more than once
  std::chrono::microseconds cpu_time{0};
  double cores = 0;  ///< that it kept busy of late
  std::size_t process_count = 0;
};

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
  /// Of those that run and were looked at already. Whoever wants figures asks each second or so: nobody looks unasked.
  virtual std::vector<ProcessUsage> usage() = 0;
};

struct LocalProcessOptions {
  /// Holds the commands' own folders. What works below it dies with this program, also when that is killed. Absolute
  /// and without links; empty: process groups alone are looked after.
  std::filesystem::path folders;
  /// What all processes may use together. Above it, or when the machine has next to none left, the one furthest above
  /// what it was expected to need is killed. Zero: no such rule.
  std::int64_t memory_total_bytes = 0;
};

/// posix_spawn; one thread waits for all (pidfd and epoll), another measures when somebody wants to know. What a
/// process leaves behind is killed when it ends: its group, and what else belongs to it (docs/internals/job-folder.md).
/// No other code of the program may wait for children that it did not start. The destructor kills what still runs and
/// returns when all `on_end` have been called. When this program itself is killed, a guard process kills what it leaves
/// behind.
class LocalProcessRunner final : public ProcessRunner {
 public:
  static core::Result<std::unique_ptr<LocalProcessRunner>> make(LocalProcessOptions options = {});
  ~LocalProcessRunner() override;
  core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) override;
  void kill(ProcessId process, std::chrono::milliseconds grace) override;
  std::vector<ProcessUsage> usage() override;

 private:
  class State;
  explicit LocalProcessRunner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Starts and waits. For tools of our own, not for jobs.
core::Result<ProcessEnd> run_process(ProcessRunner& runner, const ProcessCommand& command);

/// Kills every process that was started with a TMPDIR or HOME below the folder (absolute and without links), until none
/// is left. For what an earlier program left there, when its guard was killed too; no program may use the folder now.
void end_processes_below(const std::filesystem::path& folder);

/// This process's environment.
std::map<std::string, std::string> current_environment();

}  // namespace alveus::sys
