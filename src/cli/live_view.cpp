// SPDX-License-Identifier: Apache-2.0
#include "cli/live_view.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace alveus::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{150};
constexpr std::chrono::milliseconds kUsageInterval{1000};

}  // namespace

LiveView::LiveView(cmdline::Terminal& terminal, const sys::Clock& clock, const flow::Process& root, Usage usage)
    : terminal_(terminal),
      clock_(clock),
      usage_(std::move(usage)),
      display_(RunDisplay(terminal, root, clock.steady())),
      thread_([this](const std::stop_token& end) { draw(end); }) {}

LiveView::~LiveView() { finish(); }

void LiveView::on_counts(const core::StepPath& step, const engine::StepCounts& counts) {
  display_.with_lock([&](RunDisplay& display) { display.set_counts(step, counts); });
}

void LiveView::on_records(std::span<const store::Record> records) {
  display_.with_lock([&](RunDisplay& display) { display.add(records, clock_.steady()); });
}

void LiveView::draw(const std::stop_token& end) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::optional<sys::SteadyTime> asked;
  while (!end.stop_requested()) {
    std::unique_lock lock(mutex);
    never.wait_for(lock, end, kInterval, [] { return false; });
    if (end.stop_requested()) return;
    const sys::SteadyTime now = clock_.steady();
    const bool is_usage_due = usage_ && terminal_.interactive() && (!asked || now - *asked >= kUsageInterval);
    std::vector<deploy::RunningUsage> usage;
    if (is_usage_due) {
      usage = usage_();
      asked = now;
    }
    const auto output = display_.with_lock([&](RunDisplay& display) {
      if (is_usage_due) display.set_usage(std::move(usage));
      return display.tick(now);
    });
    RunDisplay::write(output, terminal_);
  }
}

void LiveView::finish() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  const auto output = display_.with_lock([&](RunDisplay& display) { return display.finish(clock_.steady()); });
  RunDisplay::write(output, terminal_);
  terminal_.clear_status();
}

}  // namespace alveus::cli
