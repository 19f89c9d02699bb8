// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "study/failure.hpp"
#include "study/level_metrics.hpp"
#include "study/pooling.hpp"
#include "study/scores.hpp"

namespace alveus::study {

struct MetricsOptions {
  Aggregate aggregate = Aggregate::kMean;
  ThresholdRule threshold = ThresholdRule::kYouden;
  std::size_t resamples = 2000;
  std::uint64_t seed = 1;
};

struct VariantMetrics {
  std::string variant;
  std::string configuration;
  Unit unit = Unit::kSlice;
  FoldThresholds thresholds;
  LevelMetrics patient;
  LevelMetrics slice;  ///< of scans where they are the unit
};

/// A number over folds or seeds.
struct Spread {
  std::optional<double> mean;  ///< of the values that are defined
  std::optional<double> standard_deviation;
  std::vector<std::optional<double>> values;
};

/// The mean and the standard deviation (n - 1; nothing below two values).
Spread spread_of(std::vector<std::optional<double>> values);

struct ConfigurationMetrics {
  std::string configuration;
  Unit unit = Unit::kSlice;
  std::vector<std::string> variants;
  std::size_t seeds = 1;
  bool complete = true;  ///< has a test score for every patient that any configuration has
  std::vector<FoldThresholds> thresholds;
  Spread per_fold_auroc;
  Spread per_seed_auroc;
  LevelMetrics patient;
  LevelMetrics slice;  ///< of scans where they are the unit
};

struct StudyMetrics {
  MetricsOptions options;
  std::string scores_sha256;
  std::vector<VariantMetrics> variants;
  std::vector<ConfigurationMetrics> configurations;
  std::vector<Failure> failures;
  std::vector<std::string> warnings;
};

/// Measures every variant and every configuration. kInvalidInput: no scores at all (the failures are told), or what
/// `pool_scores` refuses.
core::Result<StudyMetrics> measure_study(const Scores& scores, const MetricsOptions& options,
                                         std::vector<Failure> failures);

/// The variants of each configuration, sorted by configuration: indices into `scores.variants`.
std::vector<std::vector<std::size_t>> variants_by_configuration(const Scores& scores);

/// How many patients any variant tests.
std::size_t tested_patients(const Scores& scores);

}  // namespace alveus::study
