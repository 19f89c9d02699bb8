// SPDX-License-Identifier: Apache-2.0
#include "lab/training_log.hpp"

#include <chrono>
#include <utility>

#include "core/json.hpp"
#include "sys/resident_memory.hpp"

namespace alveus::lab {

std::string epoch_event(std::string_view variant, const learn::TrainingProgress& progress) {
  const learn::EpochRecord& last = progress.history->back();
  return core::to_json(
      core::Object{{"event", "epoch"},
                   {"variant", variant},
                   {"phase", progress.phase},
                   {"epoch", last.epoch},
                   {"epochs_max", progress.epochs_max},
                   {"learning_rate", last.learning_rate},
                   {"train_loss", last.train_loss},
                   {"validation_loss", last.validation_loss ? core::Value(*last.validation_loss) : core::Value()},
                   {"validation_auc", last.validation_auc ? core::Value(*last.validation_auc) : core::Value()},
                   {"pictures_per_second", progress.pictures_per_second},
                   {"resident_bytes", sys::resident_bytes()}});
}

TrainingLog::TrainingLog(std::string variant, bool writes_lines, std::filesystem::path curves,
                         cmdline::Terminal& terminal, const sys::Clock& clock)
    : variant_(std::move(variant)),
      writes_lines_(writes_lines),
      curves_(std::move(curves)),
      terminal_(terminal),
      clock_(clock) {}

void TrainingLog::take(const learn::TrainingProgress& progress) {
  if (!progress.epoch_finished) return;
  if (writes_lines_) terminal_.result(epoch_event(variant_, progress) + "\n");
  if (!curves_.empty() && status_) status_ = draw(progress);
}

core::Status TrainingLog::draw(const learn::TrainingProgress& progress) {
  const double now = std::chrono::duration<double>(clock_.wall().time_since_epoch()).count();
  if (!file_) {
    ALVEUS_TRY_ASSIGN(file_, EventFile::make(curves_, now));
  }
  const learn::EpochRecord& last = progress.history->back();
  const std::string prefix = progress.phase == "classify" ? "" : progress.phase + "/";
  ALVEUS_TRY(file_->add(now, last.epoch, prefix + "loss/train", last.train_loss));
  if (last.validation_loss) ALVEUS_TRY(file_->add(now, last.epoch, prefix + "loss/validation", *last.validation_loss));
  if (last.validation_auc) ALVEUS_TRY(file_->add(now, last.epoch, prefix + "auc/validation", *last.validation_auc));
  return file_->add(now, last.epoch, prefix + "learning_rate", last.learning_rate);
}

}  // namespace alveus::lab
