// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string_view>

#include "core/result.hpp"

namespace alveus::sys::detail {

/// A small process that sees this one end, and a line to it.
struct Watcher {
  pid_t process = 0;
  int line = -1;  ///< a byte written here reaches the watcher; it is closed with this process at the latest
};

/// Forks a watcher, which runs `body` with its end of the line and ends. It has a session of its own, ignores all
/// signals but SIGKILL, works in "/" and holds nothing open but that end; all this is so when the function returns, so
/// that what is sent to this process's group from then on passes the watcher by. `name`: in the process list, at most
/// 15 bytes. `purpose` begins the message: "cannot guard jobs". kUnavailable when the machine has no process or
/// descriptor to spare. The program may have threads: `body` calls only what is safe in a signal handler.
core::Result<Watcher> fork_watcher(const char* name, std::string_view purpose, const std::function<void(int)>& body);

/// Waits for a byte on the watcher's end: true; or for the end of the process at the other: false.
bool hears_a_byte(int line);

}  // namespace alveus::sys::detail
