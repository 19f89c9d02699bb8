// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

#include "cmdline/command.hpp"

namespace alveus::cli {
namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

void watch(const std::stop_token& end, std::stop_source& requested) {
  const sigset_t signals = watched_signals();
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (end.stop_requested()) return;
    if (requested.stop_requested()) ::_exit(static_cast<int>(cmdline::ExitStatus::kInterrupted));
    requested.request_stop();
  }
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::jthread([this](const std::stop_token& end) { watch(end, requested_); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGINT);  // wakes it
  watcher_.join();
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace alveus::cli
