// SPDX-License-Identifier: Apache-2.0
#include "cli/json_events.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <optional>
#include <utility>

#include "core/json.hpp"
#include "store/record.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using core::Object;

constexpr std::int64_t kFormatVersion = 1;
constexpr std::chrono::milliseconds kPatienceAtTheEnd{5000};

/// "2026-01-31T23:59:59.123456Z".
std::string time_text(sys::WallTime time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(us / 1'000'000)),
                     us % 1'000'000);
}

std::optional<int> descriptor_in(const std::string& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

core::Result<int> open_target(const std::string& target) {
  const auto given = target == "-" ? std::optional(STDOUT_FILENO) : descriptor_in(target);
  if (!given) {
    const int file = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return core::fail(sys::system_error("cannot write events to", target, errno));
    return file;
  }
  const int copy = ::fcntl(*given, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy >= 0) return copy;
  return core::fail(core::ErrorCode::kInvalidInput,
                    "cannot write events to descriptor " + std::to_string(*given) + ": it is not open");
}

Object detail_of(const engine::StepCounts& counts) {
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  return {{"waiting", number(counts.waiting)}, {"running", number(counts.running)},
          {"done", number(counts.done)},       {"failed", number(counts.failed)},
          {"skipped", number(counts.skipped)}, {"blocked", number(counts.blocked)}};
}

}  // namespace

core::Result<std::unique_ptr<JsonEvents>> JsonEvents::open(const std::string& target, const sys::Clock& clock,
                                                           OnFailure on_failure) {
  ALVEUS_TRY_ASSIGN(const int descriptor, open_target(target));
  return std::unique_ptr<JsonEvents>(
      new JsonEvents(descriptor, target == "-" ? "standard output" : target, clock, std::move(on_failure)));
}

JsonEvents::JsonEvents(int descriptor, std::string name, const sys::Clock& clock, OnFailure on_failure)
    : descriptor_(descriptor),
      name_(std::move(name)),
      clock_(clock),
      on_failure_(std::move(on_failure)),
      thread_([this](const std::stop_token& end) { write(end); }) {
  add("events", "", Object{{"version", kFormatVersion}});
  hand_over();
}

JsonEvents::~JsonEvents() {
  hand_over();
  thread_.request_stop();
  thread_.join();
  ::close(descriptor_);
}

void JsonEvents::add(std::string_view event, std::string_view subject, core::Value detail) {
  burst_ += core::to_json(Object{{"sequence", ++sequence_},
                                 {"time", time_text(clock_.wall())},
                                 {"event", std::string(event)},
                                 {"subject", std::string(subject)},
                                 {"detail", std::move(detail)}});
  burst_ += '\n';
}

void JsonEvents::on_records(std::span<const store::Record> records) {
  for (const store::Record& record : records) {
    store::Row row = store::encode(record);
    add(row.kind, row.subject, std::move(row.detail));
  }
  hand_over();
}

void JsonEvents::on_counts(const core::StepPath& step, const engine::StepCounts& counts) {
  add("progress", step.text(), detail_of(counts));
  hand_over();
}

void JsonEvents::hand_over() {
  bool is_too_slow = false;
  {
    const std::scoped_lock lock(mutex_);
    if (!failed_) waiting_ += burst_;
    is_too_slow = waiting_.size() > kWaitingBytesMax;
    if (is_too_slow) {
      failed_ = true;
      waiting_.clear();
    }
  }
  burst_.clear();
  changed_.notify_one();
  if (is_too_slow) {
    on_failure_({.code = core::ErrorCode::kUnavailable,
                 .message = "the reader of the events (" + name_ + ") is too slow; it gets no more of them"});
  }
}

void JsonEvents::write(const std::stop_token& end) {
  while (true) {
    std::string text;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, end, [this] { return !waiting_.empty(); });
      if (waiting_.empty() && end.stop_requested()) return;
      text = std::exchange(waiting_, {});
      if (failed_) continue;
    }
    const auto written = write_all(text, end);
    if (written) continue;
    {
      const std::scoped_lock lock(mutex_);
      if (std::exchange(failed_, true)) continue;
      waiting_.clear();
    }
    on_failure_(written.error());
  }
}

core::Status JsonEvents::write_all(std::string_view text, const std::stop_token& end) {
  constexpr int kPollMs = 100;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  while (!text.empty()) {
    // A pipe that can be written takes this much without waiting.
    pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, kPollMs) == 0) {
      const auto now = std::chrono::steady_clock::now();
      if (end.stop_requested() && !deadline) deadline = now + kPatienceAtTheEnd;
      if (!deadline || now < *deadline) continue;
      return core::fail(core::ErrorCode::kUnavailable,
                        "the reader of the events (" + name_ + ") does not take the last of them");
    }
    const ssize_t count = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      core::Error error = sys::system_error("cannot write events to", name_, errno);
      error.message += "; there will be no more of them";
      return core::fail(std::move(error));
    }
  }
  return {};
}

}  // namespace alveus::cli
