// SPDX-License-Identifier: Apache-2.0
#include "study/comparison.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <utility>

#include "core/check.hpp"
#include "study/bootstrap.hpp"
#include "study/weighted_measures.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

constexpr double kAlpha = 1 - kConfidence;
constexpr std::size_t kClassLeast = 2;

/// A configuration with all that the comparison needs of it.
struct Contender {
  std::string configuration;
  CaseSet cases;
  RocArea roc;
  std::vector<double> resampled;   ///< area in each resample
  std::vector<double> delete_one;  ///< area without each patient
};

double area_with(const WeightedMeasures& measures, std::span<const double> weights) {
  return measures(weights)[static_cast<std::size_t>(Measure::kAuroc)];
}

core::Result<std::vector<Contender>> contenders_of(const Scores& scores, const MetricsOptions& options,
                                                   Comparison& comparison) {
  const std::size_t patients = tested_patients(scores);
  std::vector<Contender> contenders;
  for (const auto& variants : variants_by_configuration(scores)) {
    const std::string& name = scores.variants[variants.front()].configuration;
    ALVEUS_TRY_ASSIGN(auto pooled, pool_scores(scores, variants, options.aggregate, options.threshold));
    if (pooled.patients.size() != patients) {
      comparison.excluded.push_back({.configuration = name,
                                     .reason = "no test scores for " +
                                               std::to_string(patients - pooled.patients.size()) + " of " +
                                               std::to_string(patients) + " patients"});
      continue;
    }
    contenders.push_back(
        {.configuration = name, .cases = std::move(pooled.patients), .roc = {}, .resampled = {}, .delete_one = {}});
  }
  if (contenders.empty()) {
    return core::fail(ErrorCode::kInvalidInput, "no configuration has test scores for all " + std::to_string(patients) +
                                                    " patients; nothing can be ranked fairly");
  }
  return contenders;
}

core::Status check_classes(const CaseSet& cases, Comparison& comparison) {
  comparison.patients = cases.size();
  comparison.positives = static_cast<std::size_t>(std::accumulate(cases.targets.begin(), cases.targets.end(), 0L));
  if (std::min(comparison.positives, comparison.patients - comparison.positives) >= kClassLeast) return {};
  return core::fail(ErrorCode::kInvalidInput, "the test parts hold " + std::to_string(comparison.positives) +
                                                  " positive and " +
                                                  std::to_string(comparison.patients - comparison.positives) +
                                                  " negative patients; a ranking needs two of each, or it has no "
                                                  "intervals");
}

/// Areas of all contenders in the same resamples.
void resample(std::vector<Contender>& contenders, const MetricsOptions& options) {
  const auto& targets = contenders.front().cases.targets;
  const PatientResampler resampler(targets, options.seed);
  std::vector<WeightedMeasures> measures;
  measures.reserve(contenders.size());
  for (auto& contender : contenders) {
    measures.emplace_back(contender.cases);
    contender.resampled.reserve(options.resamples);
  }
  std::vector<double> weights(targets.size());
  for (std::size_t index = 0; index < options.resamples; ++index) {
    resampler.draw(index, weights);
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      contenders[i].resampled.push_back(area_with(measures[i], weights));
    }
  }
  std::ranges::fill(weights, 1.0);
  for (std::size_t patient = 0; patient < weights.size(); ++patient) {
    weights[patient] = 0;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      contenders[i].delete_one.push_back(area_with(measures[i], weights));
    }
    weights[patient] = 1;
  }
}

/// 1 + the number of greater areas, in each resample.
long rank_in(std::span<const Contender> contenders, std::size_t index, std::size_t resample_index) {
  const double own = contenders[index].resampled[resample_index];
  return 1 + std::ranges::count_if(contenders,
                                   [&](const Contender& other) { return other.resampled[resample_index] > own; });
}

void set_rank_spread(Ranked& ranked, std::span<const Contender> contenders, std::size_t index) {
  std::vector<double> ranks;
  for (std::size_t resample_index = 0; resample_index < contenders[index].resampled.size(); ++resample_index) {
    const long rank = rank_in(contenders, index, resample_index);
    ranks.push_back(static_cast<double>(rank));
    if (rank != 1) continue;
    const double own = contenders[index].resampled[resample_index];
    const auto sharing = std::ranges::count_if(
        contenders, [&](const Contender& other) { return other.resampled[resample_index] == own; });
    ranked.probability_best += 1 / static_cast<double>(sharing);
  }
  ranked.probability_best /= static_cast<double>(ranks.size());
  std::ranges::sort(ranks);
  // Ranks are whole: order statistics, no interpolation.
  const auto at = [&](double share) {
    return ranks[static_cast<std::size_t>(share * static_cast<double>(ranks.size() - 1) + 0.5)];
  };
  ranked.rank_low = at(kAlpha / 2);
  ranked.rank_high = at(1 - kAlpha / 2);
}

VersusBest versus(const Contender& other, const Contender& best) {
  std::vector<double> differences;
  std::vector<double> delete_one;
  for (std::size_t i = 0; i < other.resampled.size(); ++i) {
    differences.push_back(other.resampled[i] - best.resampled[i]);
  }
  for (std::size_t i = 0; i < other.delete_one.size(); ++i) {
    delete_one.push_back(other.delete_one[i] - best.delete_one[i]);
  }
  const auto test = paired_area_test(other.roc, best.roc);
  ALVEUS_CHECK(test.has_value(), "both classes have two patients");
  VersusBest result;
  result.difference = test->difference;
  result.area_test = *test;
  result.bootstrap_p = bootstrap_p(differences);
  const auto intervals = bootstrap_intervals(test->difference, std::move(differences), delete_one, best.cases.targets);
  ALVEUS_CHECK(intervals.percentile.has_value(), "every resample has both classes");
  result.percentile = *intervals.percentile;
  result.bca = intervals.bca;
  result.calls_test = mcnemar_test(best.cases.targets, best.cases.calls, other.cases.calls);
  return result;
}

