// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "cli/run_display.hpp"
#include "cmdline/terminal.hpp"
#include "deploy/connector.hpp"
#include "engine/progress.hpp"
#include "flow/process.hpp"
#include "sys/clock.hpp"
#include "sys/guarded.hpp"

namespace alveus::cli {

/// Shows a run on the terminal while it goes on (run_display.hpp). A thread of its own draws, at most seven times a
/// second, so a slow terminal holds up nothing; the engine's thread only notes what happened.
class LiveView final : public engine::ProgressObserver {
 public:
  /// Tells what commands use; asked once a second where it is shown.
  using Usage = std::function<std::vector<deploy::RunningUsage>()>;

  /// All are borrowed; `usage` may be empty.
  LiveView(cmdline::Terminal& terminal, const sys::Clock& clock, const flow::Process& root, Usage usage);
  /// As `finish`.
  ~LiveView() override;

  void on_counts(const core::StepPath& step, const engine::StepCounts& counts) override;
  void on_records(std::span<const store::Record> records) override;
  /// Says what is left to say and removes the block. Nothing is shown from here on.
  void finish();

 private:
  void draw(const std::stop_token& end);

  cmdline::Terminal& terminal_;
  const sys::Clock& clock_;
  Usage usage_;
  sys::Guarded<RunDisplay> display_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace alveus::cli
