// SPDX-License-Identifier: Apache-2.0
#include "study/weighted_measures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.hpp"
#include "study/calibration.hpp"
#include "study/confusion.hpp"

namespace alveus::study {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

double& at(MeasureValues& values, Measure measure) { return values[static_cast<std::size_t>(measure)]; }

void set_call_measures(MeasureValues& values, const Confusion& counts) {
  at(values, Measure::kSensitivity) = sensitivity(counts);
  at(values, Measure::kSpecificity) = specificity(counts);
  at(values, Measure::kPpv) = positive_predictive_value(counts);
  at(values, Measure::kNpv) = negative_predictive_value(counts);
  at(values, Measure::kAccuracy) = accuracy(counts);
  at(values, Measure::kBalancedAccuracy) = balanced_accuracy(counts);
  at(values, Measure::kF1) = f1_score(counts);
  at(values, Measure::kMcc) = matthews_correlation(counts);
}

}  // namespace

std::string_view name_of(Measure measure) {
  switch (measure) {
    case Measure::kAuroc: return "auroc";
    case Measure::kAuprc: return "auprc";
    case Measure::kSensitivity: return "sensitivity";
    case Measure::kSpecificity: return "specificity";
    case Measure::kPpv: return "ppv";
    case Measure::kNpv: return "npv";
    case Measure::kAccuracy: return "accuracy";
    case Measure::kBalancedAccuracy: return "balanced_accuracy";
    case Measure::kF1: return "f1";
    case Measure::kMcc: return "mcc";
    case Measure::kBrier: return "brier";
    case Measure::kLogLoss: return "log_loss";
  }
  return "unknown";
}

WeightedMeasures::WeightedMeasures(const CaseSet& cases) : cases_(cases), descending_(cases.size()) {
  std::iota(descending_.begin(), descending_.end(), std::size_t{0});
  std::ranges::stable_sort(
      descending_, [&](std::size_t a, std::size_t b) { return cases.probabilities[a] > cases.probabilities[b]; });
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double error = cases.probabilities[i] - cases.targets[i];
    squared_errors_.push_back(error * error);
    const double probability = clipped(cases.probabilities[i]);
    log_losses_.push_back(cases.targets[i] == 1 ? -std::log(probability) : -std::log1p(-probability));
  }
}

MeasureValues WeightedMeasures::operator()(std::span<const double> patient_weights) const {
  ALVEUS_CHECK(patient_weights.size() == cases_.patient_targets.size(), "every patient has a weight");
  Confusion counts;
  double squared_errors = 0;
  double log_losses = 0;
  double called = 0;
  double called_positives = 0;
  double precision_sum = 0;
  double pairs_in_order = 0;
  for (std::size_t i = 0; i < descending_.size();) {
    const double probability = cases_.probabilities[descending_[i]];
    double tied_positives = 0;
    double tied_negatives = 0;
    for (; i < descending_.size() && cases_.probabilities[descending_[i]] == probability; ++i) {
      const std::size_t place = descending_[i];
      const double weight = patient_weights[cases_.patients[place]];
      const bool positive = cases_.targets[place] == 1;
      const bool call = cases_.calls[place] == 1;
      (positive ? tied_positives : tied_negatives) += weight;
      (positive ? (call ? counts.true_positives : counts.false_negatives)
                : (call ? counts.false_positives : counts.true_negatives)) += weight;
      squared_errors += weight * squared_errors_[place];
      log_losses += weight * log_losses_[place];
    }
    pairs_in_order += tied_negatives * (called_positives + tied_positives / 2);
    called += tied_positives + tied_negatives;
    called_positives += tied_positives;
    if (tied_positives > 0) precision_sum += tied_positives * called_positives / called;
  }
  MeasureValues values;
  values.fill(kUndefined);
  const double total = counts.total();
  if (total <= 0) return values;
  set_call_measures(values, counts);
  at(values, Measure::kBrier) = squared_errors / total;
  at(values, Measure::kLogLoss) = log_losses / total;
  const double pairs = counts.positives() * counts.negatives();
  if (pairs > 0) at(values, Measure::kAuroc) = pairs_in_order / pairs;
  if (counts.positives() > 0) at(values, Measure::kAuprc) = precision_sum / counts.positives();
  return values;
}

MeasureValues WeightedMeasures::plain() const {
  return (*this)(std::vector<double>(cases_.patient_targets.size(), 1.0));
}

}  // namespace alveus::study
