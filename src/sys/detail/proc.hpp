// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>

namespace alveus::sys::detail {

// What /proc tells. Nothing here allocates or locks, so that the guard, which is forked from a program with threads,
// may use it too.

/// One process at one moment.
struct ProcessFacts {
  pid_t id = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  char state = ' ';                       ///< 'Z': it has ended and waits for its parent
  std::uint64_t began = 0;                ///< ticks since boot; with `id` it names a process for good
  std::uint64_t cpu_ticks = 0;            ///< its own
  std::uint64_t cpu_ticks_waited = 0;     ///< of children that ended and were waited for
  std::uint64_t address_space_bytes = 0;  ///< 0: a process of the kernel, or one that has ended
  std::uint64_t resident_pages = 0;
  std::uint64_t environment_end = 0;  ///< an address; 0 while the process executes a program that is not laid out yet
  std::array<char, 20> name{};        ///< of its program, cut by the kernel to 15 bytes

  bool is_alive() const { return state != 'Z' && state != 'X'; }
};

std::optional<ProcessFacts> facts_of(pid_t process);

/// The numbers of all processes that this program can see.
class ProcessWalk {
 public:
  ProcessWalk();
  ~ProcessWalk();
  ProcessWalk(const ProcessWalk&) = delete;
  ProcessWalk& operator=(const ProcessWalk&) = delete;
  /// 0 after the last.
  pid_t next();

 private:
  int directory_;
  long size_ = 0;
  long at_ = 0;
  alignas(8) std::array<char, 8192> entries_{};
};

/// Whether the process was started with a TMPDIR or HOME below `directory` (absolute, without a slash at its end): what
/// a job starts inherits that, wherever it goes. False for one that has ended or belongs to somebody else.
bool works_below(pid_t process, const char* directory);

/// SIGKILL to this very process, not to another that has its number by now.
void kill_exactly(const ProcessFacts& process);

/// Clock ticks, the unit of `ProcessFacts::began`.
std::uint64_t ticks_since_boot();

/// Whether the process's working directory lies below `directory`, as that of a command does from before it executes.
bool stands_below(pid_t process, const char* directory);

/// Ends all that works below the directory and had begun by then, with the rest of its process groups, whenever that
/// began, until a look finds nothing more (or a thousand did: what waits for a dead disk cannot die). This process and
/// its group are spared.
void kill_all_below(const char* directory, std::uint64_t began_until);

/// Half of what it shares with one other, a third with two …: unlike resident memory it can be summed. Bytes; 0 when it
/// cannot be told. Slow for big processes.
std::int64_t proportional_bytes(pid_t process);

/// What programs may still take without swapping, and the whole. Bytes; zeros when /proc does not tell.
struct MachineMemory {
  std::int64_t available_bytes = 0;
  std::int64_t total_bytes = 0;
};
MachineMemory machine_memory();

}  // namespace alveus::sys::detail
