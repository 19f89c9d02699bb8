// SPDX-License-Identifier: Apache-2.0
#include "study/confusion.hpp"

#include <cmath>
#include <limits>

#include "core/check.hpp"

namespace alveus::study {
namespace {

double share(double part, double whole) { return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN(); }

}  // namespace

Confusion count_calls(std::span<const int> targets, std::span<const int> calls) {
  ALVEUS_CHECK(targets.size() == calls.size(), "every case has a call");
  Confusion counts;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    double& cell = targets[i] == 1 ? (calls[i] == 1 ? counts.true_positives : counts.false_negatives)
                                   : (calls[i] == 1 ? counts.false_positives : counts.true_negatives);
    cell += 1;
  }
  return counts;
}

double sensitivity(const Confusion& counts) { return share(counts.true_positives, counts.positives()); }

double specificity(const Confusion& counts) { return share(counts.true_negatives, counts.negatives()); }

double positive_predictive_value(const Confusion& counts) {
  return share(counts.true_positives, counts.true_positives + counts.false_positives);
}

double negative_predictive_value(const Confusion& counts) {
  return share(counts.true_negatives, counts.true_negatives + counts.false_negatives);
}

double accuracy(const Confusion& counts) {
  return share(counts.true_positives + counts.true_negatives, counts.total());
}

double balanced_accuracy(const Confusion& counts) { return (sensitivity(counts) + specificity(counts)) / 2; }

double f1_score(const Confusion& counts) {
  return share(2 * counts.true_positives, 2 * counts.true_positives + counts.false_positives + counts.false_negatives);
}

double matthews_correlation(const Confusion& counts) {
  const double called_positive = counts.true_positives + counts.false_positives;
  const double called_negative = counts.true_negatives + counts.false_negatives;
  const double product = called_positive * called_negative * counts.positives() * counts.negatives();
  return share(counts.true_positives * counts.true_negatives - counts.false_positives * counts.false_negatives,
               std::sqrt(product));
}

double diagnostic_odds_ratio(const Confusion& counts) {
  return (counts.true_positives + 0.5) * (counts.true_negatives + 0.5) /
         ((counts.false_positives + 0.5) * (counts.false_negatives + 0.5));
}

Interval diagnostic_odds_ratio_interval(const Confusion& counts) {
  const double error = std::sqrt(1 / (counts.true_positives + 0.5) + 1 / (counts.true_negatives + 0.5) +
                                 1 / (counts.false_positives + 0.5) + 1 / (counts.false_negatives + 0.5));
  const double centre = std::log(diagnostic_odds_ratio(counts));
  return {.low = std::exp(centre - kNormalWidth * error), .high = std::exp(centre + kNormalWidth * error)};
}

double ppv_at(double sensitivity, double specificity, double prevalence) {
  const double found = sensitivity * prevalence;
  return share(found, found + (1 - specificity) * (1 - prevalence));
}

double npv_at(double sensitivity, double specificity, double prevalence) {
  const double cleared = specificity * (1 - prevalence);
  return share(cleared, cleared + (1 - sensitivity) * prevalence);
}

}  // namespace alveus::study
