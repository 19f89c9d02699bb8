// SPDX-License-Identifier: Apache-2.0
#include "learn/rate_sweep.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/csv.hpp"
#include "core/json.hpp"

namespace alveus::learn {
namespace {

constexpr double kSmoothing = 0.98;
constexpr double kDivergence = 4;
constexpr std::int64_t kUnsettledShare = 10;
constexpr std::size_t kLastSteps = 5;
constexpr double kLeastFall = 0.01;

/// The steps that suggestions look at.
std::span<const RateStep> settled(const RateSweep& sweep) {
  const auto steps = sweep.steps();
  const auto first = static_cast<std::size_t>(sweep.range().steps / kUnsettledShare);
  if (steps.size() <= first + kLastSteps) return {};
  return steps.subspan(first, steps.size() - first - kLastSteps);
}

std::optional<double> steepest(std::span<const RateStep> steps) {
  std::optional<double> rate;
  double least = 0;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const double slope = (steps[i + 1].smoothed_loss - steps[i].smoothed_loss) /
                         std::log(steps[i + 1].learning_rate / steps[i].learning_rate);
    if (slope >= least) continue;
    least = slope;
    rate = steps[i].learning_rate;
  }
  return rate;
}

std::optional<double> valley(std::span<const RateStep> steps) {
  std::vector<std::size_t> length(steps.size(), 1);  // of the longest valley that ends here
  std::size_t end = 0;                               // of the longest; of several the first
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (steps[j].smoothed_loss > steps[i].smoothed_loss) length[i] = std::max(length[i], length[j] + 1);
    }
    if (length[i] > length[end]) end = i;
  }
  constexpr std::size_t kShortest = 3;
  if (steps.empty() || length[end] < kShortest) return std::nullopt;
  const std::size_t middle = end + length[end] / 3 + length[end] / 6 - length[end];
  return steps[middle].learning_rate;
}

}  // namespace

std::optional<double> RateSweep::next_rate() const {
  const auto done = std::ssize(steps_);
  if (has_diverged_ || done >= range_.steps) return std::nullopt;
  const double share = static_cast<double>(done) / static_cast<double>(range_.steps - 1);
  return range_.first * std::pow(range_.last / range_.first, share);
}

void RateSweep::take(double loss) {
  const auto rate = next_rate();
  if (!rate) return;
  if (!std::isfinite(loss)) {
    has_diverged_ = true;
    return;
  }
  const auto number = std::ssize(steps_) + 1;
  sum_ = kSmoothing * sum_ + (1 - kSmoothing) * loss;
  const double smoothed = sum_ / (1 - std::pow(kSmoothing, static_cast<double>(number)));
  steps_.push_back({.step = number, .learning_rate = *rate, .loss = loss, .smoothed_loss = smoothed});
  best_ = number == 1 ? smoothed : std::min(best_, smoothed);
  has_diverged_ = smoothed > kDivergence * best_;
}

RateSuggestions suggest_rates(const RateSweep& sweep) {
  const auto steps = settled(sweep);
  const auto least = std::ranges::min_element(steps, {}, &RateStep::smoothed_loss);
  const auto most = std::ranges::max_element(steps.begin(), least, {}, &RateStep::smoothed_loss);
  if (most == least || least->smoothed_loss > (1 - kLeastFall) * most->smoothed_loss) return {};
  const auto falling = steps.first(static_cast<std::size_t>(least - steps.begin()) + 1);
  return {.steepest = steepest(falling), .valley = valley(steps), .minimum_tenth = least->learning_rate / 10};
}

std::string rates_csv(std::span<const RateStep> steps) {
  core::CsvTable table({"step", "learning_rate", "loss", "smoothed_loss"});
  for (const RateStep& step : steps) {
    table.add({std::to_string(step.step), core::number_text(step.learning_rate), core::number_text(step.loss),
               core::number_text(step.smoothed_loss)});
  }
  return table.text();
}

}  // namespace alveus::learn
