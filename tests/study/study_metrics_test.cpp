// SPDX-License-Identifier: Apache-2.0
#include "study/study_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/json.hpp"
#include "study/metrics_document.hpp"
#include "study/score_tables.hpp"

namespace alveus::study {
namespace {

using testing::HasSubstr;

const MetricsOptions kOptions = {.resamples = 200};

core::Result<StudyMetrics> measure(const std::vector<NamedText>& files, std::vector<Failure> failures = {}) {
  return measure_study(*read_scores(files), kOptions, std::move(failures));
}

TEST(StudyMetricsTest, MeasureVariantsAndConfigurations) {
  const SyntheticStudy study{.patients = 24, .folds = 3};
  const auto metrics = measure(joined(study.tables("weak", 0.05), study.tables("strong", 0.3)));
  ASSERT_TRUE(metrics.has_value());
  ASSERT_EQ(metrics->variants.size(), 6U);
  EXPECT_EQ(metrics->variants[0].variant, "strong-f0");
  EXPECT_EQ(metrics->variants[0].patient.count, 8U);
  EXPECT_EQ(metrics->variants[0].slice.count, 16U);
  ASSERT_EQ(metrics->configurations.size(), 2U);
  const auto& strong = metrics->configurations[0];
  EXPECT_EQ(strong.configuration, "strong");
  EXPECT_TRUE(strong.complete);
  EXPECT_EQ(strong.patient.count, 24U);
  EXPECT_EQ(strong.thresholds.size(), 3U);
  EXPECT_EQ(strong.per_fold_auroc.values.size(), 3U);
  EXPECT_EQ(strong.seeds, 1U);
  EXPECT_EQ(strong.per_seed_auroc.values[0], strong.patient.metric("auroc").value);
  EXPECT_GT(*strong.patient.metric("auroc").value, *metrics->configurations[1].patient.metric("auroc").value);
}

TEST(StudyMetricsTest, MeasureOneFoldAsItsVariant) {
  const SyntheticStudy study;
  const std::vector<NamedText> files = {{.name = "a", .text = study.table("a", 0, 0.2)}};
  const auto metrics = measure(files);
  const auto& variant = metrics->variants[0].patient;
  const auto& configuration = metrics->configurations[0].patient;
  for (const auto& [name, metric] : variant.metrics) {
    EXPECT_EQ(metric.value, configuration.metric(name).value) << name;
    EXPECT_EQ(metric.interval, configuration.metric(name).interval) << name;
  }
}

TEST(StudyMetricsTest, TellSeedsApart) {
  const SyntheticStudy study;
  const auto metrics = measure(joined(study.tables("a", 0.2, "-s1"), study.tables("a", 0.2, "-s2")));
  ASSERT_TRUE(metrics.has_value());
  const auto& configuration = metrics->configurations[0];
  EXPECT_EQ(configuration.seeds, 2U);
  ASSERT_EQ(configuration.per_seed_auroc.values.size(), 2U);
  EXPECT_NE(configuration.per_seed_auroc.values[0], configuration.per_seed_auroc.values[1]);
  EXPECT_TRUE(configuration.per_seed_auroc.standard_deviation.has_value());
  EXPECT_EQ(configuration.patient.count, 20U);
}

TEST(StudyMetricsTest, WarnOfAConfigurationThatLacksAFold) {
  const SyntheticStudy study;
  auto files = study.tables("whole", 0.2);
  files.push_back({.name = "half", .text = study.table("half", 0, 0.2)});
  const auto metrics = measure(files);
  ASSERT_TRUE(metrics.has_value());
  EXPECT_FALSE(metrics->configurations[0].complete);
  EXPECT_TRUE(metrics->configurations[1].complete);
  EXPECT_THAT(metrics->warnings, testing::Contains("'half' tests 10 of 20 patients"));
}

TEST(StudyMetricsTest, ListFailuresSortedAndOnce) {
  const Failure late{.variant = "z-f0", .step = "train", .reason = "out of memory"};
  const Failure early{.variant = "a-f0", .step = "predict", .reason = "killed"};
  const auto metrics = measure(SyntheticStudy{}.tables("b", 0.2), {late, early, late});
  EXPECT_THAT(metrics->failures, testing::ElementsAre(early, late));
}

TEST(StudyMetricsTest, FailWhenEverythingFailed) {
  const auto metrics = measure({}, {{.variant = "a-f0", .step = "train", .reason = "out of memory"}});
  ASSERT_FALSE(metrics.has_value());
  EXPECT_THAT(metrics.error().message, HasSubstr("all 1 variants failed, 'a-f0' in train (out of memory)"));
}

TEST(SpreadTest, SkipsWhatIsUndefined) {
  const auto spread = spread_of({1.0, std::nullopt, 3.0});
  EXPECT_EQ(*spread.mean, 2);
  EXPECT_DOUBLE_EQ(*spread.standard_deviation, std::sqrt(2.0));
  EXPECT_FALSE(spread_of({1.0}).standard_deviation.has_value());
  EXPECT_FALSE(spread_of({std::nullopt}).mean.has_value());
}

TEST(MetricsDocumentTest, HasTheDocumentedMembers) {
  const auto metrics = measure(SyntheticStudy{}.tables("a", 0.2));
  const auto document = to_value(*metrics);
  const auto& configuration = document.find("configurations")->as_array()[0];
  const auto& level = *configuration.find("patient");
  for (const auto* name : {"count", "positives", "negatives", "patients", "confusion", "metrics", "predictive_values",
                           "calibration", "roc", "histogram"}) {
    EXPECT_NE(level.find(name), nullptr) << name;
  }
  const auto& auroc = *level.find("metrics")->find("auroc");
  for (const auto* name : {"value", "low", "high", "interval", "standard_error", "percentile", "bca"}) {
    EXPECT_NE(auroc.find(name), nullptr) << name;
  }
  EXPECT_EQ(level.find("metrics")->as_object().size(), 17U);
  EXPECT_EQ(level.find("histogram")->find("positives")->as_array().size(), 20U);
  const auto& variant = document.find("variants")->as_array()[0];
  EXPECT_EQ(variant.find("patient")->find("roc"), nullptr) << "variants go without curves";
  EXPECT_EQ(variant.find("thresholds")->string_or("source", ""), "validation");
  EXPECT_EQ(document.string_or("scores_sha256", ""), metrics->scores_sha256);
}

TEST(MetricsDocumentTest, IsTheSameForTheSameScores) {
  const SyntheticStudy study;
  auto files = joined(study.tables("a", 0.2), study.tables("b", 0.1));
  const auto first = core::to_json(to_value(*measure(files)));
  std::ranges::reverse(files);
  EXPECT_EQ(first, core::to_json(to_value(*measure(files))));
}

TEST(MetricsHeaderTest, IsReadBack) {
  const Failure failure{.variant = "z-f0", .step = "train", .reason = "killed"};
  auto metrics = *measure(SyntheticStudy{}.tables("a", 0.2), {failure});
  metrics.options.threshold = ThresholdRule::kSensitivity95;
  metrics.warnings = {"careful"};
  const auto header = parse_metrics_header("metrics.json", core::to_json(to_value(metrics)));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->options.threshold, ThresholdRule::kSensitivity95);
  EXPECT_EQ(header->options.resamples, 200U);
  EXPECT_EQ(header->scores_sha256, metrics.scores_sha256);
  EXPECT_THAT(header->failures, testing::ElementsAre(failure));
  EXPECT_THAT(header->warnings, testing::ElementsAre("careful"));
}

TEST(MetricsHeaderTest, RefusesOtherDocuments) {
  for (const auto* text : {"{}", "[", R"({"format": "alveus-metrics", "format_version": 2})",
                           R"({"format": "alveus-metrics", "format_version": 1, "settings": {}})"}) {
    const auto header = parse_metrics_header("metrics.json", text);
    ASSERT_FALSE(header.has_value()) << text;
    EXPECT_THAT(header.error().where, testing::StartsWith("metrics.json")) << text;
    EXPECT_THAT(header.error().message, HasSubstr("that 'alveus metrics' wrote")) << text;
  }
}

}  // namespace
}  // namespace alveus::study
