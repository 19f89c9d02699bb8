// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cmdline/terminal.hpp"
#include "engine/progress.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {

/// Shows how a run goes on: on a terminal a block with a line for each step that has begun, redrawn at most ten times
/// a second; elsewhere a line for each job that ends. Failures always get a line of their own.
class LiveView final : public engine::ProgressObserver {
 public:
  LiveView(cmdline::Terminal& terminal, const sys::Clock& clock);
  void on_counts(const core::StepPath& step, const engine::StepCounts& counts) override;
  void on_records(std::span<const store::Record> records) override;

 private:
  struct StepLine {
    std::string step;
    engine::StepCounts counts;
  };

  void redraw();

  cmdline::Terminal& terminal_;
  const sys::Clock& clock_;
  sys::SteadyTime started_;
  sys::SteadyTime drawn_;
  core::JobId reused_;           ///< whose outputs come next
  std::vector<StepLine> steps_;  ///< in the order they began
};

/// One line of the block: the step's name padded to `name_width`, a bar, the counts.
std::string step_line(const std::string& step, const engine::StepCounts& counts, std::size_t name_width);

/// "4 s", "2:05 min", "1:02:03 h".
std::string duration_text(std::chrono::microseconds duration);

}  // namespace alveus::cli
