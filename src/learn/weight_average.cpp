// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/weight_average.hpp"

#include <algorithm>

namespace alveus::learn {

WeightAverage::WeightAverage(const WeightList& weights, const study::TrainingSettings& settings)
    : kind_(settings.averaging == "ema"   ? Kind::kEma
            : settings.averaging == "swa" ? Kind::kSwa
                                          : Kind::kNone),
      decay_(settings.ema_decay),
      first_epoch_(settings.swa_start * static_cast<double>(settings.epochs)) {
  if (kind_ == Kind::kNone) return;
  for (const Weight& weight : weights.items()) {
    if (weight.role == WeightRole::kCounter) continue;
    entries_.push_back({.weight = &weight, .mean = weight.tensor.detach().clone()});
  }
}

void WeightAverage::add(double share) const {
  const at::NoGradGuard no_grad;
  for (const Entry& entry : entries_) entry.mean.lerp_(entry.weight->tensor.detach(), share);
}

void WeightAverage::after_step() {
  if (kind_ != Kind::kEma) return;
  ++count_;
  const auto steps = static_cast<double>(count_);
  add(1 - std::min(decay_, (1 + steps) / (10 + steps)));
}

void WeightAverage::after_epoch(int epoch) {
  const std::int64_t averaged_before = epoch - 1 - static_cast<std::int64_t>(first_epoch_);
  if (kind_ != Kind::kSwa || epoch <= first_epoch_ || count_ > averaged_before) return;
  ++count_;
  add(1 / static_cast<double>(count_));
}

void WeightAverage::swap() const {
  const at::NoGradGuard no_grad;
  for (const Entry& entry : entries_) {
    const at::Tensor weight = entry.weight->tensor.detach();
    const at::Tensor kept = weight.clone();
    weight.copy_(entry.mean);
    entry.mean.copy_(kept);
  }
}

void WeightAverage::save(SavedTensors& tensors) const {
  for (const Entry& entry : entries_) tensors.add("mean/" + entry.weight->name, entry.mean);
}

core::Status WeightAverage::restore(const tensorfile::SafetensorsFile& file, std::int64_t count) {
  for (const Entry& entry : entries_) ALVEUS_TRY(copy_from(file, "mean/" + entry.weight->name, entry.mean));
  count_ = count;
  return {};
}

}  // namespace alveus::learn
