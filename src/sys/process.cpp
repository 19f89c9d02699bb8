// SPDX-License-Identifier: Apache-2.0
#include "sys/process.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "sys/detail/orphan_guard.hpp"
#include "sys/detail/proc.hpp"
#include "sys/detail/signals_blocked.hpp"
#include "sys/detail/spawn.hpp"
#include "sys/detail/strays.hpp"
#include "sys/detail/usage_watch.hpp"
#include "sys/file.hpp"

namespace alveus::sys {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTimeLimitGrace{2000};
constexpr std::uint64_t kWakeUp = 0;  // no process has this id

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// By number: the header of glibc 2.36 declares the function without C linkage.
int pidfd_of(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

}  // namespace

class LocalProcessRunner::State {
 public:
  explicit State(LocalProcessOptions options)
      : options_(std::move(options)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        wake_up_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~State() {
    usage_watch_.reset();  // its thread calls back
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
      for (auto& [id, process] : running_) {
        process.killed = true;
        signal_group(process, SIGKILL);
      }
    }
    wake();
    if (thread_.joinable()) thread_.join();
    if (strays_ && !strays_->can_look()) end_processes_below(options_.folders);
    if (epoll_ >= 0) ::close(epoll_);
    if (wake_up_ >= 0) ::close(wake_up_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  core::Status begin() {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeUp}};
    if (epoll_ < 0 || wake_up_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_up_, &event) != 0) {
      return core::fail(system_error("cannot watch processes through", "epoll", errno));
    }
    ALVEUS_TRY_ASSIGN(guard_, detail::OrphanGuard::make(options_.folders));
    if (!options_.folders.empty()) strays_ = std::make_unique<detail::Strays>(guard_->process());
    usage_watch_ = std::make_unique<detail::UsageWatch>(
        options_.memory_total_bytes,
        detail::UsageWatch::Owner{.jobs = [this] { return watched_jobs(); },
                                  .on_usage = [this](std::span<const detail::JobUsage> usage) { note_usage(usage); },
                                  .on_excess = [this](const detail::Excess& excess) { end_for_memory(excess); }});
    const detail::SignalsBlocked blocked;
    thread_ = std::jthread([this] { watch(); });
    return {};
  }

