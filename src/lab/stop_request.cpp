// SPDX-License-Identifier: Apache-2.0
#include "lab/stop_request.hpp"

#include <signal.h>

#include <atomic>
#include <csignal>

namespace alveus::lab {
namespace {

// A handler can reach nothing but statics.
std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void listen_for_stop() {
  stop_requested = false;
  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

bool is_stop_requested() { return stop_requested; }

}  // namespace alveus::lab
