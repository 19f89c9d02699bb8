// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace alveus::cli {

/// Turns SIGINT, SIGTERM and SIGHUP (the terminal was closed) to a stop request: the first asks for a clean end, the
/// second ends the program at once with status 130. SIGPIPE does nothing from here on. Made before any other thread
/// starts, so that all of them leave the signals to it.
class Interrupt {
 public:
  /// `on_continue` is called, on a thread of this object, when the program goes on after it was stopped (Ctrl-Z).
  explicit Interrupt(std::function<void()> on_continue = {});
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return requested_.get_token(); }

 private:
  std::function<void()> on_continue_;
  std::stop_source requested_;
  std::jthread watcher_;
};

}  // namespace alveus::cli
