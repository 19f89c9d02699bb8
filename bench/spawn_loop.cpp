// SPDX-License-Identifier: Apache-2.0
// The least that N processes cost on this machine: started by posix_spawn, so many at a time, and waited for; nothing
// else. What a workflow engine is compared with. Prints one line of JSON.
//
//   spawn_loop [COUNT [AT_ONCE [PROGRAM]]]        1000 2 /usr/bin/true
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

double cpu_seconds(int who) {
  rusage used{};
  ::getrusage(who, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

bool wait_for_one() {
  int status = 0;
  return ::waitpid(-1, &status, 0) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool start(std::string& program) {
  char* const arguments[] = {program.data(), nullptr};
  char* const environment[] = {nullptr};
  pid_t process = 0;
  return ::posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments, environment) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1000;
  const long at_once = argc > 2 ? std::atol(argv[2]) : 2;
  std::string program = argc > 3 ? argv[3] : "/usr/bin/true";
  const auto began = std::chrono::steady_clock::now();
  long running = 0;
  for (long started = 0; started < count; ++started) {
    if (running == at_once && !(wait_for_one() && running-- > 0)) return 1;
    if (!start(program)) return 1;
    ++running;
  }
  for (; running > 0; --running) {
    if (!wait_for_one()) return 1;
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  std::printf("{\"count\": %ld, \"at_once\": %ld, \"seconds\": %.6f, \"self_cpu\": %.6f, \"children_cpu\": %.6f}\n",
              count, at_once, taken.count(), cpu_seconds(RUSAGE_SELF), cpu_seconds(RUSAGE_CHILDREN));
  return 0;
}
