// SPDX-License-Identifier: Apache-2.0
#include "study/metrics_document.hpp"

#include <array>
#include <cmath>
#include <utility>

#include "core/json.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

constexpr int kFormatVersion = 1;
constexpr std::array kPrevalences = {0.05, 0.2, 0.5};

/// Whether a level goes with its curves; variants leave them out, for there may be a thousand.
enum class Curves { kNo, kYes };

core::Value count_value(std::size_t count) { return static_cast<std::int64_t>(count); }

core::Value share_value(double share) { return std::isnan(share) ? core::Value() : core::Value(share); }

core::Value counts_value(const std::vector<std::size_t>& counts) {
  core::Array values;
  for (const std::size_t count : counts) values.push_back(count_value(count));
  return values;
}

core::Value texts_value(const std::vector<std::string>& texts) {
  core::Array values;
  for (const auto& text : texts) values.emplace_back(text);
  return values;
}

core::Value confusion_value(const Confusion& counts) {
  return core::Object{{"tp", std::lround(counts.true_positives)},
                      {"fn", std::lround(counts.false_negatives)},
                      {"fp", std::lround(counts.false_positives)},
                      {"tn", std::lround(counts.true_negatives)}};
}

core::Value predictive_values(const Confusion& counts) {
  core::Array values;
  for (const double prevalence : kPrevalences) {
    values.push_back(core::Object{{"prevalence", prevalence},
                                  {"ppv", share_value(ppv_at(sensitivity(counts), specificity(counts), prevalence))},
                                  {"npv", share_value(npv_at(sensitivity(counts), specificity(counts), prevalence))}});
  }
  return values;
}

void add_curves(core::Object& members, const LevelMetrics& level) {
  core::Array bins;
  for (const auto& bin : level.calibration) {
    bins.push_back(core::Object{{"low", bin.low},
                                {"high", bin.high},
                                {"mean_probability", bin.mean_probability},
                                {"observed", bin.observed},
                                {"count", count_value(bin.count)}});
  }
  members.set("calibration", core::Object{{"bins", std::move(bins)}});
  core::Array points;
  for (const auto& point : level.roc) {
    points.push_back(core::Object{{"threshold", optional_value(point.threshold)},
                                  {"fpr", point.false_positive_rate},
                                  {"tpr", point.true_positive_rate}});
  }
  members.set("roc", std::move(points));
  core::Array edges;
  for (const double edge : level.distribution.edges) edges.emplace_back(edge);
  members.set("histogram", core::Object{{"edges", std::move(edges)},
                                        {"negatives", counts_value(level.distribution.negatives)},
                                        {"positives", counts_value(level.distribution.positives)}});
}

core::Value level_value(const LevelMetrics& level, Curves curves) {
  core::Object metrics;
  for (const auto& [name, metric] : level.metrics) metrics.set(name, metric_value(metric));
  core::Object members = {{"count", count_value(level.count)},
                          {"positives", count_value(level.positives)},
                          {"negatives", count_value(level.count - level.positives)},
                          {"patients", count_value(level.patients)},
                          {"confusion", confusion_value(level.confusion)},
                          {"metrics", std::move(metrics)},
                          {"predictive_values", predictive_values(level.confusion)}};
  if (curves == Curves::kYes) add_curves(members, level);
  return members;
}

core::Value thresholds_value(const FoldThresholds& thresholds) {
  return core::Object{{"fold", thresholds.fold},
                      {"patient", thresholds.patient},
                      {"slice", thresholds.slice},
                      {"source", name_of(thresholds.source)}};
}

core::Value spread_value(const Spread& spread) {
  core::Array values;
  for (const auto& value : spread.values) values.push_back(optional_value(value));
  return core::Object{{"mean", optional_value(spread.mean)},
                      {"sd", optional_value(spread.standard_deviation)},
                      {"values", std::move(values)}};
}

core::Value variant_value(const VariantMetrics& variant) {
  return core::Object{{"variant", variant.variant},
                      {"configuration", variant.configuration},
                      {"fold", variant.thresholds.fold},
                      {"unit", name_of(variant.unit)},
                      {"thresholds", thresholds_value(variant.thresholds)},
                      {"patient", level_value(variant.patient, Curves::kNo)},
                      {"slice", level_value(variant.slice, Curves::kNo)}};
}

core::Value configuration_value(const ConfigurationMetrics& configuration) {
  core::Array folds;
  core::Array thresholds;
  for (const auto& fold : configuration.thresholds) {
    folds.emplace_back(fold.fold);
    thresholds.push_back(thresholds_value(fold));
  }
  return core::Object{{"configuration", configuration.configuration},
                      {"unit", name_of(configuration.unit)},
                      {"variants", texts_value(configuration.variants)},
                      {"folds", std::move(folds)},
                      {"seeds", count_value(configuration.seeds)},
                      {"complete", configuration.complete},
                      {"thresholds", std::move(thresholds)},
                      {"per_fold_auroc", spread_value(configuration.per_fold_auroc)},
                      {"per_seed_auroc", spread_value(configuration.per_seed_auroc)},
                      {"patient", level_value(configuration.patient, Curves::kYes)},
                      {"slice", level_value(configuration.slice, Curves::kYes)}};
}

