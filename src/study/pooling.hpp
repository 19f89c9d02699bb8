// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "study/case_set.hpp"
#include "study/scores.hpp"
#include "study/threshold.hpp"

namespace alveus::study {

/// How the slices of a patient become one probability.
enum class Aggregate { kMean, kMax };
std::string_view name_of(Aggregate aggregate);
std::optional<Aggregate> find_aggregate(std::string_view name);

/// Where a threshold comes from.
enum class ThresholdSource {
  kValidation,
  kFixed,     ///< 0.5 was asked for
  kFallback,  ///< 0.5, because validation could not decide
};
std::string_view name_of(ThresholdSource source);

/// The thresholds of one fold, for patients and for slices.
struct FoldThresholds {
  int fold = 0;
  double patient = 0.5;
  double slice = 0.5;
  ThresholdSource source = ThresholdSource::kFixed;  ///< kFallback when either threshold is one
};

/// Test scores of several variants as one test: out of fold when they are the folds of a configuration.
struct PooledScores {
  std::vector<std::string> patient_ids;  ///< sorted; CaseSet::patients counts these
  std::vector<int> patient_folds;        ///< the fold that tests each patient
  CaseSet patients;
  CaseSet slices;
  std::vector<FoldThresholds> thresholds;  ///< sorted by fold
  std::vector<std::string> warnings;
};

/// Pools variants of one configuration (indices into `scores.variants`). Variants of one fold (seeds) are averaged
/// slice by slice first. Thresholds come from the validation part of each fold. A patient is positive when one of his
/// slices is. kInvalidInput: a variant has no test scores, a patient is tested in two folds, or the seeds of a fold
/// scored different slices.
core::Result<PooledScores> pool_scores(const Scores& scores, std::span<const std::size_t> variants, Aggregate aggregate,
                                       ThresholdRule rule);

/// The patient-level AUROC on the validation part of a fold, whose variants (indices) differ in their seed alone.
/// Nothing where the part lacks a class. kInvalidInput when the seeds scored different slices.
core::Result<std::optional<double>> validation_area(const Scores& scores, std::span<const std::size_t> seeds,
                                                    Aggregate aggregate);

}  // namespace alveus::study
