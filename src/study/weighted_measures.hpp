// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "study/case_set.hpp"

namespace alveus::study {

/// The measures that the bootstrap repeats.
enum class Measure : std::size_t {
  kAuroc,
  kAuprc,
  kSensitivity,
  kSpecificity,
  kPpv,
  kNpv,
  kAccuracy,
  kBalancedAccuracy,
  kF1,
  kMcc,
  kBrier,
  kLogLoss,
};
inline constexpr std::size_t kMeasureCount = 12;

/// The name in metrics.json: "auroc", "balanced_accuracy".
std::string_view name_of(Measure measure);

/// One value per Measure; NaN where undefined.
using MeasureValues = std::array<double, kMeasureCount>;

/// Measures of cases whose patients count several times or not at all. The sorting is done once, so that a resample
/// costs O(cases). Borrows the cases.
class WeightedMeasures {
 public:
  explicit WeightedMeasures(const CaseSet& cases);

  /// `patient_weights` holds how often each patient counts.
  MeasureValues operator()(std::span<const double> patient_weights) const;
  /// Every patient once.
  MeasureValues plain() const;

 private:
  const CaseSet& cases_;
  std::vector<std::size_t> descending_;  ///< cases by falling probability
  std::vector<double> squared_errors_;
  std::vector<double> log_losses_;
};

}  // namespace alveus::study
