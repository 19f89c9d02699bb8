// SPDX-License-Identifier: Apache-2.0
#include "study/study_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "study/auroc.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

std::optional<double> area_of(const CaseSet& cases) {
  const auto roc = roc_area(cases.probabilities, cases.targets);
  return roc ? std::optional(roc->area) : std::nullopt;
}

/// The area in each fold's own patients.
Spread per_fold_area(const PooledScores& pooled) {
  std::vector<std::optional<double>> areas;
  for (const auto& thresholds : pooled.thresholds) {
    std::vector<double> probabilities;
    std::vector<int> targets;
    for (std::size_t patient = 0; patient < pooled.patients.size(); ++patient) {
      if (pooled.patient_folds[patient] != thresholds.fold) continue;
      probabilities.push_back(pooled.patients.probabilities[patient]);
      targets.push_back(pooled.patients.targets[patient]);
    }
    const auto roc = roc_area(probabilities, targets);
    areas.push_back(roc ? std::optional(roc->area) : std::nullopt);
  }
  return spread_of(std::move(areas));
}

/// Takes the measurements of one study together.
class Measurer {
 public:
  Measurer(const Scores& scores, const MetricsOptions& options) : scores_(scores), options_(options) {}

  core::Result<VariantMetrics> variant(std::size_t index) const {
    ALVEUS_TRY_ASSIGN(const auto pooled, pool({&index, 1}));
    const auto& known = scores_.variants[index];
    return VariantMetrics{.variant = known.variant,
                          .configuration = known.configuration,
                          .unit = known.unit,
                          .thresholds = pooled.thresholds.front(),
                          .patient = measured(pooled.patients, Level::kPatient),
                          .slice = measured(pooled.slices, Level::kSlice)};
  }

  core::Result<ConfigurationMetrics> configuration(std::span<const std::size_t> variants,
                                                   std::vector<std::string>& warnings) const {
    ALVEUS_TRY_ASSIGN(auto pooled, pool(variants));
    ConfigurationMetrics result;
    result.configuration = scores_.variants[variants.front()].configuration;
    result.unit = scores_.variants[variants.front()].unit;
    for (const std::size_t variant : variants) result.variants.push_back(scores_.variants[variant].variant);
    result.complete = pooled.patients.size() == tested_patients(scores_);
    result.thresholds = std::move(pooled.thresholds);
    pooled.thresholds = result.thresholds;
    result.per_fold_auroc = per_fold_area(pooled);
    ALVEUS_TRY(add_seeds(result, variants, pooled, warnings));
    result.patient = measured(pooled.patients, Level::kPatient);
    result.slice = measured(pooled.slices, Level::kSlice);
    warnings.insert(warnings.end(), pooled.warnings.begin(), pooled.warnings.end());
    return result;
  }

 private:
  core::Result<PooledScores> pool(std::span<const std::size_t> variants) const {
    return pool_scores(scores_, variants, options_.aggregate, options_.threshold);
  }

  LevelMetrics measured(const CaseSet& cases, Level level) const {
    return measure_level(cases, {.level = level, .resamples = options_.resamples, .seed = options_.seed});
  }

  /// Each seed alone, where it has all folds.
  core::Status add_seeds(ConfigurationMetrics& result, std::span<const std::size_t> variants,
                         const PooledScores& pooled, std::vector<std::string>& warnings) const {
    std::map<std::string, std::vector<std::size_t>> series;
    for (const std::size_t variant : variants) series[scores_.variants[variant].series].push_back(variant);
    result.seeds = series.size();
    std::vector<std::optional<double>> areas;
    for (const auto& [name, members] : series) {
      if (members.size() != pooled.thresholds.size()) {
        areas.emplace_back();
        warnings.push_back("'" + result.configuration + "': the seed '" + name + "' has " +
                           std::to_string(members.size()) + " of " + std::to_string(pooled.thresholds.size()) +
                           " folds");
        continue;
      }
      ALVEUS_TRY_ASSIGN(const auto alone, pool(members));
      areas.push_back(area_of(alone.patients));
    }
    result.per_seed_auroc = spread_of(std::move(areas));
    return {};
  }

  const Scores& scores_;
  const MetricsOptions& options_;
};

}  // namespace

Spread spread_of(std::vector<std::optional<double>> values) {
  Spread spread{.mean = std::nullopt, .standard_deviation = std::nullopt, .values = std::move(values)};
  double sum = 0;
  double count = 0;
  for (const auto& value : spread.values) {
    if (!value) continue;
    sum += *value;
    count += 1;
  }
  if (count == 0) return spread;
  spread.mean = sum / count;
  double squares = 0;
  for (const auto& value : spread.values) {
    if (value) squares += (*value - *spread.mean) * (*value - *spread.mean);
  }
  if (count > 1) spread.standard_deviation = std::sqrt(squares / (count - 1));
  return spread;
}

std::vector<std::vector<std::size_t>> variants_by_configuration(const Scores& scores) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < scores.variants.size(); ++i) groups[scores.variants[i].configuration].push_back(i);
  std::vector<std::vector<std::size_t>> result;
  for (auto& [configuration, variants] : groups) result.push_back(std::move(variants));
  return result;
}

std::size_t tested_patients(const Scores& scores) {
  std::set<std::string_view> patients;
  for (const auto& variant : scores.variants) {
    for (const auto& score : variant.test) patients.insert(scores.slices[score.slice].patient_id);
  }
  return patients.size();
}

core::Result<StudyMetrics> measure_study(const Scores& scores, const MetricsOptions& options,
                                         std::vector<Failure> failures) {
  std::ranges::sort(failures);
  failures.erase(std::unique(failures.begin(), failures.end()), failures.end());
  if (scores.variants.empty()) {
    std::string message = "there are no scores to measure";
    if (!failures.empty()) {
      message += ": all " + std::to_string(failures.size()) + " variants failed, '" + failures.front().variant +
                 "' in " + failures.front().step + " (" + failures.front().reason + ")";
    }
    return core::fail(ErrorCode::kInvalidInput, message);
  }
  StudyMetrics result;
  result.options = options;
  result.scores_sha256 = scores.sha256;
  result.failures = std::move(failures);
  const Measurer measurer(scores, options);
  for (std::size_t index = 0; index < scores.variants.size(); ++index) {
    ALVEUS_TRY_ASSIGN(auto variant, measurer.variant(index));
    result.variants.push_back(std::move(variant));
  }
  for (const auto& variants : variants_by_configuration(scores)) {
    ALVEUS_TRY_ASSIGN(auto configuration, measurer.configuration(variants, result.warnings));
    if (!configuration.complete) {
      result.warnings.push_back("'" + configuration.configuration + "' tests " +
                                std::to_string(configuration.patient.count) + " of " +
                                std::to_string(tested_patients(scores)) + " patients");
    }
    result.configurations.push_back(std::move(configuration));
  }
  return result;
}

}  // namespace alveus::study