  core::Result<ProcessId> start(const ProcessCommand& command, OnEnd on_end) {
    ALVEUS_TRY_ASSIGN(const pid_t leader, spawn_watched(command));
    // The leader stays a zombie until we wait for it, so its id cannot have passed to another process.
    const int descriptor = pidfd_of(leader);
    if (descriptor < 0) return give_up(leader, errno);

    if (command.memory_limit_bytes > 0) usage_watch_->enforce_limits();
    const std::scoped_lock lock(mutex_);
    const ProcessId id = (++started_count_ << 32) | leader;
    auto [entry, _] = running_.emplace(id, Running{.leader = leader,
                                                   .descriptor = descriptor,
                                                   .on_end = std::move(on_end),
                                                   .own_folder = command.own_folder,
                                                   .memory_limit_bytes = command.memory_limit_bytes,
                                                   .memory_expected_bytes = command.memory_expected_bytes});
    epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(id)}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
      const int failure = errno;
      running_.erase(entry);
      ::close(descriptor);
      return give_up(leader, failure);
    }
    if (command.time_limit.count() > 0) set_alarm(id, entry->second, SteadyClock::now() + command.time_limit);
    return id;
  }

  void kill(ProcessId id, std::chrono::milliseconds grace) {
    const std::scoped_lock lock(mutex_);
    const auto found = running_.find(id);
    if (found == running_.end()) return;
    found->second.killed = true;
    end_group(id, found->second, grace);
  }

  std::vector<ProcessUsage> usage() {
    usage_watch_->ask();
    const std::scoped_lock lock(mutex_);
    std::vector<ProcessUsage> all;
    for (const auto& [_, process] : running_) {
      if (process.usage.process_count > 0) all.push_back(process.usage);
    }
    return all;
  }

 private:
  struct Running {
    pid_t leader;
    int descriptor;  ///< pidfd
    OnEnd on_end;
    std::filesystem::path own_folder;
    std::int64_t memory_limit_bytes = 0;
    std::int64_t memory_expected_bytes = 0;
    std::optional<SteadyClock::time_point> alarm_at = {};  ///< also in alarms_
    bool timed_out = false;
    bool killed = false;
    bool was_asked_to_end = false;  ///< the alarm that is set means SIGKILL, no longer the time limit
    std::int64_t memory_excess_bytes = 0;
    std::int64_t resident_max_bytes = 0;  ///< of all its processes together, as far as seen
    ProcessUsage usage = {};
    SteadyClock::time_point cores_since = {};  ///< when `usage.cores` was last measured, and with which time
    std::chrono::microseconds cores_from{0};
  };

  core::Result<pid_t> spawn_watched(const ProcessCommand& command) const {
    guard_->begin_start();
    const auto leader = detail::spawn(command);
    if (leader) guard_->watch(*leader);
    guard_->end_start();
    return leader;
  }

  /// A child that nobody could watch is ended at once.
  tl::unexpected<core::Error> give_up(pid_t leader, int error_number) const {
    ::kill(-leader, SIGKILL);
    guard_->release(leader);
    while (::waitpid(leader, nullptr, 0) < 0 && errno == EINTR) {
    }
    return core::fail(system_error("cannot watch a process through", "pidfd", error_number));
  }

  static void signal_group(const Running& process, int signal) { ::kill(-process.leader, signal); }

  void set_alarm(ProcessId id, Running& process, SteadyClock::time_point at) {
    clear_alarm(id, process);
    process.alarm_at = at;
    alarms_.emplace(at, id);
    if (alarms_.begin()->second == id) wake();
  }

  void clear_alarm(ProcessId id, Running& process) {
    if (process.alarm_at) alarms_.erase({*process.alarm_at, id});
    process.alarm_at.reset();
  }

  void end_group(ProcessId id, Running& process, std::chrono::milliseconds grace) {
    if (grace.count() <= 0) {
      signal_group(process, SIGKILL);
      return;
    }
    signal_group(process, SIGTERM);
    signal_group(process, SIGCONT);  // a stopped process would not see the other
    const auto kill_at = SteadyClock::now() + grace;
    const bool is_due_earlier = process.was_asked_to_end && process.alarm_at && *process.alarm_at <= kill_at;
    process.was_asked_to_end = true;
    if (!is_due_earlier) set_alarm(id, process, kill_at);
  }

  std::vector<detail::WatchedJob> watched_jobs() {
    const std::scoped_lock lock(mutex_);
    std::vector<detail::WatchedJob> jobs;
    jobs.reserve(running_.size());
    for (const auto& [id, process] : running_) {
      jobs.push_back({.id = id,
                      .leader = process.leader,
                      .folder = process.own_folder,
                      .memory_limit_bytes = process.memory_limit_bytes,
                      .memory_expected_bytes = process.memory_expected_bytes,
                      .is_ending = process.memory_excess_bytes > 0 || process.was_asked_to_end});
    }
    return jobs;
  }

  void note_usage(std::span<const detail::JobUsage> usage) {
    constexpr std::chrono::milliseconds kShortest{900};  // the system counts time in hundredths of a second
    const auto now = SteadyClock::now();
    const std::scoped_lock lock(mutex_);
    for (const detail::JobUsage& job : usage) {
      const auto found = running_.find(job.id);
      if (found == running_.end() || job.members.empty()) continue;
      Running& process = found->second;
      process.resident_max_bytes = std::max(process.resident_max_bytes, job.resident_bytes);
      process.usage.process = job.id;
      process.usage.resident_bytes = job.resident_bytes;
      process.usage.cpu_time = std::max(process.usage.cpu_time, job.cpu_time);
      process.usage.process_count = job.members.size();
      if (process.cores_since == SteadyClock::time_point{}) process.cores_since = now;
      if (now - process.cores_since < kShortest) continue;
      const std::chrono::duration<double> passed = now - process.cores_since;
      process.usage.cores =
          std::chrono::duration<double>(process.usage.cpu_time - process.cores_from).count() / passed.count();
      process.cores_since = now;
      process.cores_from = process.usage.cpu_time;
    }
  }

  void end_for_memory(const detail::Excess& excess) {
    const std::scoped_lock lock(mutex_);
    const auto found = running_.find(excess.id);
    if (found == running_.end()) return;
    found->second.memory_excess_bytes = excess.used_bytes;
    found->second.resident_max_bytes = std::max(found->second.resident_max_bytes, excess.used_bytes);
    signal_group(found->second, SIGKILL);  // no grace: it would take more
  }

  /// Tells the visitor of the jobs that run, until it has enough. Under the lock.
  void each_owner(const std::function<bool(const detail::Strays::Owner&)>& visit) const {
    for (const auto& [_, process] : running_) {
      if (visit({.leader = process.leader, .folder = &process.own_folder})) return;
    }
  }

  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_up_, &one, sizeof one));  // fails only when a wake-up is pending already
  }

  void watch() {
    constexpr int kEventsMax = 64;
    std::array<epoll_event, kEventsMax> events{};
    while (true) {
      const int timeout_ms = handle_alarms();
      if (timeout_ms == kFinished) return;
      const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, timeout_ms);
      for (int index = 0; index < count; ++index) {
        const std::uint64_t id = events[static_cast<std::size_t>(index)].data.u64;
        if (id != kWakeUp) {
          reap(static_cast<ProcessId>(id));
          continue;
        }
        std::uint64_t wake_ups = 0;
        static_cast<void>(!::read(wake_up_, &wake_ups, sizeof wake_ups));
      }
    }
  }

  /// Milliseconds until the next alarm, -1 for none, kFinished when there is nothing left to do.
  int handle_alarms() {
    const std::scoped_lock lock(mutex_);
    if (ending_ && running_.empty()) return kFinished;
    const auto now = SteadyClock::now();
    while (!alarms_.empty() && alarms_.begin()->first <= now) {
      const ProcessId id = alarms_.begin()->second;
      Running& process = running_.at(id);
      clear_alarm(id, process);
      if (process.was_asked_to_end) {
        signal_group(process, SIGKILL);
      } else {
        process.timed_out = true;
        end_group(id, process, kTimeLimitGrace);
      }
    }
    if (alarms_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(alarms_.begin()->first - now).count();
    return static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
  }

  void reap(ProcessId id) {
    std::unique_lock lock(mutex_);
    const auto found = running_.find(id);
    if (found == running_.end()) return;
    // The leader is a zombie: its id still names its group, so what it left behind can be reached.
    std::vector<std::string> left_behind;
    if (strays_ && strays_->any_of(found->second.leader, [this](const auto& visit) { each_owner(visit); })) {
      left_behind = strays_->end_all_of(found->second.leader, found->second.own_folder);
    }
    signal_group(found->second, SIGKILL);
    guard_->release(found->second.leader);
    int status = 0;
    rusage usage{};
    pid_t waited = 0;
    do {
      waited = ::wait4(found->second.leader, &status, WNOHANG, &usage);
    } while (waited < 0 && errno == EINTR);
    if (waited == 0) return guard_->watch(found->second.leader);  // spurious: it has not ended
    clear_alarm(id, found->second);
    // Closing is not enough: a child that is being spawned holds a copy until it executes, and epoll would go on
    // telling.
    static_cast<void>(::epoll_ctl(epoll_, EPOLL_CTL_DEL, found->second.descriptor, nullptr));
    ::close(found->second.descriptor);
    const Running process = std::move(found->second);
    running_.erase(found);
    lock.unlock();

    ProcessEnd end;
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.exit_code = end.signal != 0 ? 128 + end.signal : WEXITSTATUS(status);
    end.timed_out = process.timed_out;
    end.killed = process.killed;
    end.cpu_time = duration_of(usage.ru_utime) + duration_of(usage.ru_stime);
    end.memory_excess_bytes = process.memory_excess_bytes;
    end.resident_max_bytes = std::max(process.resident_max_bytes, std::int64_t{usage.ru_maxrss} * 1024);
    end.left_behind = std::move(left_behind);
    process.on_end(end);
  }

  static constexpr int kFinished = -2;

  LocalProcessOptions options_;
  int epoll_;
  int wake_up_;
  std::unique_ptr<detail::OrphanGuard> guard_;
  std::unique_ptr<detail::UsageWatch> usage_watch_;
  std::jthread thread_;
  std::mutex mutex_;                        // guards all below
  std::unique_ptr<detail::Strays> strays_;  ///< null: nobody named the folders
  std::unordered_map<ProcessId, Running> running_;
  std::set<std::pair<SteadyClock::time_point, ProcessId>> alarms_;
  std::int64_t started_count_ = 0;
  bool ending_ = false;
};

