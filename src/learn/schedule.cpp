// SPDX-License-Identifier: Apache-2.0
#include "learn/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace alveus::learn {
namespace {

/// From `begin` to `end` along half a cosine; `share` from 0 to 1.
double along_cosine(double begin, double end, double share) {
  return end + (begin - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

LearningRateSchedule::LearningRateSchedule(const study::TrainingSettings& settings, std::size_t batches_per_epoch)
    : settings_(settings), batches_per_epoch_(static_cast<double>(batches_per_epoch)) {}

double LearningRateSchedule::at(int epoch, std::size_t batch) const {
  const double step = (epoch - 1) * batches_per_epoch_ + static_cast<double>(batch);
  const double warmup_steps = static_cast<double>(settings_.warmup_epochs) * batches_per_epoch_;
  const double share = step < warmup_steps ? (step + 1) / warmup_steps : 1;
  return share * scheduled(epoch, step);
}

double LearningRateSchedule::scheduled(double epoch, double step) const {
  const double rate = settings_.learning_rate;
  if (settings_.schedule == "step") {
    return rate * std::pow(settings_.gamma, std::floor((epoch - 1) / static_cast<double>(settings_.step_size)));
  }
  if (settings_.schedule == "cosine") {
    const auto begin = static_cast<double>(settings_.warmup_epochs);
    const double length = static_cast<double>(settings_.epochs) - begin;
    return along_cosine(rate, 0, std::clamp((epoch - 1 - begin) / length, 0.0, 1.0));
  }
  if (settings_.schedule == "one-cycle") return one_cycle(step);
  return rate;
}

double LearningRateSchedule::one_cycle(double step) const {
  constexpr double kRisingShare = 0.3;
  constexpr double kFirstDivisor = 25;
  constexpr double kLastDivisor = 1e4;
  const double total = static_cast<double>(settings_.epochs) * batches_per_epoch_;
  const double top = std::max(kRisingShare * total - 1, 1e-9);
  const double first = settings_.learning_rate / kFirstDivisor;
  if (step <= top) return along_cosine(first, settings_.learning_rate, step / top);
  return along_cosine(settings_.learning_rate, first / kLastDivisor, (step - top) / std::max(total - 1 - top, 1e-9));
}

}  // namespace alveus::learn
