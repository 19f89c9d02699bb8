// SPDX-License-Identifier: Apache-2.0
// What the process runner costs beyond the kernel's own work: `true` started by a bare posix_spawn loop, and by the
// runner with several at once. Compare the counter self_us, the CPU time of this program for each process.
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>

#include "sys/process.hpp"

namespace alveus::sys {
namespace {

constexpr int kProcessesEachIteration = 100;
constexpr const char* kProgram = "/usr/bin/true";

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

/// CPU time of this program and of its children for each process, as counters of the benchmark.
class CpuCounters {
 public:
  explicit CpuCounters(benchmark::State& state) : state_(state) {}
  ~CpuCounters() {
    const double count = static_cast<double>(state_.iterations()) * kProcessesEachIteration;
    state_.counters["self_us"] = (cpu_seconds(RUSAGE_SELF) - self_before_) / count * 1e6;
    state_.counters["children_us"] = (cpu_seconds(RUSAGE_CHILDREN) - children_before_) / count * 1e6;
    state_.SetItemsProcessed(static_cast<std::int64_t>(count));
  }
  CpuCounters(const CpuCounters&) = delete;
  CpuCounters& operator=(const CpuCounters&) = delete;

 private:
  benchmark::State& state_;
  double self_before_ = cpu_seconds(RUSAGE_SELF);
  double children_before_ = cpu_seconds(RUSAGE_CHILDREN);
};

void bare_posix_spawn(benchmark::State& state) {
  const CpuCounters counters(state);
  std::string name = kProgram;
  char* const arguments[] = {name.data(), nullptr};
  char* const environment[] = {nullptr};
  for (auto _ : state) {
    for (int index = 0; index < kProcessesEachIteration; ++index) {
      pid_t process = 0;
      if (::posix_spawn(&process, kProgram, nullptr, nullptr, arguments, environment) != 0) std::abort();
      ::waitpid(process, nullptr, 0);
    }
  }
}
BENCHMARK(bare_posix_spawn)->Unit(benchmark::kMillisecond)->UseRealTime();

void process_runner(benchmark::State& state) {
  auto runner = LocalProcessRunner::make();
  if (!runner) return state.SkipWithError(runner.error().text().c_str());
  const CpuCounters counters(state);
  const auto together = static_cast<int>(state.range(0));
  ProcessCommand command;
  command.arguments = {kProgram};
  std::mutex mutex;
  std::condition_variable ended;
  int running = 0;
  for (auto _ : state) {
    for (int index = 0; index < kProcessesEachIteration; ++index) {
      {
        std::unique_lock lock(mutex);
        ended.wait(lock, [&] { return running < together; });
        ++running;
      }
      const auto started = (*runner)->start(command, [&](const ProcessEnd&) {
        const std::scoped_lock lock(mutex);
        --running;
        ended.notify_one();
      });
      if (!started) return state.SkipWithError(started.error().text().c_str());
    }
    std::unique_lock lock(mutex);
    ended.wait(lock, [&] { return running == 0; });
  }
}
BENCHMARK(process_runner)->Arg(1)->Arg(8)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace alveus::sys
