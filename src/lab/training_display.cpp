// SPDX-License-Identifier: Apache-2.0
#include "lab/training_display.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace alveus::lab {
namespace {

constexpr std::size_t kBarLength = 20;

std::string number(const char* format, double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string bar(std::size_t done, std::size_t count) {
  const std::size_t filled = count == 0 ? 0 : kBarLength * done / count;
  return "[" + std::string(filled, '#') + std::string(kBarLength - filled, '.') + "]";
}

std::string epoch_number(const learn::TrainingProgress& progress) {
  const std::string phase = progress.phase == "classify" ? "" : progress.phase + " ";
  return phase + "epoch " + std::to_string(progress.epoch) + "/" + std::to_string(progress.epochs_max);
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 100) return number("%.0f s", std::max(seconds, 0.0));
  const auto minutes = static_cast<long>(std::lround(seconds / 60));
  if (minutes < 100) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + (minutes % 60 < 10 ? "0" : "") + std::to_string(minutes % 60) + " min";
}

std::string status_line(const learn::TrainingProgress& progress, double seconds_left) {
  std::string line = epoch_number(progress) + "  " + bar(progress.batches_done, progress.batch_count) + "  loss " +
                     number("%.3f", progress.train_loss);
  if (!progress.history->empty()) {
    const learn::EpochRecord& last = progress.history->back();
    const auto best = std::ranges::min_element(*progress.history, {}, &learn::EpochRecord::validation_loss);
    if (last.validation_loss) line += "  val " + number("%.3f", *last.validation_loss);
    if (last.validation_auc) line += ", AUC " + number("%.3f", *last.validation_auc);
    if (last.validation_loss) line += " (best: epoch " + std::to_string(best->epoch) + ")";
  }
  line += "  " + number("%.0f", progress.pictures_per_second) + " pictures/s";
  return line + "  at most " + duration_text(seconds_left) + " left";
}

std::string epoch_line(const learn::TrainingProgress& progress) {
  const learn::EpochRecord& last = progress.history->back();
  std::string line = epoch_number(progress) + ": loss " + number("%.4f", last.train_loss);
  if (last.validation_loss) line += ", validation loss " + number("%.4f", *last.validation_loss);
  if (last.validation_auc) line += ", AUC " + number("%.4f", *last.validation_auc);
  return line + ", " + number("%.1f", progress.pictures_per_second) + " pictures/s";
}

TrainingDisplay::TrainingDisplay(cmdline::Terminal& terminal, const sys::Clock& clock, std::string name)
    : terminal_(terminal), clock_(clock), name_(name.empty() ? name : name + ": "), begin_(clock.steady()) {}

void TrainingDisplay::show(const learn::TrainingProgress& progress) {
  if (progress.phase != phase_) {
    phase_ = progress.phase;
    first_epoch_ = progress.epoch;
    begin_ = clock_.steady();
  }
  if (progress.epoch_finished) {
    if (!terminal_.interactive()) terminal_.message(name_ + epoch_line(progress));
  } else if (terminal_.interactive()) {
    terminal_.status(name_ + status_line(progress, seconds_left(progress)));
  }
}

double TrainingDisplay::seconds_left(const learn::TrainingProgress& progress) const {
  const double share = static_cast<double>(progress.batches_done) / static_cast<double>(progress.batch_count);
  const double epochs_done = static_cast<double>(progress.epoch - first_epoch_) + share;
  const double epochs_left = static_cast<double>(progress.epochs_max - progress.epoch) + 1 - share;
  const std::chrono::duration<double> passed = clock_.steady() - begin_;
  return passed.count() / epochs_done * epochs_left;
}

}  // namespace alveus::lab
