// SPDX-License-Identifier: Apache-2.0
#include "study/pooling.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "study/auroc.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

/// Scores of one part of one fold, as parallel lists of cases.
struct Part {
  std::vector<std::string> names;
  std::vector<std::string> patients;
  std::vector<int> targets;
  std::vector<double> probabilities;
};

/// The mean over the seeds of a fold. `member` picks the validation or the test part.
core::Result<std::vector<Score>> mean_over_seeds(std::span<const VariantScores* const> seeds,
                                                 std::vector<Score> VariantScores::* member) {
  std::vector<Score> mean = seeds.front()->*member;
  for (const auto* seed : seeds.subspan(1)) {
    const auto& part = seed->*member;
    if (!std::ranges::equal(mean, part, {}, &Score::slice, &Score::slice)) {
      return core::fail(ErrorCode::kInvalidInput, "the variants '" + seeds.front()->variant + "' and '" +
                                                      seed->variant +
                                                      "' are seeds of one fold but scored different slices");
    }
    for (std::size_t i = 0; i < part.size(); ++i) mean[i].probability += part[i].probability;
  }
  for (auto& score : mean) score.probability /= static_cast<double>(seeds.size());
  return mean;
}

Part slices_of(const Scores& scores, std::span<const Score> part) {
  Part result;
  for (const auto& score : part) {
    const auto& slice = scores.slices[score.slice];
    result.names.push_back(slice.sample_id);
    result.patients.push_back(slice.patient_id);
    result.targets.push_back(slice.target);
    result.probabilities.push_back(score.probability);
  }
  return result;
}

/// One case per patient, sorted.
Part patients_of(const Part& slices, Aggregate aggregate) {
  struct Sum {
    double total = 0;
    double most = 0;
    double count = 0;
    int target = 0;
  };
  std::map<std::string, Sum> sums;
  for (std::size_t i = 0; i < slices.names.size(); ++i) {
    Sum& sum = sums[slices.patients[i]];
    sum.total += slices.probabilities[i];
    sum.most = std::max(sum.most, slices.probabilities[i]);
    sum.count += 1;
    sum.target = std::max(sum.target, slices.targets[i]);
  }
  Part result;
  for (const auto& [patient, sum] : sums) {
    result.names.push_back(patient);
    result.patients.push_back(patient);
    result.targets.push_back(sum.target);
    result.probabilities.push_back(aggregate == Aggregate::kMean ? sum.total / sum.count : sum.most);
  }
  return result;
}

FoldThresholds thresholds_of(int fold, const Part& slices, const Part& patients, ThresholdRule rule) {
  const auto for_patients = choose_threshold(rule, patients.probabilities, patients.targets);
  const auto for_slices = choose_threshold(rule, slices.probabilities, slices.targets);
  const auto source = rule == ThresholdRule::kHalf ? ThresholdSource::kFixed
                      : for_patients && for_slices ? ThresholdSource::kValidation
                                                   : ThresholdSource::kFallback;
  return {.fold = fold, .patient = for_patients.value_or(0.5), .slice = for_slices.value_or(0.5), .source = source};
}

void add_cases(CaseSet& cases, const Part& part, double threshold) {
  for (std::size_t i = 0; i < part.names.size(); ++i) {
    cases.names.push_back(part.names[i]);
    cases.targets.push_back(part.targets[i]);
    cases.probabilities.push_back(part.probabilities[i]);
    cases.calls.push_back(part.probabilities[i] >= threshold ? 1 : 0);
  }
}

template <typename T>
std::vector<T> picked(const std::vector<T>& values, std::span<const std::size_t> order) {
  std::vector<T> result;
  result.reserve(values.size());
  for (const std::size_t place : order) result.push_back(values[place]);
  return result;
}

/// Sorts cases by name, whatever order the folds came in. Returns the order applied.
std::vector<std::size_t> sort_cases(CaseSet& cases) {
  std::vector<std::size_t> order(cases.names.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return cases.names[a] < cases.names[b]; });
  cases.names = picked(cases.names, order);
  cases.targets = picked(cases.targets, order);
  cases.probabilities = picked(cases.probabilities, order);
  cases.calls = picked(cases.calls, order);
  return order;
}

