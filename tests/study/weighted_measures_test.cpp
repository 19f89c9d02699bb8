// SPDX-License-Identifier: Apache-2.0
#include "study/weighted_measures.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "study/auroc.hpp"
#include "study/cases.hpp"
#include "study/confusion.hpp"

namespace alveus::study {
namespace {

double value(const MeasureValues& values, Measure measure) { return values.at(static_cast<std::size_t>(measure)); }

TEST(WeightedMeasuresTest, AgreeWithScikitLearnWhenEachCountsOnce) {
  const auto cases = patient_cases(kTwentyProbabilities, kTwentyTargets);
  const auto values = WeightedMeasures(cases).plain();
  EXPECT_NEAR(value(values, Measure::kAuroc), 0.8080808080808081, 1e-15);
  EXPECT_NEAR(value(values, Measure::kAuprc), 0.7790242165242165, 1e-15);
  EXPECT_NEAR(value(values, Measure::kBrier), 0.181, 1e-15);
  EXPECT_NEAR(value(values, Measure::kLogLoss), 0.5333504946629387, 1e-15);
  EXPECT_NEAR(value(values, Measure::kMcc), 0.502518907629606, 1e-15);
}

/// Slices of a few patients, with ties.
CaseSet slices(std::uint64_t seed) {
  core::Random random(seed, "weighted_measures_test");
  CaseSet cases;
  for (std::size_t patient = 0; patient < 12; ++patient) {
    const int target = patient % 3 == 0 ? 1 : 0;
    cases.patient_targets.push_back(target);
    for (std::size_t slice = 0; slice <= random.below(4); ++slice) {
      cases.names.push_back(std::to_string(patient) + "_" + std::to_string(slice));
      cases.patients.push_back(patient);
      cases.targets.push_back(target);
      cases.probabilities.push_back(static_cast<double>(random.below(9) + (target == 1 ? 2U : 0U)) / 10);
      cases.calls.push_back(cases.probabilities.back() >= 0.45 ? 1 : 0);
    }
  }
  return cases;
}

/// Every case as often as its patient counts.
CaseSet repeated(const CaseSet& cases, const std::vector<double>& weights) {
  CaseSet result;
  result.patient_targets = {0};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (int copy = 0; copy < static_cast<int>(weights[cases.patients[i]]); ++copy) {
      result.names.push_back(cases.names[i]);
      result.patients.push_back(0);
      result.targets.push_back(cases.targets[i]);
      result.probabilities.push_back(cases.probabilities[i]);
      result.calls.push_back(cases.calls[i]);
    }
  }
  return result;
}

/// Average precision by the definition: the precision at every threshold, weighted by the gain in recall.
double naive_average_precision(const CaseSet& cases) {
  double sum = 0;
  double positives = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases.targets[i] == 0) continue;
    positives += 1;
    double called = 0;
    double right = 0;
    for (std::size_t j = 0; j < cases.size(); ++j) {
      if (cases.probabilities[j] < cases.probabilities[i]) continue;
      called += 1;
      right += cases.targets[j];
    }
    sum += right / called;
  }
  return sum / positives;
}

TEST(WeightedMeasuresTest, CountAPatientAsOftenAsRepeatingHim) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const auto cases = slices(seed);
    core::Random random(seed, "weights");
    std::vector<double> weights;
    for (std::size_t patient = 0; patient < 12; ++patient) weights.push_back(static_cast<double>(random.below(3)));
    weights[0] = 1;
    weights[1] = 2;
    const auto values = WeightedMeasures(cases)(weights);
    const auto copies = repeated(cases, weights);
    const auto plain = WeightedMeasures(copies).plain();
    for (std::size_t i = 0; i < kMeasureCount; ++i) {
      if (std::isnan(plain.at(i))) {
        EXPECT_TRUE(std::isnan(values.at(i))) << seed;
      } else {
        EXPECT_NEAR(values.at(i), plain.at(i), 1e-12) << seed << " " << name_of(static_cast<Measure>(i));
      }
    }
    EXPECT_NEAR(value(values, Measure::kAuroc), roc_area(copies.probabilities, copies.targets)->area, 1e-13) << seed;
    EXPECT_NEAR(value(values, Measure::kAuprc), naive_average_precision(copies), 1e-13) << seed;
    EXPECT_NEAR(value(values, Measure::kF1), f1_score(count_calls(copies.targets, copies.calls)), 1e-13) << seed;
  }
}

TEST(WeightedMeasuresTest, AreUndefinedWithoutAClass) {
  const auto cases = patient_cases({0.2, 0.7}, {0, 1});
  const auto values = WeightedMeasures(cases)(std::vector<double>{1, 0});
  EXPECT_TRUE(std::isnan(value(values, Measure::kAuroc)));
  EXPECT_TRUE(std::isnan(value(values, Measure::kAuprc)));
  EXPECT_TRUE(std::isnan(value(values, Measure::kSensitivity)));
  EXPECT_EQ(value(values, Measure::kSpecificity), 1);
  EXPECT_TRUE(std::isnan(value(WeightedMeasures(cases)(std::vector<double>{0, 0}), Measure::kBrier)));
}

TEST(WeightedMeasuresTest, KeepTheLogLossOfACertainMistakeFinite) {
  const auto cases = patient_cases({0.0}, {1});
  EXPECT_NEAR(value(WeightedMeasures(cases).plain(), Measure::kLogLoss), 23 * std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace alveus::study
