// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "core/json.hpp"
#include "report/detail/json_view.hpp"
#include "report/detail/read_results.hpp"

namespace alveus::report {
namespace {

void check_format(const JsonView& root, const std::string& format) {
  if (root.find_text("format") != format) root.fail("is no '" + format + "' file: its member 'format' says otherwise");
  if (root.whole("format_version") != 1) root.fail("has a format version that this program does not know");
}

Estimate estimate_of(const JsonView& view) {
  if (view.is_null()) return {};
  return {.value = view.find_real("value"),
          .low = view.find_real("low"),
          .high = view.find_real("high"),
          .interval = view.find_text("interval")};
}

std::vector<std::int64_t> counts_of(const JsonView& parent, std::string_view key) {
  std::vector<std::int64_t> counts;
  for (const auto& item : parent.items(key)) counts.push_back(static_cast<std::int64_t>(item.number().value_or(0)));
  return counts;
}

Level level_of(const JsonView& view) {
  Level level;
  level.count = view.whole("count");
  level.positives = view.whole("positives");
  level.negatives = view.whole("negatives");
  level.patients = view.whole("patients");
  if (const auto confusion = view.find("confusion"); !confusion.is_null()) {
    level.confusion = Confusion{.true_positives = confusion.whole("tp"),
                                .false_negatives = confusion.whole("fn"),
                                .false_positives = confusion.whole("fp"),
                                .true_negatives = confusion.whole("tn")};
  }
  const JsonView metrics = view.at("metrics");
  if (metrics.value().is_object()) {
    for (const auto& [name, value] : metrics.value().as_object()) {
      if (value.is_object()) level.metrics[name] = estimate_of(metrics.find(name));
    }
  }
  for (const auto& row : view.items("predictive_values")) {
    level.predictive_values.push_back(
        {.prevalence = row.real("prevalence"), .ppv = row.find_real("ppv"), .npv = row.find_real("npv")});
  }
  for (const auto& bin : view.find("calibration").items("bins")) {
    level.calibration.push_back({.mean_probability = bin.real("mean_probability"),
                                 .observed = bin.real("observed"),
                                 .count = bin.whole("count")});
  }
  for (const auto& point : view.items("roc")) {
    level.roc.push_back({.false_positive_rate = point.real("fpr"), .true_positive_rate = point.real("tpr")});
  }
  level.histogram_negatives = counts_of(view.find("histogram"), "negatives");
  level.histogram_positives = counts_of(view.find("histogram"), "positives");
  return level;
}

Spread spread_of(const JsonView& view) {
  Spread spread{.mean = view.find_real("mean"), .sd = view.find_real("sd"), .values = {}};
  for (const auto& value : view.items("values")) {
    if (const auto number = value.number()) spread.values.push_back(*number);
  }
  return spread;
}

ConfigurationResult configuration_of(const JsonView& view) {
  ConfigurationResult result;
  result.configuration = view.text("configuration");
  for (const auto& variant : view.items("variants")) result.variants.push_back(variant.string());
  for (const auto& fold : view.items("folds")) result.folds.push_back(static_cast<int>(fold.number().value_or(0)));
  result.seeds = view.find_whole("seeds").value_or(1);
  result.complete = view.find_flag("complete").value_or(true);
  for (const auto& row : view.items("thresholds")) {
    result.thresholds.push_back({.fold = static_cast<int>(row.whole("fold")),
                                 .patient = row.find_real("patient"),
                                 .slice = row.find_real("slice"),
                                 .source = row.find_text("source")});
  }
  result.unit = study::find_unit(view.find_text("unit")).value_or(study::Unit::kSlice);
  result.per_fold_auroc = spread_of(view.find("per_fold_auroc"));
  result.per_seed_auroc = spread_of(view.find("per_seed_auroc"));
  result.patient = level_of(view.at("patient"));
  result.slice = level_of(view.at("slice"));
  return result;
}

std::vector<study::Failure> failures_of(const JsonView& root) {
  std::vector<study::Failure> failures;
  for (const auto& row : root.items("failures")) {
    failures.push_back(
        {.variant = row.text("variant"), .step = row.find_text("step"), .reason = row.find_text("reason")});
  }
  return failures;
}

std::vector<std::string> warnings_of(const JsonView& root) {
  std::vector<std::string> warnings;
  for (const auto& warning : root.items("warnings")) warnings.push_back(warning.string());
  return warnings;
}

std::optional<int> find_int(const JsonView& view, std::string_view key) {
  const auto number = view.find_whole(key);
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

VersusBest versus_of(const JsonView& view) {
  return {.difference = {.value = view.find_real("difference"),
                         .low = view.find_real("low"),
                         .high = view.find_real("high"),
                         .interval = view.find_text("interval")},
          .bootstrap_p = view.find_real("bootstrap_p"),
          .delong_p = view.find("delong").find_real("p"),
          .delong_p_holm = view.find("delong").find_real("p_holm"),
          .mcnemar_p = view.find("mcnemar").find_real("p"),
          .mcnemar_p_holm = view.find("mcnemar").find_real("p_holm"),
          .mcnemar_method = view.find("mcnemar").find_text("method"),
          .separable = view.find_flag("separable").value_or(false)};
}

Ranked ranked_of(const JsonView& view) {
  Ranked ranked{.rank = static_cast<int>(view.whole("rank")),
                .configuration = view.text("configuration"),
                .auroc = estimate_of(view.find("auroc")),
                .sensitivity = estimate_of(view.find("sensitivity")),
                .specificity = estimate_of(view.find("specificity")),
                .rank_low = find_int(view, "rank_low"),
                .rank_high = find_int(view, "rank_high"),
                .probability_best = view.find_real("probability_best"),
                .versus_best = {}};
  if (const auto versus = view.find("versus_best"); !versus.is_null()) ranked.versus_best = versus_of(versus);
  return ranked;
}

}  // namespace

core::Result<Metrics> read_metrics(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  std::optional<core::Error> error;
  const JsonView root(value, name, error);
  check_format(root, "alveus-metrics");
  Metrics metrics;
  metrics.settings = root.find("settings").value();
  metrics.scores_sha256 = root.find_text("scores_sha256");
  root.at("configurations");
  for (const auto& item : root.items("configurations")) metrics.configurations.push_back(configuration_of(item));
  metrics.failures = failures_of(root);
  metrics.warnings = warnings_of(root);
  if (error) return core::fail(*std::move(error));
  return metrics;
}

core::Result<Comparison> read_comparison(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  std::optional<core::Error> error;
  const JsonView root(value, name, error);
  check_format(root, "alveus-comparison");
  Comparison comparison;
  comparison.settings = root.find("settings").value();
  comparison.scores_sha256 = root.find_text("scores_sha256");
  comparison.patients = root.whole("patients");
  comparison.positives = root.whole("positives");
  comparison.negatives = root.whole("negatives");
  comparison.best = root.find_text("best");
  for (const auto& item : root.items("ranking")) comparison.ranking.push_back(ranked_of(item));
  if (const auto selection = root.find("selection"); !selection.is_null()) {
    comparison.selection = Selection{.apparent_auroc = selection.find_real("apparent_auroc"),
                                     .corrected_auroc = {.value = selection.find_real("corrected_auroc"),
                                                         .low = selection.find_real("low"),
                                                         .high = selection.find_real("high"),
                                                         .interval = "percentile"},
                                     .resamples = selection.find_whole("resamples").value_or(0)};
  }
  if (const auto choice = root.find("validation_choice"); !choice.is_null()) {
    const auto patient = choice.find("patient");
    comparison.validation_choice = ValidationChoice{
        .folds = {}, .auroc = estimate_of(patient.find("auroc")), .accuracy = estimate_of(patient.find("accuracy"))};
    for (const auto& row : choice.items("folds")) ++comparison.validation_choice->folds[row.text("configuration")];
  }
  for (const auto& row : root.items("excluded")) {
    comparison.excluded.emplace_back(row.text("configuration"), row.find_text("reason"));
  }
  comparison.failures = failures_of(root);
  comparison.warnings = warnings_of(root);
  if (error) return core::fail(*std::move(error));
  return comparison;
}

core::Result<Folds> read_folds(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  std::optional<core::Error> error;
  const JsonView root(value, name, error);
  check_format(root, "alveus-folds");
  Folds folds{.method = root.text("method"),
              .seed = root.find_whole("seed"),
              .folds = root.whole("folds"),
              .sha256 = root.text("sha256"),
              .counts = {}};
  for (const auto& row : root.items("counts")) {
    folds.counts.push_back({.fold = static_cast<int>(row.whole("fold")),
                            .role = row.text("role"),
                            .target = static_cast<int>(row.whole("target")),
                            .patients = row.whole("patients"),
                            .samples = row.whole("samples")});
  }
  if (error) return core::fail(*std::move(error));
  return folds;
}

core::Result<Tensors> read_tensors(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  std::optional<core::Error> error;
  const JsonView root(value, name, error);
  Tensors tensors{.count = root.whole("count"),
                  .height = root.whole("height"),
                  .width = root.whole("width"),
                  .window_low = root.find("window").find_real("low"),
                  .window_high = root.find("window").find_real("high"),
                  .crop = root.find_text("crop"),
                  .aspect = root.find_text("aspect"),
                  .margin = root.find_real("margin"),
                  .classes = {},
                  .has_lung = root.find_flag("has_lung").value_or(false),
                  .has_lesion = root.find_flag("has_lesion").value_or(false)};
  for (const auto& item : root.items("classes")) tensors.classes.push_back(item.string());
  if (error) return core::fail(*std::move(error));
  return tensors;
}

}  // namespace alveus::report
