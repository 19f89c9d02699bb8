// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace alveus::study {

/// Shares called positive when the threshold is as given (called: probability ≥ threshold).
struct RocPoint {
  std::optional<double> threshold;  ///< nothing at (0, 0): above every score
  double false_positive_rate = 0;
  double true_positive_rate = 0;
};

/// The ROC curve from (0, 0) to (1, 1), without points inside a straight piece. Empty when a class is absent.
std::vector<RocPoint> roc_curve(std::span<const double> probabilities, std::span<const int> targets);

/// Counts of numbers in [0, 1] in `bins` equal bins; 1 falls into the last.
struct Histogram {
  std::vector<double> edges;  ///< bins + 1
  std::vector<std::size_t> negatives;
  std::vector<std::size_t> positives;
};

Histogram histogram(std::span<const double> probabilities, std::span<const int> targets, std::size_t bins);

}  // namespace alveus::study
