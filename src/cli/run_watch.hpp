// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "cli/json_events.hpp"
#include "cli/live_view.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "engine/progress.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {

/// All who watch a run: the person at the terminal and, where asked for, a program that reads events.
class RunWatch final : public engine::ProgressObserver {
 public:
  /// `events` is a target of JsonEvents; empty: none. Fails as its opening does. The rest is borrowed.
  static core::Result<std::unique_ptr<RunWatch>> make(cmdline::Terminal& terminal, const sys::Clock& clock,
                                                      const std::string& events);

  /// The run begins: shows it from here on. Until then nothing is watched. `root` is borrowed.
  void begin(const flow::Process& root, LiveView::Usage usage);
  void on_counts(const core::StepPath& step, const engine::StepCounts& counts) override;
  void on_records(std::span<const store::Record> records) override;
  /// Says what is left to say and leaves the terminal as it was.
  void finish();

 private:
  RunWatch(cmdline::Terminal& terminal, const sys::Clock& clock) : terminal_(terminal), clock_(clock) {}

  cmdline::Terminal& terminal_;
  const sys::Clock& clock_;
  std::unique_ptr<JsonEvents> events_;
  std::unique_ptr<LiveView> view_;
};

}  // namespace alveus::cli
