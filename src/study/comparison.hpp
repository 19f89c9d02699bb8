// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/auroc.hpp"
#include "study/level_metrics.hpp"
#include "study/paired_tests.hpp"
#include "study/study_metrics.hpp"
#include "study/validation_choice.hpp"

namespace alveus::study {

/// A configuration against the best: difference = its area - the best area, all on the same patients.
struct VersusBest {
  double difference = 0;
  Interval percentile;
  std::optional<Interval> bca;
  double bootstrap_p = 1;
  AreaTest area_test;
  std::optional<double> area_p_holm;
  McNemar calls_test;  ///< first: the best
  double calls_p_holm = 1;
  bool separable = false;  ///< area_p_holm below 0.05
};

struct Ranked {
  long rank = 1;  ///< equal areas share one
  std::string configuration;
  Metric auroc;
  Metric sensitivity;
  Metric specificity;
  double rank_low = 1;
  double rank_high = 1;
  double probability_best = 0;
  std::optional<VersusBest> versus_best;  ///< nothing for the first
};

/// How good the winner is once its being chosen is accounted for: the best in-bag configuration of each resample is
/// scored on the patients out of bag (Tsamardinos et al. 2018).
struct Selection {
  double apparent = 0;
  double corrected = 0;
  Interval interval;
  std::size_t resamples = 0;
};

struct Excluded {
  std::string configuration;
  std::string reason;
};

struct Comparison {
  MetricsOptions options;
  std::string scores_sha256;
  std::size_t patients = 0;
  std::size_t positives = 0;
  std::vector<Ranked> ranking;
  std::optional<Selection> selection;  ///< with two configurations at least
  std::optional<ValidationChoice> validation_choice;
  std::vector<Excluded> excluded;
  std::vector<Failure> failures;
  std::vector<std::string> warnings;
};

/// Ranks the configurations by patient-level AUROC, each with its interval. Those that lack patients are excluded:
/// areas of different patients do not compare. kInvalidInput when no configuration is complete, or a class has fewer
/// than two patients, so that no interval exists.
core::Result<Comparison> compare_configurations(const Scores& scores, const MetricsOptions& options);

/// The content of comparison.json, and ranking.csv; docs/internals/study-formats.md describes them.
core::Value to_value(const Comparison& comparison);
std::string ranking_csv(const Comparison& comparison);

}  // namespace alveus::study
