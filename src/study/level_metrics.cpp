// SPDX-License-Identifier: Apache-2.0
#include "study/level_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "study/auroc.hpp"
#include "study/weighted_measures.hpp"

namespace alveus::study {
namespace {

constexpr std::size_t kCalibrationBins = 15;
constexpr std::size_t kHistogramBins = 20;

std::optional<double> defined(double value) { return std::isnan(value) ? std::nullopt : std::optional(value); }

/// The measures the bootstrap knows, with its intervals.
Metric resampled_metric(double value, const BootstrapIntervals& intervals) {
  Metric metric{.value = defined(value),
                .interval = intervals.bca ? intervals.bca : intervals.percentile,
                .method = {},
                .standard_error = std::nullopt,
                .percentile = intervals.percentile,
                .bca = intervals.bca};
  if (metric.interval) metric.method = intervals.bca ? "bca" : "percentile";
  return metric;
}

void replace_interval(Metric& metric, const std::optional<Interval>& interval, std::string method) {
  metric.interval = interval;
  metric.method = interval ? std::move(method) : std::string();
}

void set_wilson(Metric& metric, double successes, double total) {
  replace_interval(metric, wilson_interval(std::lround(successes), std::lround(total)), "wilson");
}

long smaller_class(std::span<const int> targets) {
  const long positives = std::accumulate(targets.begin(), targets.end(), 0L);
  return std::min(positives, static_cast<long>(targets.size()) - positives);
}

/// At patient level DeLong's interval; where the area is exactly 0 or 1 no resampling can tell anything either.
void set_area_interval(Metric& metric, const CaseSet& cases, Level level) {
  if (!metric.value) return;
  const auto roc = roc_area(cases.probabilities, cases.targets);
  if (level == Level::kPatient && roc && roc->variance) metric.standard_error = std::sqrt(*roc->variance);
  if (*metric.value <= 0 || *metric.value >= 1) {
    const long pairs = smaller_class(cases.patient_targets);
    replace_interval(metric, pairs > 0 ? std::optional(disjoint_pairs_interval(*metric.value, pairs)) : std::nullopt,
                     "disjoint-pairs");
  } else if (level == Level::kPatient && roc) {
    replace_interval(metric, roc->variance ? std::optional(logit_interval(roc->area, *roc->variance)) : std::nullopt,
                     "delong-logit");
  }
}

void set_closed_intervals(std::vector<std::pair<std::string, Metric>>& metrics, const Confusion& counts) {
  for (auto& [name, metric] : metrics) {
    if (name == name_of(Measure::kSensitivity)) set_wilson(metric, counts.true_positives, counts.positives());
    if (name == name_of(Measure::kSpecificity)) set_wilson(metric, counts.true_negatives, counts.negatives());
    if (name == name_of(Measure::kPpv)) {
      set_wilson(metric, counts.true_positives, counts.true_positives + counts.false_positives);
    }
    if (name == name_of(Measure::kNpv)) {
      set_wilson(metric, counts.true_negatives, counts.true_negatives + counts.false_negatives);
    }
    if (name == name_of(Measure::kAccuracy)) {
      set_wilson(metric, counts.true_positives + counts.true_negatives, counts.total());
    }
  }
}

Metric odds_ratio_metric(const Confusion& counts, Level level) {
  Metric metric;
  if (counts.positives() == 0 || counts.negatives() == 0) return metric;
  metric.value = diagnostic_odds_ratio(counts);
  if (level == Level::kPatient) replace_interval(metric, diagnostic_odds_ratio_interval(counts), "woolf");
  return metric;
}

Metric estimate_metric(const std::optional<Estimate>& estimate, Level level) {
  Metric metric;
  if (!estimate) return metric;
  metric.value = estimate->value;
  if (level == Level::kPatient) {
    const double half = kNormalWidth * estimate->standard_error;
    metric.standard_error = estimate->standard_error;
    replace_interval(metric, Interval{.low = estimate->value - half, .high = estimate->value + half}, "wald");
  }
  return metric;
}

}  // namespace

const Metric& LevelMetrics::metric(std::string_view name) const& {
  const auto found = std::ranges::find(metrics, name, &std::pair<std::string, Metric>::first);
  ALVEUS_CHECK(found != metrics.end(), "the metric is one of the list");
  return found->second;
}

LevelMetrics measure_level(const CaseSet& cases, const LevelOptions& options) {
  LevelMetrics result;
  result.count = cases.size();
  result.positives = static_cast<std::size_t>(std::accumulate(cases.targets.begin(), cases.targets.end(), 0L));
  result.patients = cases.patient_targets.size();
  result.confusion = count_calls(cases.targets, cases.calls);
  result.calibration = calibration_bins(cases.probabilities, cases.targets, kCalibrationBins);
  result.roc = roc_curve(cases.probabilities, cases.targets);
  result.distribution = histogram(cases.probabilities, cases.targets, kHistogramBins);

  const MeasureValues values = WeightedMeasures(cases).plain();
  const auto intervals = bootstrap_measures(cases, options.resamples, options.seed);
  const auto add = [&](Measure measure) {
    const auto index = static_cast<std::size_t>(measure);
    result.metrics.emplace_back(name_of(measure), resampled_metric(values[index], intervals[index]));
  };
  for (std::size_t index = 0; index < static_cast<std::size_t>(Measure::kBrier); ++index) {
    add(static_cast<Measure>(index));
  }
  result.metrics.emplace_back("diagnostic_odds_ratio", odds_ratio_metric(result.confusion, options.level));
  add(Measure::kBrier);
  add(Measure::kLogLoss);
  Metric error;
  if (cases.size() > 0) error.value = expected_calibration_error(result.calibration);
  result.metrics.emplace_back("ece", error);
  const auto line = calibration_line(cases.probabilities, cases.targets);
  result.metrics.emplace_back("calibration_slope",
                              estimate_metric(line ? std::optional(line->slope) : std::nullopt, options.level));
  result.metrics.emplace_back("calibration_intercept",
                              estimate_metric(line ? std::optional(line->intercept) : std::nullopt, options.level));
  result.metrics.emplace_back(
      "calibration_in_the_large",
      estimate_metric(calibration_in_the_large(cases.probabilities, cases.targets), options.level));

  set_area_interval(result.metrics.front().second, cases, options.level);
  if (options.level == Level::kPatient) set_closed_intervals(result.metrics, result.confusion);
  return result;
}

}  // namespace alveus::study
