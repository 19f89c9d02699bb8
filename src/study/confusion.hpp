// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "study/intervals.hpp"

namespace alveus::study {

/// Calls against truth. Reals, so that weighted cases fit; whole numbers otherwise.
struct Confusion {
  double true_positives = 0;
  double false_negatives = 0;
  double false_positives = 0;
  double true_negatives = 0;

  double positives() const { return true_positives + false_negatives; }
  double negatives() const { return false_positives + true_negatives; }
  double total() const { return positives() + negatives(); }
  friend bool operator==(const Confusion&, const Confusion&) = default;
};

Confusion count_calls(std::span<const int> targets, std::span<const int> calls);

/// The usual shares; NaN where the denominator is 0.
double sensitivity(const Confusion& counts);
double specificity(const Confusion& counts);
double positive_predictive_value(const Confusion& counts);
double negative_predictive_value(const Confusion& counts);
double accuracy(const Confusion& counts);
double balanced_accuracy(const Confusion& counts);
double f1_score(const Confusion& counts);
/// Matthews correlation coefficient.
double matthews_correlation(const Confusion& counts);

/// Odds ratio with 1/2 added to every cell (Haldane and Anscombe), and its interval on the log scale (Woolf).
double diagnostic_odds_ratio(const Confusion& counts);
Interval diagnostic_odds_ratio_interval(const Confusion& counts);

/// Predictive values that the same sensitivity and specificity would have at another prevalence; NaN where undefined.
double ppv_at(double sensitivity, double specificity, double prevalence);
double npv_at(double sensitivity, double specificity, double prevalence);

}  // namespace alveus::study
