// SPDX-License-Identifier: Apache-2.0
#include "study/validation_choice.hpp"

#include <map>
#include <utility>

#include "study/pooling.hpp"

namespace alveus::study {

core::Result<std::optional<ValidationChoice>> choose_on_validation(const Scores& scores,
                                                                   const std::set<std::string>& configurations,
                                                                   const MetricsOptions& options) {
  using Seeds = std::vector<std::size_t>;  // variants that differ in their seed alone
  std::map<int, std::map<std::string, Seeds>> folds;
  for (std::size_t i = 0; i < scores.variants.size(); ++i) {
    const VariantScores& variant = scores.variants[i];
    if (configurations.contains(variant.configuration)) folds[variant.fold][variant.configuration].push_back(i);
  }
  ValidationChoice choice;
  Seeds chosen;
  for (const auto& [fold, candidates] : folds) {
    std::optional<FoldChoice> best;
    for (const auto& [name, seeds] : candidates) {
      ALVEUS_TRY_ASSIGN(const auto area, validation_area(scores, seeds, options.aggregate));
      if (!area) return std::nullopt;
      if (!best || *area > best->validation_auroc)
        best = {.fold = fold, .configuration = name, .validation_auroc = *area};
    }
    const Seeds& seeds = candidates.at(best->configuration);
    chosen.insert(chosen.end(), seeds.begin(), seeds.end());
    choice.folds.push_back(*std::move(best));
  }
  if (chosen.empty()) return std::nullopt;
  ALVEUS_TRY_ASSIGN(const auto pooled, pool_scores(scores, chosen, options.aggregate, options.threshold));
  const auto measured = [&](const CaseSet& cases, Level level) {
    return measure_level(cases, {.level = level, .resamples = options.resamples, .seed = options.seed});
  };
  choice.patients = measured(pooled.patients, Level::kPatient);
  choice.slices = measured(pooled.slices, Level::kSlice);
  return choice;
}

}  // namespace alveus::study
