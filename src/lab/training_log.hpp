// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "lab/event_file.hpp"
#include "learn/training.hpp"
#include "sys/clock.hpp"

namespace alveus::lab {

/// One line of JSON about an epoch that has ended: {"event": "epoch", "variant": …, "phase": …, …}.
std::string epoch_event(std::string_view variant, const learn::TrainingProgress& progress);

/// Tells other programs of a training: a line of JSON on standard output for each epoch, and curves for TensorBoard.
/// Where that fails the training goes on; the first failure is kept.
class TrainingLog {
 public:
  /// No `curves`: no event file. The log borrows terminal and clock.
  TrainingLog(std::string variant, bool writes_lines, std::filesystem::path curves, cmdline::Terminal& terminal,
              const sys::Clock& clock);

  void take(const learn::TrainingProgress& progress);
  const core::Status& status() const { return status_; }

 private:
  core::Status draw(const learn::TrainingProgress& progress);

  std::string variant_;
  bool writes_lines_;
  std::filesystem::path curves_;
  cmdline::Terminal& terminal_;
  const sys::Clock& clock_;
  std::optional<EventFile> file_;
  core::Status status_;
};

}  // namespace alveus::lab