/// Gives both levels their patients, once all folds are in.
void link_patients(PooledScores& pooled, std::vector<std::string> slice_patients, const std::vector<int>& folds) {
  pooled.patient_folds = picked(folds, sort_cases(pooled.patients));
  pooled.patient_ids = pooled.patients.names;
  slice_patients = picked(slice_patients, sort_cases(pooled.slices));
  for (std::size_t i = 0; i < pooled.patient_ids.size(); ++i) pooled.patients.patients.push_back(i);
  for (const auto& patient : slice_patients) {
    const auto place = std::ranges::lower_bound(pooled.patient_ids, patient);
    pooled.slices.patients.push_back(static_cast<std::size_t>(place - pooled.patient_ids.begin()));
  }
  pooled.patients.patient_targets = pooled.patients.targets;
  pooled.slices.patient_targets = pooled.patients.targets;
}

}  // namespace

std::string_view name_of(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kMean: return "mean";
    case Aggregate::kMax: return "max";
  }
  return "unknown";
}

std::optional<Aggregate> find_aggregate(std::string_view name) {
  for (const auto aggregate : {Aggregate::kMean, Aggregate::kMax}) {
    if (name == name_of(aggregate)) return aggregate;
  }
  return std::nullopt;
}

std::string_view name_of(ThresholdSource source) {
  switch (source) {
    case ThresholdSource::kValidation: return "validation";
    case ThresholdSource::kFixed: return "fixed";
    case ThresholdSource::kFallback: return "fallback";
  }
  return "unknown";
}

core::Result<PooledScores> pool_scores(const Scores& scores, std::span<const std::size_t> variants, Aggregate aggregate,
                                       ThresholdRule rule) {
  std::map<int, std::vector<const VariantScores*>> folds;
  for (const std::size_t variant : variants) folds[scores.variants[variant].fold].push_back(&scores.variants[variant]);
  PooledScores pooled;
  std::map<std::string, int> fold_of;
  std::vector<int> patient_folds;
  std::vector<std::string> slice_patients;
  for (const auto& [fold, seeds] : folds) {
    ALVEUS_TRY_ASSIGN(const auto validation, mean_over_seeds(seeds, &VariantScores::validation));
    ALVEUS_TRY_ASSIGN(const auto test, mean_over_seeds(seeds, &VariantScores::test));
    if (test.empty()) {
      return core::fail(ErrorCode::kInvalidInput, "the variant '" + seeds.front()->variant + "' has no test scores");
    }
    const Part validation_slices = slices_of(scores, validation);
    const auto thresholds = thresholds_of(fold, validation_slices, patients_of(validation_slices, aggregate), rule);
    if (thresholds.source == ThresholdSource::kFallback) {
      pooled.warnings.push_back("'" + seeds.front()->variant + "': its validation scores decide no threshold (" +
                                std::string(name_of(rule)) + "); 0.5 is used");
    }
    const Part slices = slices_of(scores, test);
    const Part patients = patients_of(slices, aggregate);
    for (const auto& patient : patients.names) {
      if (const auto [place, is_new] = fold_of.emplace(patient, fold); !is_new) {
        return core::fail(ErrorCode::kInvalidInput, "the patient '" + patient + "' is tested in folds " +
                                                        std::to_string(place->second) + " and " + std::to_string(fold) +
                                                        " of configuration '" + seeds.front()->configuration +
                                                        "'; test parts must not overlap");
      }
    }
    pooled.thresholds.push_back(thresholds);
    add_cases(pooled.slices, slices, thresholds.slice);
    add_cases(pooled.patients, patients, thresholds.patient);
    patient_folds.insert(patient_folds.end(), patients.names.size(), fold);
    slice_patients.insert(slice_patients.end(), slices.patients.begin(), slices.patients.end());
  }
  link_patients(pooled, std::move(slice_patients), patient_folds);
  return pooled;
}

core::Result<std::optional<double>> validation_area(const Scores& scores, std::span<const std::size_t> seeds,
                                                    Aggregate aggregate) {
  std::vector<const VariantScores*> variants;
  for (const std::size_t seed : seeds) variants.push_back(&scores.variants[seed]);
  ALVEUS_TRY_ASSIGN(const auto validation, mean_over_seeds(variants, &VariantScores::validation));
  const Part patients = patients_of(slices_of(scores, validation), aggregate);
  const auto roc = roc_area(patients.probabilities, patients.targets);
  return roc ? std::optional(roc->area) : std::nullopt;
}

}  // namespace alveus::study