void adjust(std::vector<Ranked>& ranking) {
  std::vector<std::optional<double>> areas;
  std::vector<std::optional<double>> calls;
  for (const auto& ranked : ranking) {
    areas.push_back(ranked.versus_best ? ranked.versus_best->area_test.p : std::nullopt);
    calls.push_back(ranked.versus_best ? std::optional(ranked.versus_best->calls_test.p) : std::nullopt);
  }
  areas = holm(areas);
  calls = holm(calls);
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    if (!ranking[i].versus_best) continue;
    ranking[i].versus_best->area_p_holm = areas[i];
    ranking[i].versus_best->calls_p_holm = calls[i].value_or(1);
    ranking[i].versus_best->separable = areas[i] && *areas[i] < kAlpha;
  }
}

/// `contenders` are sorted by area.
std::optional<Selection> corrected_selection(std::span<const Contender> contenders, const MetricsOptions& options) {
  if (contenders.size() < 2) return std::nullopt;
  const auto& targets = contenders.front().cases.targets;
  const PatientResampler resampler(targets, options.seed);
  std::vector<double> areas;
  std::vector<double> weights(targets.size());
  std::vector<WeightedMeasures> measures;
  measures.reserve(contenders.size());
  for (const auto& contender : contenders) measures.emplace_back(contender.cases);
  for (std::size_t index = 0; index < options.resamples; ++index) {
    resampler.draw(index, weights);
    std::array<bool, 2> present{};
    for (std::size_t patient = 0; patient < weights.size(); ++patient) {
      weights[patient] = weights[patient] == 0 ? 1 : 0;
      if (weights[patient] > 0) present.at(static_cast<std::size_t>(targets[patient])) = true;
    }
    if (!present[0] || !present[1]) continue;
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < contenders.size(); ++i) {
      if (contenders[i].resampled[index] > contenders[chosen].resampled[index]) chosen = i;
    }
    areas.push_back(area_with(measures[chosen], weights));
  }
  if (areas.empty()) return std::nullopt;
  Selection selection{
      .apparent = contenders.front().roc.area, .corrected = 0, .interval = {}, .resamples = areas.size()};
  selection.corrected = std::accumulate(areas.begin(), areas.end(), 0.0) / static_cast<double>(areas.size());
  std::ranges::sort(areas);
  selection.interval = *percentile_interval(areas);
  return selection;
}

void rank_all(std::vector<Contender>& contenders, const MetricsOptions& options, Comparison& comparison) {
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const auto level = measure_level(contenders[i].cases, {.resamples = options.resamples, .seed = options.seed});
    Ranked ranked;
    ranked.configuration = contenders[i].configuration;
    ranked.rank = 1 + std::ranges::count_if(
                          contenders, [&](const Contender& other) { return other.roc.area > contenders[i].roc.area; });
    ranked.auroc = level.metric("auroc");
    ranked.sensitivity = level.metric("sensitivity");
    ranked.specificity = level.metric("specificity");
    ALVEUS_CHECK(ranked.auroc.interval.has_value(), "nothing is ranked without an interval");
    set_rank_spread(ranked, contenders, i);
    if (i > 0) ranked.versus_best = versus(contenders[i], contenders.front());
    comparison.ranking.push_back(std::move(ranked));
  }
  adjust(comparison.ranking);
}

void add_warnings(Comparison& comparison) {
  const auto sharing = std::ranges::count(comparison.ranking, 1L, &Ranked::rank);
  if (sharing > 1) {
    comparison.warnings.push_back(std::to_string(sharing) + " configurations share the highest AUROC; '" +
                                  comparison.ranking.front().configuration + "' stands first by name alone");
  }
  for (const auto& ranked : comparison.ranking) {
    if (ranked.versus_best && !ranked.versus_best->area_test.p) {
      comparison.warnings.push_back("'" + ranked.configuration +
                                    "' differs from the best by a constant without variance; DeLong's test does not "
                                    "apply");
    }
  }
}

}  // namespace

core::Result<Comparison> compare_configurations(const Scores& scores, const MetricsOptions& options) {
  Comparison comparison;
  comparison.options = options;
  comparison.scores_sha256 = scores.sha256;
  ALVEUS_TRY_ASSIGN(auto contenders, contenders_of(scores, options, comparison));
  ALVEUS_TRY(check_classes(contenders.front().cases, comparison));
  for (auto& contender : contenders) contender.roc = *roc_area(contender.cases.probabilities, contender.cases.targets);
  std::ranges::stable_sort(
      contenders, [](const Contender& left, const Contender& right) { return left.roc.area > right.roc.area; });
  resample(contenders, options);
  rank_all(contenders, options, comparison);
  comparison.selection = corrected_selection(contenders, options);
  std::set<std::string> names;
  for (const auto& contender : contenders) names.insert(contender.configuration);
  ALVEUS_TRY_ASSIGN(comparison.validation_choice, choose_on_validation(scores, names, options));
  add_warnings(comparison);
  return comparison;
}

}  // namespace alveus::study
