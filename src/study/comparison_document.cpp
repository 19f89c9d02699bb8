// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/csv.hpp"
#include "study/comparison.hpp"
#include "study/metrics_document.hpp"

namespace alveus::study {
namespace {

constexpr int kFormatVersion = 1;

core::Value count_value(std::size_t count) { return static_cast<std::int64_t>(count); }

core::Value versus_value(const VersusBest& versus) {
  core::Object delong = {{"standard_error", versus.area_test.standard_error},
                         {"z", optional_value(versus.area_test.z)},
                         {"p", optional_value(versus.area_test.p)},
                         {"p_holm", optional_value(versus.area_p_holm)}};
  core::Object mcnemar = {{"best_only_right", std::int64_t{versus.calls_test.only_first_right}},
                          {"only_right", std::int64_t{versus.calls_test.only_second_right}},
                          {"method", versus.calls_test.method},
                          {"statistic", optional_value(versus.calls_test.statistic)},
                          {"p", versus.calls_test.p},
                          {"p_holm", versus.calls_p_holm}};
  return core::Object{
      {"difference", versus.difference}, {"low", versus.percentile.low},      {"high", versus.percentile.high},
      {"interval", "percentile"},        {"bca", interval_value(versus.bca)}, {"bootstrap_p", versus.bootstrap_p},
      {"delong", std::move(delong)},     {"mcnemar", std::move(mcnemar)},     {"separable", versus.separable}};
}

core::Value ranked_value(const Ranked& ranked) {
  return core::Object{{"rank", std::int64_t{ranked.rank}},
                      {"configuration", ranked.configuration},
                      {"auroc", metric_value(ranked.auroc)},
                      {"sensitivity", metric_value(ranked.sensitivity)},
                      {"specificity", metric_value(ranked.specificity)},
                      {"rank_low", static_cast<std::int64_t>(ranked.rank_low)},
                      {"rank_high", static_cast<std::int64_t>(ranked.rank_high)},
                      {"probability_best", ranked.probability_best},
                      {"versus_best", ranked.versus_best ? versus_value(*ranked.versus_best) : core::Value()}};
}

core::Value selection_value(const std::optional<Selection>& selection) {
  if (!selection) return {};
  return core::Object{{"apparent_auroc", selection->apparent},
                      {"corrected_auroc", selection->corrected},
                      {"low", selection->interval.low},
                      {"high", selection->interval.high},
                      {"resamples", count_value(selection->resamples)}};
}

core::Value choice_value(const std::optional<ValidationChoice>& choice) {
  if (!choice) return {};
  core::Array folds;
  for (const FoldChoice& fold : choice->folds) {
    folds.push_back(core::Object{{"fold", std::int64_t{fold.fold}},
                                 {"configuration", fold.configuration},
                                 {"validation_auroc", fold.validation_auroc}});
  }
  const auto level_value = [](const LevelMetrics& level) {
    core::Object metrics;
    for (const char* name : {"auroc", "accuracy", "sensitivity", "specificity"}) {
      metrics.set(name, metric_value(level.metric(name)));
    }
    return core::Value(std::move(metrics));
  };
  return core::Object{
      {"folds", std::move(folds)}, {"patient", level_value(choice->patients)}, {"slice", level_value(choice->slices)}};
}

std::string cell(const std::optional<double>& number) { return number ? core::number_text(*number) : std::string(); }

void add_metric_cells(std::vector<std::string>& cells, const Metric& metric) {
  cells.push_back(cell(metric.value));
  cells.push_back(metric.interval ? core::number_text(metric.interval->low) : std::string());
  cells.push_back(metric.interval ? core::number_text(metric.interval->high) : std::string());
}

}  // namespace

core::Value to_value(const Comparison& comparison) {
  core::Array ranking;
  for (const auto& ranked : comparison.ranking) ranking.push_back(ranked_value(ranked));
  core::Array excluded;
  for (const auto& item : comparison.excluded) {
    excluded.push_back(core::Object{{"configuration", item.configuration}, {"reason", item.reason}});
  }
  core::Array warnings;
  for (const auto& warning : comparison.warnings) warnings.emplace_back(warning);
  core::Object settings = {{"metric", "auroc"},
                           {"unit", "patient"},
                           {"aggregate", name_of(comparison.options.aggregate)},
                           {"threshold", name_of(comparison.options.threshold)},
                           {"bootstrap", count_value(comparison.options.resamples)},
                           {"seed", static_cast<std::int64_t>(comparison.options.seed)},
                           {"confidence", kConfidence}};
  return core::Object{{"format", "alveus-comparison"},
                      {"format_version", kFormatVersion},
                      {"settings", std::move(settings)},
                      {"scores_sha256", comparison.scores_sha256},
                      {"patients", count_value(comparison.patients)},
                      {"positives", count_value(comparison.positives)},
                      {"negatives", count_value(comparison.patients - comparison.positives)},
                      {"best", comparison.ranking.front().configuration},
                      {"ranking", std::move(ranking)},
                      {"selection", selection_value(comparison.selection)},
                      {"validation_choice", choice_value(comparison.validation_choice)},
                      {"excluded", std::move(excluded)},
                      {"failures", failures_value(comparison.failures)},
                      {"warnings", std::move(warnings)}};
}

std::string ranking_csv(const Comparison& comparison) {
  core::CsvTable table({"rank",
                        "configuration",
                        "auroc",
                        "low",
                        "high",
                        "interval",
                        "rank_low",
                        "rank_high",
                        "probability_best",
                        "difference",
                        "difference_low",
                        "difference_high",
                        "delong_p",
                        "delong_p_holm",
                        "mcnemar_p",
                        "mcnemar_p_holm",
                        "sensitivity",
                        "sensitivity_low",
                        "sensitivity_high",
                        "specificity",
                        "specificity_low",
                        "specificity_high"});
  for (const auto& ranked : comparison.ranking) {
    std::vector<std::string> cells = {std::to_string(ranked.rank), ranked.configuration};
    add_metric_cells(cells, ranked.auroc);
    cells.insert(cells.end(), {ranked.auroc.method, core::number_text(ranked.rank_low),
                               core::number_text(ranked.rank_high), core::number_text(ranked.probability_best)});
    if (const auto& versus = ranked.versus_best) {
      cells.insert(cells.end(),
                   {core::number_text(versus->difference), core::number_text(versus->percentile.low),
                    core::number_text(versus->percentile.high), cell(versus->area_test.p), cell(versus->area_p_holm),
                    core::number_text(versus->calls_test.p), core::number_text(versus->calls_p_holm)});
    } else {
      cells.insert(cells.end(), 7, std::string());
    }
    add_metric_cells(cells, ranked.sensitivity);
    add_metric_cells(cells, ranked.specificity);
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace alveus::study
