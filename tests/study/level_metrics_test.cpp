// SPDX-License-Identifier: Apache-2.0
#include "study/level_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "study/auroc.hpp"
#include "study/cases.hpp"

namespace alveus::study {
namespace {

LevelMetrics twenty(Level level) {
  return measure_level(patient_cases(kTwentyProbabilities, kTwentyTargets),
                       {.level = level, .resamples = 400, .seed = 1});
}

TEST(LevelMetricsTest, MeasureWhatTheTwentyCasesShow) {
  const auto level = twenty(Level::kPatient);
  EXPECT_EQ(level.count, 20U);
  EXPECT_EQ(level.positives, 9U);
  EXPECT_EQ(level.patients, 20U);
  EXPECT_EQ(level.confusion.true_positives, 7);
  EXPECT_NEAR(*level.metric("auroc").value, 0.8080808080808081, 1e-15);
  EXPECT_NEAR(*level.metric("brier").value, 0.181, 1e-15);
  EXPECT_NEAR(*level.metric("calibration_slope").value, 0.9908832597231152, 1e-11);
  EXPECT_NEAR(*level.metric("diagnostic_odds_ratio").value, 7.5 * 8.5 / (3.5 * 2.5), 1e-12);
  EXPECT_NEAR(*level.metric("ece").value, expected_calibration_error(level.calibration), 0);
}

struct Method {
  std::string metric;
  std::string patient;
  std::string slice;
};

class IntervalMethodTest : public testing::TestWithParam<Method> {};

TEST_P(IntervalMethodTest, IsTheDocumentedOne) {
  const auto patients = twenty(Level::kPatient);
  const auto slices = twenty(Level::kSlice);
  const auto& patient = patients.metric(GetParam().metric);
  EXPECT_EQ(patient.method, GetParam().patient);
  EXPECT_EQ(patient.interval.has_value(), !GetParam().patient.empty());
  EXPECT_EQ(slices.metric(GetParam().metric).method, GetParam().slice);
  if (!patient.interval) return;
  EXPECT_LE(patient.interval->low, *patient.value);
  EXPECT_GE(patient.interval->high, *patient.value);
}

INSTANTIATE_TEST_SUITE_P(
    Metrics, IntervalMethodTest,
    testing::Values(Method{"auroc", "delong-logit", "bca"}, Method{"auprc", "bca", "bca"},
                    Method{"sensitivity", "wilson", "bca"}, Method{"specificity", "wilson", "bca"},
                    Method{"ppv", "wilson", "bca"}, Method{"npv", "wilson", "bca"}, Method{"accuracy", "wilson", "bca"},
                    Method{"balanced_accuracy", "bca", "bca"}, Method{"f1", "bca", "bca"}, Method{"mcc", "bca", "bca"},
                    Method{"diagnostic_odds_ratio", "woolf", ""}, Method{"brier", "bca", "bca"},
                    Method{"log_loss", "bca", "bca"}, Method{"ece", "", ""}, Method{"calibration_slope", "wald", ""},
                    Method{"calibration_intercept", "wald", ""}, Method{"calibration_in_the_large", "wald", ""}),
    [](const auto& parameter) { return parameter.param.metric; });

TEST(LevelMetricsTest, GiveAPerfectAreaAnHonestBound) {
  const auto level = measure_level(patient_cases({0.1, 0.2, 0.3, 0.8, 0.9}, {0, 0, 0, 1, 1}), {.resamples = 200});
  const auto& auroc = level.metric("auroc");
  EXPECT_EQ(*auroc.value, 1);
  EXPECT_EQ(auroc.method, "disjoint-pairs");
  EXPECT_NEAR(auroc.interval->low, std::sqrt(0.025), 1e-12);
  EXPECT_EQ(auroc.interval->high, 1);
  EXPECT_FALSE(level.metric("calibration_slope").value.has_value());
}

TEST(LevelMetricsTest, AreUndefinedWithoutAClassAndNeverZero) {
  const auto level = measure_level(patient_cases({0.1, 0.2, 0.7}, {0, 0, 0}), {.resamples = 200});
  for (const auto* name : {"auroc", "auprc", "sensitivity", "balanced_accuracy", "mcc", "diagnostic_odds_ratio",
                           "calibration_slope", "calibration_in_the_large"}) {
    EXPECT_FALSE(level.metric(name).value.has_value()) << name;
    EXPECT_FALSE(level.metric(name).interval.has_value()) << name;
  }
  EXPECT_NEAR(*level.metric("specificity").value, 2.0 / 3, 1e-15);
  EXPECT_EQ(*level.metric("ppv").value, 0);
  EXPECT_TRUE(level.roc.empty());
}

TEST(LevelMetricsTest, HaveNoDeLongIntervalWithOnePatientOfAClass) {
  const auto level = measure_level(patient_cases({0.1, 0.6, 0.5}, {0, 0, 1}), {.resamples = 200});
  EXPECT_EQ(*level.metric("auroc").value, 0.5);
  EXPECT_FALSE(level.metric("auroc").interval.has_value());
}

TEST(LevelMetricsTest, WidenWhenThePatientsAreFewerThanTheSlices) {
  // Every patient's ten slices say the same: ten times the cases, no more information.
  CaseSet cases;
  for (std::size_t patient = 0; patient < 20; ++patient) {
    cases.patient_targets.push_back(kTwentyTargets[patient]);
    for (int slice = 0; slice < 10; ++slice) {
      cases.names.push_back(std::to_string(patient) + "_" + std::to_string(slice));
      cases.patients.push_back(patient);
      cases.targets.push_back(kTwentyTargets[patient]);
      cases.probabilities.push_back(kTwentyProbabilities[patient]);
      cases.calls.push_back(kTwentyProbabilities[patient] >= 0.5 ? 1 : 0);
    }
  }
  const auto slices = measure_level(cases, {.level = Level::kSlice, .resamples = 1000, .seed = 1});
  const auto patients = measure_level(patient_cases(kTwentyProbabilities, kTwentyTargets),
                                      {.level = Level::kSlice, .resamples = 1000, .seed = 1});
  EXPECT_EQ(slices.count, 200U);
  EXPECT_EQ(slices.patients, 20U);
  EXPECT_NEAR(slices.metric("auroc").interval->low, patients.metric("auroc").interval->low, 1e-12);
  EXPECT_NEAR(slices.metric("brier").interval->high, patients.metric("brier").interval->high, 1e-12);
}

}  // namespace
}  // namespace alveus::study
