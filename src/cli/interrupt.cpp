// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "cmdline/command.hpp"

namespace alveus::cli {
namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGCONT);
  return signals;
}

void watch(const std::stop_token& end, std::stop_source& requested, const std::function<void()>& on_continue) {
  const sigset_t signals = watched_signals();
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (end.stop_requested()) return;
    if (signal == SIGCONT) {
      if (on_continue) on_continue();
      continue;
    }
    if (requested.stop_requested()) ::_exit(static_cast<int>(cmdline::ExitStatus::kInterrupted));
    requested.request_stop();
  }
}

}  // namespace

Interrupt::Interrupt(std::function<void()> on_continue) : on_continue_(std::move(on_continue)) {
  // Who reads our output may go; the run goes on, and a write tells. Commands start with the default action.
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::jthread([this](const std::stop_token& end) { watch(end, requested_, on_continue_); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGINT);  // wakes it
  watcher_.join();
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace alveus::cli
