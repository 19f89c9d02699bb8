// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "study/level_metrics.hpp"
#include "study/scores.hpp"
#include "study/study_metrics.hpp"

namespace alveus::study {

/// The configuration that a fold's validation patients prefer.
struct FoldChoice {
  int fold = 0;
  std::string configuration;
  double validation_auroc = 0;  ///< patient level, the mean of the seeds' probabilities
};

/// How good a study is that lets validation patients choose.
struct ValidationChoice {
  std::vector<FoldChoice> folds;  ///< sorted by fold
  LevelMetrics patients;          ///< of the test parts, each scored by its fold's choice
  LevelMetrics slices;
};

/// Picks for each fold, among `configurations`, the one with the highest patient-level AUROC on the fold's validation
/// part (of equal ones the first by name), scores it on the fold's test part, and pools the folds. No test patient has
/// a say in the choice, so that unlike the first of a ranking the result is not flattered by it (Cawley & Talbot 2010,
/// section 5). Every configuration must have scores in every fold. Nothing where the validation part of a fold lacks a
/// class. Errors as those of `pool_scores`.
core::Result<std::optional<ValidationChoice>> choose_on_validation(const Scores& scores,
                                                                   const std::set<std::string>& configurations,
                                                                   const MetricsOptions& options);

}  // namespace alveus::study
