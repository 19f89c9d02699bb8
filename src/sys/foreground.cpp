// SPDX-License-Identifier: Apache-2.0
#include "sys/foreground.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "sys/file.hpp"

extern char** environ;

namespace alveus::sys {
namespace {

/// The argument vector as exec wants it; points into `program` and `arguments`.
std::vector<char*> argument_pointers(const std::string& program, std::span<const std::string> arguments) {
  std::vector<char*> pointers;
  pointers.push_back(const_cast<char*>(program.c_str()));
  for (const auto& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Copies `from` to standard error until its end; returns the last `tail_bytes` bytes.
std::string pass_on(int from, std::size_t tail_bytes) {
  std::string tail;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return tail;
    const auto count = static_cast<std::size_t>(size);
    for (std::size_t done = 0; done < count;) {
      const ssize_t written = ::write(STDERR_FILENO, buffer.data() + done, count - done);
      if (written < 0 && errno != EINTR) break;
      if (written > 0) done += static_cast<std::size_t>(written);
    }
    tail.append(buffer.data(), count);
    if (tail.size() > tail_bytes) tail.erase(0, tail.size() - tail_bytes);
  }
}

}  // namespace

core::Error replace_process(const std::filesystem::path& program, std::span<const std::string> arguments) {
  const std::string name = program.string();
  ::execv(name.c_str(), argument_pointers(name, arguments).data());
  return system_error("cannot run", program, errno);
}

core::Result<ForegroundEnd> run_foreground(const std::filesystem::path& program, std::span<const std::string> arguments,
                                           std::size_t tail_bytes) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return core::fail(system_error("cannot watch", program, errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const std::string name = program.string();
  pid_t child = 0;
  const int failure =
      ::posix_spawn(&child, name.c_str(), &actions, nullptr, argument_pointers(name, arguments).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failure != 0) {
    ::close(ends[0]);
    return core::fail(system_error("cannot run", program, failure));
  }
  ForegroundEnd end;
  end.error_tail = pass_on(ends[0], tail_bytes);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return core::fail(system_error("cannot wait for", program, errno));
  }
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}

}  // namespace alveus::sys
