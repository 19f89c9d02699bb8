// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/run_model.hpp"
#include "cmdline/terminal.hpp"
#include "deploy/connector.hpp"

namespace alveus::cli {

/// What a person sees of a run while it goes on. On a terminal: a block that is redrawn (run_screen.hpp). Elsewhere:
/// lines, of which a run of any size makes few: the first `kOwnLinesMax` jobs have a line for their start and their
/// end, the rest stand in a summary now and then, and a run that has nothing to say shows every five minutes that it is
/// alive. Failures, retries and what jobs left behind have lines of their own in both, the first `kWarningsMax` of
/// them. Nothing is written but by `tick`. Time is an argument.
class RunDisplay {
 public:
  static constexpr std::size_t kOwnLinesMax = 100;
  static constexpr std::size_t kWarningsMax = 20;

  /// `terminal` is borrowed.
  RunDisplay(cmdline::Terminal& terminal, const flow::Process& root, sys::SteadyTime now);

  void set_counts(const core::StepPath& step, const engine::StepCounts& counts) { model_.set_counts(step, counts); }
  void add(std::span<const store::Record> records, sys::SteadyTime now);
  void set_usage(std::vector<deploy::RunningUsage> usage) { usage_ = std::move(usage); }

  /// Something may be due. `lines` of the last look are written by `write`, without whatever lock guards this.
  struct Output {
    std::vector<std::pair<bool, std::string>> lines;  ///< whether it is a warning
    std::optional<std::string> screen;
  };
  Output tick(sys::SteadyTime now);
  /// What is left to say when the run is over.
  Output finish(sys::SteadyTime now);
  static void write(const Output& output, cmdline::Terminal& terminal);

 private:
  /// How a command ended whose job goes on.
  struct End {
    std::chrono::microseconds duration{0};
    std::optional<std::int64_t> resident_max_bytes;  ///< empty: not known
  };

  void add_line(const store::Record& record, sys::SteadyTime now);
  void warn(std::string line);
  void message(std::string line, sys::SteadyTime now);
  bool is_summary_due(sys::SteadyTime now) const;

  cmdline::Terminal& terminal_;
  RunModel model_;
  std::vector<deploy::RunningUsage> usage_;
  Output output_;
  std::unordered_map<core::JobId, End> ended_;
  core::JobId reused_;  ///< whose outputs come next
  std::size_t jobs_with_lines_ = 0;
  std::size_t warnings_ = 0;
  std::size_t warnings_told_of_ = 0;  ///< of those beyond the maximum
  bool has_news_ = false;             ///< that no line has told
  sys::SteadyTime last_line_;
};

}  // namespace alveus::cli
