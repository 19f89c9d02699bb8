// SPDX-License-Identifier: Apache-2.0
#include "sys/container_meter.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "sys/descriptor.hpp"
#include "sys/detail/control_group.hpp"
#include "sys/detail/proc.hpp"
#include "sys/detail/signals_blocked.hpp"
#include "sys/file.hpp"

namespace alveus::sys {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLookInterval{50};
constexpr milliseconds kSearchInterval{10};
/// After a search that found the container's id but no process of it: the next ones come ever later.
constexpr milliseconds kPatienceMax{5000};
constexpr milliseconds kRateWindow{1000};
constexpr const char* kGroups = "/sys/fs/cgroup";

/// Empty where the file cannot be read, or not yet.
std::string text_of(const std::filesystem::path& file) {
  constexpr std::uintmax_t kBytesMax = 65536;
  auto text = read_file(file, kBytesMax);
  return text ? *std::move(text) : std::string();
}

std::string membership_of(pid_t process) { return text_of("/proc/" + std::to_string(process) + "/cgroup"); }

/// Empty while the file holds no number.
std::optional<pid_t> number_in(const std::filesystem::path& file) {
  if (file.empty()) return std::nullopt;
  const std::string text(core::trim(text_of(file)));
  pid_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number <= 0) return std::nullopt;
  return number;
}

int open_process(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

/// One container.
struct Measured {
  ContainerFiles files;
  std::string id;
  std::unique_ptr<Descriptor> process;  ///< null until it was found
  detail::ControlGroup group;
  ContainerUsage usage;
  bool has_ended = false;
  SteadyClock::time_point search_at{};
  milliseconds patience = 2 * kSearchInterval;
  SteadyClock::time_point rated_at{};
  std::chrono::microseconds rated_cpu_time{0};

  bool is_sought() const { return !process && !has_ended; }
  bool is_watched() const { return process && !has_ended; }

  void search(SteadyClock::time_point now) {
    if (now < search_at) return;
    search_at = now + kSearchInterval;
    if (id.empty()) id = core::trim(text_of(files.id_file));
    if (id.empty()) return;
    if (!files.process_file.empty() && !number_in(files.process_file)) return;
    search_at = now + patience;
    patience = std::min(2 * patience, kPatienceMax);
    if (const auto number = number_in(files.process_file)) {
      take(*number);
    } else {
      detail::ProcessWalk walk;
      for (pid_t candidate = walk.next(); candidate != 0 && !process; candidate = walk.next()) take(candidate);
    }
  }

  /// The process is held before its group is looked at: the number may be another's by then, but not what is held.
  void take(pid_t number) {
    auto held = std::make_unique<Descriptor>(open_process(number));
    const auto found = detail::find_control_group(membership_of(number), id, kGroups);
    if (!found || held->number() < 0) return;
    process = std::move(held);
    group = *found;
    rated_at = SteadyClock::now();
    look(rated_at);
  }

  void look(SteadyClock::time_point now) {
    if (const auto time = detail::processor_time_in(text_of(group.processor_file))) usage.cpu_time = time;
    if (const auto passed = now - rated_at; usage.cpu_time && passed >= kRateWindow) {
      using Seconds = std::chrono::duration<double>;
      usage.cores = Seconds(*usage.cpu_time - std::exchange(rated_cpu_time, *usage.cpu_time)) / Seconds(passed);
      rated_at = now;
    }
    const auto resident = detail::resident_bytes_in(text_of(group.memory_file));
    if (!resident) return;
    usage.resident_bytes = resident;
    usage.resident_max_bytes = std::max(usage.resident_max_bytes.value_or(0), *resident);
  }
};

}  // namespace

class ContainerMeter::State {
 public:
  State() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~State() {
    thread_.request_stop();
    wake();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Number begin(ContainerFiles files) {
    const std::scoped_lock lock(mutex_);
    if (!thread_.joinable()) {
      const detail::SignalsBlocked blocked;
      thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    }
    measured_[++last_].files = std::move(files);
    wake();
    return last_;
  }

  ContainerUsage usage(Number container) const {
    const std::scoped_lock lock(mutex_);
    const auto found = measured_.find(container);
    return found == measured_.end() ? ContainerUsage{} : found->second.usage;
  }

  ContainerUsage end(Number container) {
    const std::scoped_lock lock(mutex_);
    auto node = measured_.extract(container);
    if (node.empty()) return {};
    if (node.mapped().is_watched()) node.mapped().look(SteadyClock::now());
    return node.mapped().usage;
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.number(), &one, sizeof one));
  }

  void watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> polled = {{.fd = wake_.number(), .events = POLLIN, .revents = 0}};
      const int wait_ms = prepare(polled);
      ::poll(polled.data(), polled.size(), wait_ms);
      std::uint64_t count = 0;
      static_cast<void>(!::read(wake_.number(), &count, sizeof count));
      const std::scoped_lock lock(mutex_);
      const auto now = SteadyClock::now();
      for (auto& [number, container] : measured_) {
        if (container.is_sought()) container.search(now);
        if (!container.is_watched()) continue;
        const bool is_last_look = has_ended(container);
        container.look(now);
        container.has_ended = is_last_look;
      }
    }
  }

  /// What to wait for, and for how long: -1 for ever.
  int prepare(std::vector<pollfd>& polled) const {
    const std::scoped_lock lock(mutex_);
    milliseconds wait{-1};
    for (const auto& [number, container] : measured_) {
      if (container.has_ended) continue;
      const milliseconds wanted = container.is_sought() ? kSearchInterval : kLookInterval;
      wait = wait.count() < 0 ? wanted : std::min(wait, wanted);
      if (container.process) polled.push_back({.fd = container.process->number(), .events = POLLIN, .revents = 0});
    }
    return static_cast<int>(wait.count());
  }

  static bool has_ended(const Measured& container) {
    pollfd process{.fd = container.process->number(), .events = POLLIN, .revents = 0};
    return ::poll(&process, 1, 0) > 0;
  }

  mutable std::mutex mutex_;  // guards the two below
  std::map<Number, Measured> measured_;
  Number last_ = 0;
  Descriptor wake_;
  std::jthread thread_;  // last: it uses all of the above
};

ContainerMeter::ContainerMeter() : state_(std::make_unique<State>()) {}
ContainerMeter::~ContainerMeter() = default;
ContainerMeter::Number ContainerMeter::begin(ContainerFiles files) { return state_->begin(std::move(files)); }
ContainerUsage ContainerMeter::usage(Number container) const { return state_->usage(container); }
ContainerUsage ContainerMeter::end(Number container) { return state_->end(container); }

}  // namespace alveus::sys
