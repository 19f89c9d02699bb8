// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace alveus::learn {

/// The learning rates of a range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017), rising
/// exponentially: step i of n takes first * (last / first)^(i / (n - 1)). The defaults are those of fastai's `lr_find`.
struct RateRange {
  double first = 1e-7;
  double last = 10;
  std::int64_t steps = 100;  ///< at least 2

  friend bool operator==(const RateRange&, const RateRange&) = default;
};

/// One step of a range test.
struct RateStep {
  std::int64_t step = 0;  ///< from 1
  double learning_rate = 0;
  double loss = 0;           ///< of the batch, before the step
  double smoothed_loss = 0;  ///< s_i / (1 - b^i), s_i = b s_(i-1) + (1 - b) loss_i, b = 0.98

  friend bool operator==(const RateStep&, const RateStep&) = default;
};

/// Leads a range test step by step and decides when it has seen enough: behind the last rate, or where the loss is no
/// number or its smoothed value more than four times the smallest so far (Gugger, "How do you find a good learning
/// rate", 2018; fastai). Pure.
class RateSweep {
 public:
  explicit RateSweep(const RateRange& range) : range_(range) {}

  /// The rate of the next step; nothing when the test is over.
  std::optional<double> next_rate() const;
  /// What came out of it. A loss that is no number ends the test and is no step of it.
  void take(double loss);

  const RateRange& range() const { return range_; }
  std::span<const RateStep> steps() const { return steps_; }
  /// Whether the loss ended the test.
  bool has_diverged() const { return has_diverged_; }

 private:
  RateRange range_;
  std::vector<RateStep> steps_;
  double sum_ = 0;
  double best_ = 0;  ///< smallest smoothed loss
  bool has_diverged_ = false;
};

/// Learning rates that a range test speaks for. All look at the smoothed loss, without the first tenth of the planned
/// steps, in which it is not settled, and without the last five, as fastai does. Nothing where it never falls by a
/// hundredth: what is left then is noise.
struct RateSuggestions {
  /// Where the loss falls fastest over the logarithm of the rate: the rate r_i of the smallest
  /// (s_(i+1) - s_i) / (ln r_(i+1) - ln r_i) before the smallest loss. (fastai looks behind it too, where the loss only
  /// falls from a height that it jumped to.)
  std::optional<double> steepest;
  /// The middle of the longest valley: of the most steps, neighbours or not, of which each has a lower loss than the
  /// one before. With L of them, ending at step e, that is step e - L + L/3 + L/6, both rounded down (Mueller's rule,
  /// which fastai takes by default). Bears noise better than the steepest slope.
  std::optional<double> valley;
  /// A tenth of the rate with the smallest loss: at the smallest itself the loss is about to rise (Gugger, 2018).
  std::optional<double> minimum_tenth;

  friend bool operator==(const RateSuggestions&, const RateSuggestions&) = default;
};
RateSuggestions suggest_rates(const RateSweep& sweep);

/// A table `step,learning_rate,loss,smoothed_loss`.
std::string rates_csv(std::span<const RateStep> steps);

}  // namespace alveus::learn
