// SPDX-License-Identifier: Apache-2.0
#include "study/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

constexpr int kIterationsMax = 200;

std::vector<double> logits_of(std::span<const double> probabilities) {
  std::vector<double> logits;
  logits.reserve(probabilities.size());
  for (const double probability : probabilities) logits.push_back(logit(clipped(probability)));
  return logits;
}

/// Whether some cut of x parts the classes, ties at the cut allowed: the likelihood then has no maximum.
bool separated(std::span<const double> x, std::span<const int> targets) {
  double positives_least = INFINITY;
  double positives_most = -INFINITY;
  double negatives_least = INFINITY;
  double negatives_most = -INFINITY;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double& least = targets[i] == 1 ? positives_least : negatives_least;
    double& most = targets[i] == 1 ? positives_most : negatives_most;
    least = std::min(least, x[i]);
    most = std::max(most, x[i]);
  }
  return positives_least >= negatives_most || negatives_least >= positives_most;
}

/// Gradient, information matrix and log-likelihood of the line `intercept + slope x`.
struct Likelihood {
  double value = 0;
  double gradient_intercept = 0;
  double gradient_slope = 0;
  double w = 0;
  double wx = 0;
  double wxx = 0;
  double determinant() const { return w * wxx - wx * wx; }
};

Likelihood likelihood_of(std::span<const double> x, std::span<const int> targets, double intercept, double slope) {
  Likelihood sums;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double eta = intercept + slope * x[i];
    const double p = logistic(eta);
    const double signed_eta = targets[i] == 1 ? eta : -eta;
    sums.value -= signed_eta > 0 ? std::log1p(std::exp(-signed_eta)) : std::log1p(std::exp(signed_eta)) - signed_eta;
    const double residual = targets[i] - p;
    const double weight = p * (1 - p);
    sums.gradient_intercept += residual;
    sums.gradient_slope += residual * x[i];
    sums.w += weight;
    sums.wx += weight * x[i];
    sums.wxx += weight * x[i] * x[i];
  }
  return sums;
}

}  // namespace

double clipped(double probability) { return std::clamp(probability, kProbabilityLeast, 1 - kProbabilityLeast); }

std::vector<CalibrationBin> calibration_bins(std::span<const double> probabilities, std::span<const int> targets,
                                             std::size_t bins) {
  ALVEUS_CHECK(probabilities.size() == targets.size() && bins > 0, "every probability has a target");
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return probabilities[a] < probabilities[b]; });
  std::vector<CalibrationBin> result;
  std::size_t start = 0;
  std::size_t due = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    due += order.size() / bins + (bin < order.size() % bins ? 1 : 0);
    std::size_t end = std::max(start, due);
    while (end > start && end < order.size() && probabilities[order[end]] == probabilities[order[end - 1]]) ++end;
    if (end == start) continue;
    CalibrationBin filled{
        .low = probabilities[order[start]], .high = probabilities[order[end - 1]], .count = end - start};
    double positives = 0;
    for (std::size_t i = start; i < end; ++i) {
      filled.mean_probability += probabilities[order[i]];
      positives += targets[order[i]];
    }
    filled.mean_probability /= static_cast<double>(filled.count);
    filled.observed = positives / static_cast<double>(filled.count);
    result.push_back(filled);
    start = end;
  }
  return result;
}

double expected_calibration_error(std::span<const CalibrationBin> bins) {
  double sum = 0;
  double total = 0;
  for (const auto& bin : bins) {
    sum += static_cast<double>(bin.count) * std::abs(bin.observed - bin.mean_probability);
    total += static_cast<double>(bin.count);
  }
  return total > 0 ? sum / total : 0;
}

std::optional<CalibrationLine> calibration_line(std::span<const double> probabilities, std::span<const int> targets) {
  const auto x = logits_of(probabilities);
  if (x.empty() || separated(x, targets) || std::ranges::min(x) == std::ranges::max(x)) return std::nullopt;
  double intercept = 0;
  double slope = 0;
  auto now = likelihood_of(x, targets, intercept, slope);
  for (int step = 0; step < kIterationsMax; ++step) {
    const double determinant = now.determinant();
    if (!(determinant > 0)) return std::nullopt;
    double to_intercept = (now.wxx * now.gradient_intercept - now.wx * now.gradient_slope) / determinant;
    double to_slope = (now.w * now.gradient_slope - now.wx * now.gradient_intercept) / determinant;
    auto next = likelihood_of(x, targets, intercept + to_intercept, slope + to_slope);
    // Newton's step can overshoot where the likelihood is flat; half of it then.
    for (int halving = 0; next.value < now.value && halving < 60; ++halving) {
      to_intercept /= 2;
      to_slope /= 2;
      next = likelihood_of(x, targets, intercept + to_intercept, slope + to_slope);
    }
    intercept += to_intercept;
    slope += to_slope;
    now = next;
    if (std::abs(to_intercept) < 1e-12 * (1 + std::abs(intercept)) &&
        std::abs(to_slope) < 1e-12 * (1 + std::abs(slope))) {
      const double information = now.determinant();
      return CalibrationLine{.slope = {.value = slope, .standard_error = std::sqrt(now.w / information)},
                             .intercept = {.value = intercept, .standard_error = std::sqrt(now.wxx / information)}};
    }
  }
  return std::nullopt;
}

std::optional<Estimate> calibration_in_the_large(std::span<const double> probabilities, std::span<const int> targets) {
  const long positives = std::accumulate(targets.begin(), targets.end(), 0L);
  if (positives == 0 || positives == static_cast<long>(targets.size())) return std::nullopt;
  const auto x = logits_of(probabilities);
  // The gradient falls with the intercept: bisect, as the root is unique and Newton may overshoot far tails.
  double low = -40;
  double high = 40;
  while (high - low > 1e-13 * (1 + std::abs(low))) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (likelihood_of(x, targets, middle, 1).gradient_intercept > 0 ? low : high) = middle;
  }
  const double intercept = low + (high - low) / 2;
  return Estimate{.value = intercept, .standard_error = 1 / std::sqrt(likelihood_of(x, targets, intercept, 1).w)};
}

}  // namespace alveus::study