tl::unexpected<core::Error> no_metrics(std::string_view name, const std::string& why) {
  return core::fail(ErrorCode::kInvalidInput, why + "; give the metrics.json that 'alveus metrics' wrote",
                    std::string(name));
}

}  // namespace

core::Value optional_value(const std::optional<double>& number) {
  return number ? core::Value(*number) : core::Value();
}

core::Value interval_value(const std::optional<Interval>& interval) {
  if (!interval) return {};
  return core::Array{core::Value(interval->low), core::Value(interval->high)};
}

core::Value metric_value(const Metric& metric) {
  core::Object members = {{"value", optional_value(metric.value)},
                          {"low", metric.interval ? core::Value(metric.interval->low) : core::Value()},
                          {"high", metric.interval ? core::Value(metric.interval->high) : core::Value()},
                          {"interval", metric.interval ? core::Value(metric.method) : core::Value()}};
  if (metric.standard_error) members.set("standard_error", *metric.standard_error);
  if (metric.percentile) members.set("percentile", interval_value(metric.percentile));
  if (metric.bca) members.set("bca", interval_value(metric.bca));
  return members;
}

core::Value failures_value(const std::vector<Failure>& failures) {
  core::Array values;
  for (const auto& failure : failures) {
    values.push_back(core::Object{{"variant", failure.variant}, {"step", failure.step}, {"reason", failure.reason}});
  }
  return values;
}

core::Value to_value(const StudyMetrics& metrics) {
  core::Array variants;
  for (const auto& variant : metrics.variants) variants.push_back(variant_value(variant));
  core::Array configurations;
  for (const auto& configuration : metrics.configurations) configurations.push_back(configuration_value(configuration));
  core::Object settings = {{"aggregate", name_of(metrics.options.aggregate)},
                           {"threshold", name_of(metrics.options.threshold)},
                           {"bootstrap", count_value(metrics.options.resamples)},
                           {"seed", static_cast<std::int64_t>(metrics.options.seed)},
                           {"confidence", kConfidence}};
  return core::Object{{"format", "alveus-metrics"},
                      {"format_version", kFormatVersion},
                      {"settings", std::move(settings)},
                      {"scores_sha256", metrics.scores_sha256},
                      {"variants", std::move(variants)},
                      {"configurations", std::move(configurations)},
                      {"failures", failures_value(metrics.failures)},
                      {"warnings", texts_value(metrics.warnings)}};
}

core::Result<MetricsHeader> parse_metrics_header(std::string_view name, std::string_view text) {
  const auto parsed = core::parse_json(text);
  if (!parsed) return no_metrics(std::string(name) + ":" + parsed.error().where, parsed.error().message);
  if (parsed->string_or("format", "") != "alveus-metrics") return no_metrics(name, "this is no metrics.json");
  const core::Value* version = parsed->find("format_version");
  if (version == nullptr || *version != core::Value(kFormatVersion)) {
    return no_metrics(name, "its format version is not " + std::to_string(kFormatVersion));
  }
  MetricsHeader header;
  const core::Value* settings = parsed->find("settings");
  const core::Value empty;
  const core::Value& given = settings == nullptr ? empty : *settings;
  const auto aggregate = find_aggregate(given.string_or("aggregate", ""));
  const auto rule = find_threshold_rule(given.string_or("threshold", ""));
  const core::Value* resamples = given.find("bootstrap");
  const core::Value* seed = given.find("seed");
  if (!aggregate || !rule || resamples == nullptr || !resamples->is_integer() || seed == nullptr ||
      !seed->is_integer()) {
    return no_metrics(name, "its settings are incomplete");
  }
  header.options = {.aggregate = *aggregate,
                    .threshold = *rule,
                    .resamples = static_cast<std::size_t>(resamples->as_integer()),
                    .seed = static_cast<std::uint64_t>(seed->as_integer())};
  header.scores_sha256 = parsed->string_or("scores_sha256", "");
  if (const core::Value* failures = parsed->find("failures"); failures != nullptr && failures->is_array()) {
    for (const auto& failure : failures->as_array()) {
      header.failures.push_back({.variant = failure.string_or("variant", ""),
                                 .step = failure.string_or("step", ""),
                                 .reason = failure.string_or("reason", "")});
    }
  }
  if (const core::Value* warnings = parsed->find("warnings"); warnings != nullptr && warnings->is_array()) {
    for (const auto& warning : warnings->as_array()) {
      if (warning.is_string()) header.warnings.push_back(warning.as_string());
    }
  }
  return header;
}

}  // namespace alveus::study
