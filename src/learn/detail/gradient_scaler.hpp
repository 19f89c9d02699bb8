// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace alveus::learn {

/// Keeps small gradients from vanishing in 16-bit floats: the loss is multiplied by `scale`, the gradients divided by
/// it (Micikevicius et al., 2018; the numbers are those of torch.cuda.amp.GradScaler). Pure.
class GradientScaler {
 public:
  /// One that leaves everything as it is.
  GradientScaler() = default;
  static GradientScaler for_half_precision() {
    GradientScaler scaler;
    scaler.scale_ = 65536;
    scaler.is_on_ = true;
    return scaler;
  }

  double scale() const { return scale_; }
  bool is_on() const { return is_on_; }
  std::int64_t good_steps() const { return good_steps_; }
  /// Takes the state of a checkpoint.
  void restore(double scale, std::int64_t good_steps) {
    scale_ = scale;
    good_steps_ = good_steps;
  }

  /// Whether the step may be taken, its gradients being finite or not; learns from it.
  bool accept(bool are_finite) {
    if (!is_on_) return true;
    if (!are_finite) {
      scale_ /= 2;
      good_steps_ = 0;
      return false;
    }
    if (++good_steps_ == kGrowthInterval) {
      scale_ *= 2;
      good_steps_ = 0;
    }
    return true;
  }
  /// The scale fell so low that the gradients themselves are not finite.
  bool is_exhausted() const { return is_on_ && scale_ < 1; }

 private:
  static constexpr std::int64_t kGrowthInterval = 2000;
  double scale_ = 1;
  std::int64_t good_steps_ = 0;
  bool is_on_ = false;
};

}  // namespace alveus::learn