LocalProcessRunner::LocalProcessRunner(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalProcessRunner::~LocalProcessRunner() = default;

core::Result<std::unique_ptr<LocalProcessRunner>> LocalProcessRunner::make(LocalProcessOptions options) {
  if (!options.folders.empty()) {
    std::error_code failure;
    options.folders = std::filesystem::weakly_canonical(options.folders, failure);
    if (failure) return core::fail(system_error("cannot use", options.folders, failure.value()));
  }
  auto state = std::make_unique<State>(std::move(options));
  ALVEUS_TRY(state->begin());
  return std::unique_ptr<LocalProcessRunner>(new LocalProcessRunner(std::move(state)));
}

core::Result<ProcessId> LocalProcessRunner::start(const ProcessCommand& command, OnEnd on_end) {
  return state_->start(command, std::move(on_end));
}

void LocalProcessRunner::kill(ProcessId process, std::chrono::milliseconds grace) { state_->kill(process, grace); }

std::vector<ProcessUsage> LocalProcessRunner::usage() { return state_->usage(); }

void end_processes_below(const std::filesystem::path& folder) {
  detail::kill_all_below(folder.c_str(), detail::ticks_since_boot());
}

core::Result<ProcessEnd> run_process(ProcessRunner& runner, const ProcessCommand& command) {
  auto promise = std::make_shared<std::promise<ProcessEnd>>();
  auto end = promise->get_future();
  ALVEUS_TRY(runner.start(command, [promise](const ProcessEnd& ended) { promise->set_value(ended); }));
  return end.get();
}

std::map<std::string, std::string> current_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace alveus::sys
