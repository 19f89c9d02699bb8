// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "report/detail/sections.hpp"
#include "report/figures.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

const std::vector<std::string> kSources = {"metrics.json"};

/// A column of a metric table: the name in metrics.json, its title, its decimals.
struct MetricColumn {
  const char* name;
  const char* title;
  int decimals;
};

constexpr std::array<MetricColumn, 7> kDecisions = {{{"auroc", "AUC", 3},
                                                     {"sensitivity", "Sensitivity", 2},
                                                     {"specificity", "Specificity", 2},
                                                     {"ppv", "PPV", 2},
                                                     {"npv", "NPV", 2},
                                                     {"accuracy", "Accuracy", 2},
                                                     {"balanced_accuracy", "Balanced accuracy", 2}}};
constexpr std::array<MetricColumn, 7> kFurther = {{{"auprc", "AUPRC", 3},
                                                   {"f1", "F1", 2},
                                                   {"mcc", "MCC", 2},
                                                   {"diagnostic_odds_ratio", "Odds ratio", 1},
                                                   {"brier", "Brier", 3},
                                                   {"log_loss", "Log-loss", 3},
                                                   {"ece", "ECE", 3}}};
constexpr std::array<MetricColumn, 3> kCalibration = {{{"calibration_slope", "Slope", 2},
                                                       {"calibration_intercept", "Intercept", 2},
                                                       {"calibration_in_the_large", "In the large", 2}}};

/// Results in the order of the ranking, then the unranked by name.
std::vector<const ConfigurationResult*> results_in_order(const PageState& page) {
  std::vector<const ConfigurationResult*> results;
  for (const auto& result : page.evidence.metrics.configurations) results.push_back(&result);
  std::ranges::stable_sort(results, {}, [&](const auto* result) { return page.place_of(result->configuration); });
  return results;
}

std::vector<const ConfigurationResult*> first_results(const PageState& page) {
  auto results = results_in_order(page);
  results.resize(std::min(results.size(), kSeriesMax));
  return results;
}

/// Whether a network of the study looks at scans.
bool has_scans(const PageState& page) {
  return std::ranges::any_of(page.evidence.metrics.configurations,
                             [](const auto& result) { return result.unit == study::Unit::kScan; });
}

Markup metric_table(const PageState& page, std::span<const MetricColumn> metrics, Level ConfigurationResult::* level) {
  std::vector<Column> columns = {{"Rank", true}, {"Configuration"}};
  const bool names_unit = level == &ConfigurationResult::slice && has_scans(page);
  if (names_unit) columns.push_back({"Unit"});
  for (const auto& metric : metrics) columns.push_back({metric.title, true});
  TableMaker table(std::move(columns), "compact sortable");
  for (const auto* result : results_in_order(page)) {
    std::vector<Markup> cells = {rank_badge(page, result->configuration),
                                 configuration_cell(page, result->configuration)};
    if (names_unit) cells.emplace_back(std::string(study::name_of(result->unit)));
    for (const auto& metric : metrics) {
      cells.push_back(estimate_cell((result->*level).metric(metric.name), metric.decimals));
    }
    table.add(cells);
  }
  return table.finish();
}

Markup legend(const PageState& page) {
  Markup items;
  std::size_t others = 0;
  for (const auto* result : results_in_order(page)) {
    const std::size_t place = page.place_of(result->configuration);
    if (place >= kSeriesMax) {
      ++others;
      continue;
    }
    const Estimate auroc = result->patient.metric("auroc");
    const Markup swatch = element("span", {{"class", "swatch series-" + std::to_string(place + 1)}}, "");
    items += element("li", swatch + configuration_line(page, result->configuration) +
                               element("span", {{"class", "legend-value"}},
                                       "AUC " + interval_text(auroc.value, auroc.low, auroc.high, 3)));
  }
  if (others > 0) {
    const Markup swatch = element("span", {{"class", "swatch series-other"}}, "");
    items += element("li", swatch + Markup(counted(static_cast<std::int64_t>(others), "further configuration")));
  }
  return element("ul", {{"class", "legend"}}, items);
}

Markup roc_part(PageState& page) {
  std::vector<RocSeries> series;
  bool has_mark = false;
  for (const auto* result : results_in_order(page)) {
    RocSeries curve{
        .index = page.place_of(result->configuration), .points = result->patient.roc, .operating_points = {}};
    const Estimate sensitivity = result->patient.metric("sensitivity");
    const Estimate specificity = result->patient.metric("specificity");
    if (curve.index < kSeriesMax && sensitivity.value && specificity.value) {
      curve.operating_points.push_back({1 - *specificity.value, *sensitivity.value});
      has_mark = true;
    }
    series.push_back(std::move(curve));
  }
  const Markup picture = element("div", {{"class", "side-by-side"}}, roc_figure(series) + legend(page));
  std::string caption =
      "ROC curves at patient level over the pooled test patients of all folds; the dashed diagonal is chance. AUC with "
      "95\xC2\xA0% confidence interval.";
  if (has_mark) {
    caption +=
        " Dots: sensitivity and specificity at the thresholds fixed on validation, one per fold, pooled; with "
        "several folds they need not lie on the curve.";
  }
  return numbered_figure(page, picture, caption, kSources);
}

Markup confusion_part(PageState& page) {
  Markup pictures;
  for (const auto* result : first_results(page)) {
    if (!result->patient.confusion) continue;
    pictures += element("div", {{"class", "panel"}},
                        element("div", {{"class", "panel-title"}}, configuration_line(page, result->configuration)) +
                            confusion_figure(*result->patient.confusion, page.negative_name(), page.positive_name()));
  }
  if (pictures.empty()) return {};
  return numbered_figure(page, element("div", {{"class", "panels"}}, pictures),
                         "Confusion matrices: test patients, called at the threshold of their fold; shares are of the "
                         "row.",
                         kSources);
}

