// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/watcher.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string>

#include "sys/file.hpp"

namespace alveus::sys::detail {
namespace {

/// By number: the header of glibc 2.36 hides the function from strict C++.
void close_all(unsigned first, unsigned last) {
  if (first <= last) static_cast<void>(::syscall(SYS_close_range, first, last, 0U));
}

void settle(const char* name, int line) {
  ::setsid();
  ::prctl(PR_SET_NAME, name);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  // Whoever waits for the end of our output waits for the run, not for us.
  const auto kept = static_cast<unsigned>(line);
  if (kept > 0) close_all(0, kept - 1);
  close_all(kept + 1, UINT_MAX);
  static_cast<void>(!::chdir("/"));
  static_cast<void>(!::write(line, "r", 1));
}

}  // namespace

core::Result<Watcher> fork_watcher(const char* name, std::string_view purpose, const std::function<void(int)>& body) {
  const auto failed = [&](const char* what, int number) {
    return core::fail(system_error(std::string(purpose) + " through", what, number));
  };
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return failed("socketpair", errno);
  const auto [ours, theirs] = ends;
  const pid_t process = ::fork();
  const int failure = errno;
  if (process == 0) {
    settle(name, theirs);
    body(theirs);
    ::_exit(0);
  }
  ::close(theirs);
  if (process > 0 && hears_a_byte(ours)) return Watcher{.process = process, .line = ours};
  ::close(ours);
  if (process < 0) return failed("fork", failure);
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  return failed("a process, which was killed", EAGAIN);
}

bool hears_a_byte(int line) {
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(line, &byte, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

}  // namespace alveus::sys::detail
