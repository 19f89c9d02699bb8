// SPDX-License-Identifier: Apache-2.0
#include "cli/run_watch.hpp"

#include <utility>

namespace alveus::cli {

core::Result<std::unique_ptr<RunWatch>> RunWatch::make(cmdline::Terminal& terminal, const sys::Clock& clock,
                                                       const std::string& events) {
  std::unique_ptr<RunWatch> watch(new RunWatch(terminal, clock));
  if (!events.empty()) {
    const auto tell = [&terminal](const core::Error& failure) { terminal.warning(failure.text()); };
    ALVEUS_TRY_ASSIGN(watch->events_, JsonEvents::open(events, clock, tell));
  }
  return watch;
}

void RunWatch::begin(const flow::Process& root, LiveView::Usage usage) {
  view_ = std::make_unique<LiveView>(terminal_, clock_, root, std::move(usage));
}

void RunWatch::on_counts(const core::StepPath& step, const engine::StepCounts& counts) {
  if (view_) view_->on_counts(step, counts);
  if (events_) events_->on_counts(step, counts);
}

void RunWatch::on_records(std::span<const store::Record> records) {
  if (view_) view_->on_records(records);
  if (events_) events_->on_records(records);
}

void RunWatch::finish() {
  view_.reset();
  events_.reset();
}

}  // namespace alveus::cli
