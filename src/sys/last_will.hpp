// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace alveus::sys {

/// What is to be done should this program die before its time: `find` prints words, each of `then` gets them as further
/// arguments, in order. Repeated until nothing is found, a few times at most: what was being made when the program died
/// may show up a moment later. Output of `then` and errors go nowhere.
struct LastWill {
  std::vector<std::string> find;
  std::vector<std::vector<std::string>> then;
  std::map<std::string, std::string> environment;  ///< all of it; the programs are looked up in its PATH
};

/// Carries out a last will when this process is gone without having revoked it, as after SIGKILL or a crash. A small
/// process of its own waits for that (`last-will` in the process list), in a session of its own.
class LastWillExecutor {
 public:
  /// Forks the process. kNotFound where a program of the will is not there, kUnavailable when the machine has no
  /// process or memory to spare.
  static core::Result<std::unique_ptr<LastWillExecutor>> make(const LastWill& will);
  /// Revokes the will.
  ~LastWillExecutor();
  LastWillExecutor(const LastWillExecutor&) = delete;
  LastWillExecutor& operator=(const LastWillExecutor&) = delete;

  /// From here on the will is carried out when this object goes, as if the program had died. Nobody waits for it.
  void confirm() { is_confirmed_ = true; }

 private:
  LastWillExecutor(int life_line, pid_t process) : life_line_(life_line), process_(process) {}

  int life_line_;  ///< only this process holds it; a byte in it revokes, its end confirms
  pid_t process_;
  bool is_confirmed_ = false;
};

}  // namespace alveus::sys
