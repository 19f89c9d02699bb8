// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cmdline/terminal.hpp"
#include "learn/training.hpp"
#include "sys/clock.hpp"

namespace alveus::lab {

/// "epoch 3/50  [#####.....]  loss 0.412  val 0.51, AUC 0.874 (best 2)  61 pictures/s  4 min left".
std::string status_line(const learn::TrainingProgress& progress, double seconds_left);

/// "epoch 3/50: loss 0.412, validation loss 0.510, AUC 0.874, 61 pictures/s".
std::string epoch_line(const learn::TrainingProgress& progress);

/// "40 s", "4 min", "2 h 05 min".
std::string duration_text(double seconds);

/// Shows a training: one line that changes on a terminal, a line an epoch elsewhere. A name stands before each line
/// where several are trained.
class TrainingDisplay {
 public:
  TrainingDisplay(cmdline::Terminal& terminal, const sys::Clock& clock, std::string name = {});
  void show(const learn::TrainingProgress& progress);

 private:
  double seconds_left(const learn::TrainingProgress& progress) const;

  cmdline::Terminal& terminal_;
  const sys::Clock& clock_;
  std::string name_;  ///< with what parts it from the line
  sys::SteadyTime begin_;
  std::string phase_;
  int first_epoch_ = 0;  // of this call: a resumed training does not begin at 1
};

}  // namespace alveus::lab