std::string thresholds_text(const ConfigurationResult& result) {
  std::vector<std::string> texts;
  for (const auto& threshold : result.thresholds) {
    std::string text = fixed_text(threshold.patient, 3);
    if (threshold.source == "fallback") text += "*";
    texts.push_back(std::move(text));
  }
  return enumeration(texts);
}

std::string spread_text(const Spread& spread) {
  if (!spread.mean) return kNoValue;
  return fixed_text(spread.mean, 3) + (spread.sd ? " \xC2\xB1 " + fixed_text(spread.sd, 3) : std::string());
}

Markup spread_part(PageState& page) {
  TableMaker table({{"Rank", true},
                    {"Configuration"},
                    {"Folds", true},
                    {"Seeds", true},
                    {"AUC over folds, mean \xC2\xB1 SD", true},
                    {"AUC over seeds, mean \xC2\xB1 SD", true},
                    {"Thresholds by fold"}},
                   "compact sortable");
  bool fell_back = false;
  for (const auto* result : results_in_order(page)) {
    for (const auto& threshold : result->thresholds) fell_back = fell_back || threshold.source == "fallback";
    table.add({rank_badge(page, result->configuration), configuration_cell(page, result->configuration),
               std::to_string(result->folds.size()), count_text(result->seeds), spread_text(result->per_fold_auroc),
               spread_text(result->per_seed_auroc), thresholds_text(*result)});
  }
  std::string caption = "Spread over folds and seeds, and the thresholds of each fold (patient level).";
  if (fell_back) caption += " *: 0.5, because validation scores could not fix a threshold.";
  return numbered_table(page, table.finish(), caption, kSources);
}

Markup prevalence_part(PageState& page) {
  std::vector<Column> columns = {{"Rank", true}, {"Configuration"}};
  const auto results = results_in_order(page);
  if (results.empty() || results.front()->patient.predictive_values.empty()) return {};
  for (const auto& value : results.front()->patient.predictive_values) {
    columns.push_back({"PPV at " + percent_text(value.prevalence), true});
    columns.push_back({"NPV at " + percent_text(value.prevalence), true});
  }
  TableMaker table(std::move(columns), "compact sortable");
  for (const auto* result : results) {
    std::vector<Markup> cells = {rank_badge(page, result->configuration),
                                 configuration_cell(page, result->configuration)};
    for (const auto& value : result->patient.predictive_values) {
      cells.emplace_back(fixed_text(value.ppv, 2));
      cells.emplace_back(fixed_text(value.npv, 2));
    }
    table.add(cells);
  }
  return numbered_table(page, table.finish(),
                        "Predictive values that the same sensitivity and specificity give where another share of "
                        "patients is positive. The share in these data is no prevalence of any clinic.",
                        kSources);
}

}  // namespace

Markup performance_section(PageState& page) {
  if (page.evidence.metrics.configurations.empty()) {
    return section("performance", "Performance", paragraph("metrics.json holds no configuration."));
  }
  Markup content = roc_part(page);
  content += confusion_part(page);
  content += numbered_table(page, metric_table(page, kDecisions, &ConfigurationResult::patient),
                            "Patient level, with 95\xC2\xA0% confidence intervals. PPV and NPV hold at the share of "
                            "positives in these data.",
                            kSources);
  content += numbered_table(page, metric_table(page, kFurther, &ConfigurationResult::patient),
                            "Patient level, further measures. AUPRC: average precision; MCC: Matthews' correlation; "
                            "odds ratio with 0.5 added to each cell; ECE: expected calibration error.",
                            kSources);
  content += prevalence_part(page);
  content += spread_part(page);
  content += numbered_table(page, metric_table(page, kDecisions, &ConfigurationResult::slice),
                            has_scans(page)
                                ? "Slice level, as an extra, and scan level for networks that look at scans: slices "
                                  "or scans of a patient are no independent cases, and intervals resample patients. "
                                  "Rows of different units do not compare."
                                : "Slice level, as an extra: slices of a patient are no independent cases, and "
                                  "intervals resample patients, not slices.",
                            kSources);
  return section("performance", "Performance", content);
}

Markup calibration_section(PageState& page) {
  Markup pictures;
  for (const auto* result : first_results(page)) {
    if (result->patient.calibration.empty()) continue;
    pictures += element("div", {{"class", "panel"}},
                        element("div", {{"class", "panel-title"}}, configuration_line(page, result->configuration)) +
                            reliability_figure(result->patient, page.place_of(result->configuration),
                                               page.names.of(result->configuration).network));
  }
  if (pictures.empty()) return section("calibration", "Calibration", paragraph("metrics.json holds no calibration."));
  Markup content = numbered_figure(
      page, element("div", {{"class", "panels"}}, pictures),
      "Reliability diagrams at patient level: observed share of positives against predicted probability, with Wilson "
      "intervals; neighbouring bins are joined until each holds at least 4 patients and a tenth of all. On the dashed "
      "line probabilities can be taken at their word. Below: how many patients got which probability, " +
          page.positive_name() + " upwards, " + page.negative_name() + " downwards.",
      kSources);
  content += numbered_table(page, metric_table(page, kCalibration, &ConfigurationResult::patient),
                            "Calibration at patient level, by logistic regression of the truth on the logit of the "
                            "probability. Ideal: slope 1, both intercepts 0; a slope below 1 means too extreme "
                            "probabilities.",
                            kSources);
  return section("calibration", "Calibration", content);
}

}  // namespace alveus::report
