// SPDX-License-Identifier: Apache-2.0
#include "cli/live_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace alveus::cli {
namespace {

constexpr std::chrono::milliseconds kRedrawInterval{100};
constexpr std::size_t kBarWidth = 20;

/// The name without its tag: "/train/0.3" to "train 0.3"; a step of a workflow keeps its path.
std::string job_text(const core::JobId& job) {
  const std::string& text = job.text();
  const auto slash = text.rfind('/');
  if (slash == std::string::npos || slash == 0) return text;
  const std::string tag = text.substr(slash + 1);
  return text.substr(1, slash - 1) + (tag == "0" ? "" : " " + tag);
}

}  // namespace

std::string duration_text(std::chrono::microseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{}:{:02} min", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02} h", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string step_line(const std::string& step, const engine::StepCounts& counts, std::size_t name_width) {
  const std::size_t over = counts.done + counts.failed + counts.skipped + counts.blocked;
  const std::size_t total = over + counts.waiting + counts.running;
  const std::size_t filled = total == 0 ? 0 : over * kBarWidth / total;
  std::string bar;
  for (std::size_t i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  std::string line = fmt::format("  {:<{}}  {}  {}/{}", step, name_width, bar, over, total);
  if (counts.running > 0) line += fmt::format("  {} running", counts.running);
  if (counts.failed > 0) line += fmt::format("  {} failed", counts.failed);
  if (counts.skipped > 0) line += fmt::format("  {} skipped", counts.skipped);
  if (counts.blocked > 0) line += fmt::format("  {} not run", counts.blocked);
  return line;
}

LiveView::LiveView(cmdline::Terminal& terminal, const sys::Clock& clock)
    : terminal_(terminal), clock_(clock), started_(clock.steady()), drawn_(started_ - kRedrawInterval) {}

void LiveView::on_counts(const core::StepPath& step, const engine::StepCounts& counts) {
  if (!terminal_.interactive()) return;
  const std::string name = step.text() == "/" ? "tool" : step.text().substr(1);
  const auto found = std::ranges::find(steps_, name, &StepLine::step);
  if (found == steps_.end()) {
    steps_.push_back({.step = name, .counts = counts});
  } else {
    found->counts = counts;
  }
  if (clock_.steady() - drawn_ >= kRedrawInterval) redraw();
}

void LiveView::redraw() {
  drawn_ = clock_.steady();
  std::size_t name_width = 0;
  for (const auto& line : steps_) name_width = std::max(name_width, line.step.size());
  std::string block;
  for (const auto& line : steps_) block += step_line(line.step, line.counts, name_width) + "\n";
  block += "  " + duration_text(drawn_ - started_);
  terminal_.status(block);
}

void LiveView::on_records(std::span<const store::Record> records) {
  for (const auto& record : records) {
    if (const auto* failed = std::get_if<store::JobFailed>(&record)) {
      // The run's end tells the whole of it.
      terminal_.warning(job_text(failed->job) + " failed: " + failed->reason.substr(0, failed->reason.find('\n')));
    } else if (const auto* reused = std::get_if<store::JobReused>(&record)) {
      reused_ = reused->job;
    } else if (const auto* collected = std::get_if<store::JobCollected>(&record);
               collected && !terminal_.interactive()) {
      terminal_.message(fmt::format("[{}] {} {}", duration_text(clock_.steady() - started_), job_text(collected->job),
                                    collected->job == reused_ ? "reused" : "done"));
    } else if (const auto* retried = std::get_if<store::JobRetried>(&record)) {
      terminal_.warning(fmt::format("{} is tried again: {}", job_text(retried->job), retried->reason));
    }
  }
}

}  // namespace alveus::cli
