// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

namespace alveus::cli {

/// Turns SIGINT and SIGTERM to a stop request: the first asks for a clean end, the second ends the program at once with
/// status 130. Made before any other thread starts, so that all of them leave the signals to it.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return requested_.get_token(); }

 private:
  std::stop_source requested_;
  std::jthread watcher_;
};

}  // namespace alveus::cli
