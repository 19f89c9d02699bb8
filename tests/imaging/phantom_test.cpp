// SPDX-License-Identifier: Apache-2.0
#include "imaging/phantom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace alveus::imaging {
namespace {

constexpr std::size_t kPatients = 24;

std::size_t count_lesion(const PhantomPatient& patient, std::size_t slice) {
  const auto first =
      patient.lesion.labels.begin() + static_cast<std::ptrdiff_t>(slice * patient.scan.shape.slice_size());
  const auto last = first + static_cast<std::ptrdiff_t>(patient.scan.shape.slice_size());
  return static_cast<std::size_t>(std::count_if(first, last, [](std::uint8_t label) { return label != 0; }));
}

double mean_in_lung(const PhantomPatient& patient, std::size_t slice) {
  double sum = 0;
  double count = 0;
  const std::size_t start = slice * patient.scan.shape.slice_size();
  for (std::size_t i = start; i < start + patient.scan.shape.slice_size(); ++i) {
    if (patient.lung.labels[i] == 0) continue;
    sum += static_cast<double>(patient.scan.values[i]);
    count += 1;
  }
  return sum / count;
}

double median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return static_cast<double>(*middle);
}

/// The default data set: patients with an odd number are positive.
const std::vector<PhantomPatient>& patients() {
  static const std::vector<PhantomPatient> made = [] {
    std::vector<PhantomPatient> all;
    for (std::size_t i = 0; i < kPatients; ++i) all.push_back(make_phantom({}, i, i % 2 == 1));
    return all;
  }();
  return made;
}

TEST(Phantom, IsTheSameEveryTime) {
  const auto again = make_phantom({}, 7, true);
  EXPECT_EQ(again.scan, patients()[7].scan);
  EXPECT_EQ(again.lung, patients()[7].lung);
  EXPECT_EQ(again.lesion, patients()[7].lesion);
}

TEST(Phantom, DiffersByPatientAndSeed) {
  EXPECT_NE(patients()[5].scan.values, patients()[7].scan.values);
  EXPECT_NE(make_phantom({.seed = 2}, 7, true).scan.values, patients()[7].scan.values);
}

TEST(Phantom, TakesNumberAndSizeOfSlicesFromTheSettings) {
  const auto made = make_phantom({.slices = 3, .size = 64}, 0, false);
  const Shape shape = {.width = 64, .height = 64, .depth = 3};
  EXPECT_EQ(made.scan.shape, shape);
  EXPECT_EQ(made.lung.shape, shape);
  EXPECT_EQ(made.scan.values.size(), shape.count());
  EXPECT_DOUBLE_EQ(made.scan.geometry.spacing_mm[0], 370.0 / 64);
  EXPECT_EQ(made.lesion.geometry, made.scan.geometry);
}

TEST(Phantom, HoldsWholeHounsfieldUnitsOfTwelveBits) {
  for (const auto& patient : patients()) {
    EXPECT_TRUE(std::ranges::all_of(patient.scan.values, [](float value) {
      return value == std::round(value) && value >= -1024 && value <= 3071;
    }));
  }
}

TEST(Phantom, HasTwoLungsInEverySlice) {
  for (const auto& patient : patients()) {
    const Shape& shape = patient.scan.shape;
    std::vector<double> right(shape.depth);
    std::vector<double> left(shape.depth);
    for (std::size_t i = 0; i < shape.count(); ++i) {
      auto& side = i % shape.width < shape.width / 2 ? right : left;
      side[i / shape.slice_size()] += patient.lung.labels[i] / static_cast<double>(shape.slice_size());
    }
    EXPECT_THAT(right, testing::Each(testing::AllOf(testing::Gt(0.02), testing::Lt(0.2))));
    EXPECT_THAT(left, testing::Each(testing::AllOf(testing::Gt(0.02), testing::Lt(0.2))));
  }
}

TEST(Phantom, HasValuesOfAChest) {
  std::vector<float> lung;
  std::vector<float> corner;
  std::size_t soft = 0;
  std::size_t bone = 0;
  for (std::size_t p = 0; p < kPatients; p += 2) {
    const auto& patient = patients()[p];
    corner.push_back(patient.scan.values.front());
    for (std::size_t i = 0; i < patient.scan.values.size(); ++i) {
      const float value = patient.scan.values[i];
      if (patient.lung.labels[i] != 0) lung.push_back(value);
      soft += value > 0 && value < 100 ? 1U : 0U;
      bone += value > 250 ? 1U : 0U;
    }
  }
  EXPECT_THAT(median(lung), testing::AllOf(testing::Gt(-900), testing::Lt(-780)));
  EXPECT_NEAR(median(corner), -1000, 30);
  EXPECT_GT(soft, lung.size() / 4);
  EXPECT_GT(bone, lung.size() / 20);
}

TEST(Phantom, HasNoiseOfAboutTwentyFiveHounsfieldUnits) {
  // In front of the body there is air alone; it is cut at -1024, so the upper half tells the spread.
  double squares = 0;
  double count = 0;
  for (const auto& patient : patients()) {
    for (std::size_t i = 0; i < 5 * patient.scan.shape.width; ++i) {
      const double above = static_cast<double>(patient.scan.values[i]) + 1000;
      if (above <= 0) continue;
      squares += above * above;
      count += 1;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / count), 25, 2);
}

TEST(Phantom, PlantsLesionsInPositivesAloneAndInTheLungs) {
  for (std::size_t p = 0; p < kPatients; ++p) {
    const auto& patient = patients()[p];
    std::size_t inside = 0;
    std::size_t outside = 0;
    for (std::size_t i = 0; i < patient.lesion.labels.size(); ++i) {
      if (patient.lesion.labels[i] != 0) ++(patient.lung.labels[i] != 0 ? inside : outside);
    }
    EXPECT_EQ(outside, 0U);
    EXPECT_EQ(inside > 0, p % 2 == 1) << "patient " << p;
  }
}

TEST(Phantom, ShowsALesionInMostSlicesOfEveryPositive) {
  for (std::size_t p = 1; p < 2 * kPatients; p += 2) {
    const auto patient = make_phantom({}, p, true);
    std::size_t shown = 0;
    for (std::size_t slice = 0; slice < 8; ++slice) shown += count_lesion(patient, slice) >= 20 ? 1U : 0U;
    EXPECT_GE(shown, 6U) << "patient " << p;
  }
}

TEST(Phantom, GivesEachKindOfLesionItsDensity) {
  std::map<std::uint8_t, std::vector<float>> values;
  for (const auto& patient : patients()) {
    for (std::size_t i = 0; i < patient.lesion.labels.size(); ++i) {
      if (patient.lesion.labels[i] != 0) values[patient.lesion.labels[i]].push_back(patient.scan.values[i]);
    }
  }
  ASSERT_THAT(values, testing::SizeIs(3));
  EXPECT_THAT(median(values[1]), testing::AllOf(testing::Gt(-650), testing::Lt(-450)));
  EXPECT_THAT(median(values[2]), testing::AllOf(testing::Gt(-580), testing::Lt(-350)));
  EXPECT_THAT(median(values[3]), testing::AllOf(testing::Gt(-100), testing::Lt(50)));
}

TEST(Phantom, IsNotToldApartByTheMeanOfTheLungs) {
  std::vector<double> positive;
  std::vector<double> negative;
  for (std::size_t p = 0; p < kPatients; ++p) {
    for (std::size_t slice = 0; slice < 8; ++slice) {
      (p % 2 == 1 ? positive : negative).push_back(mean_in_lung(patients()[p], slice));
    }
  }
  double wins = 0;
  for (const double one : positive) {
    wins += static_cast<double>(std::ranges::count_if(negative, [one](double other) { return other < one; }));
  }
  const double auc = wins / static_cast<double>(positive.size() * negative.size());
  EXPECT_GT(auc, 0.5);
  EXPECT_LT(auc, 0.92);
}

TEST(Phantom, MarksPositivesInACornerOnRequest) {
  const auto plain = make_phantom({}, 3, true);
  const auto marked = make_phantom({.mark_positives = true}, 3, true);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < plain.scan.values.size(); ++i) {
    if (plain.scan.values[i] == marked.scan.values[i]) continue;
    ++changed;
    EXPECT_EQ(marked.scan.values[i], 1000);
    EXPECT_LE(i % 96, 6U);
  }
  EXPECT_EQ(changed, 8U * 6U * 6U);
  EXPECT_EQ(make_phantom({.mark_positives = true}, 4, false).scan, patients()[4].scan);
}

TEST(PhantomIsPositive, SpreadsTheShareEvenly) {
  struct Case {
    double share;
    std::vector<bool> expected;
  };
  const std::vector<Case> cases = {{0.0, {false, false, false, false}},
                                   {0.5, {false, true, false, true}},
                                   {0.25, {false, false, false, true}},
                                   {1.0, {true, true, true, true}}};
  for (const auto& [share, expected] : cases) {
    std::vector<bool> actual;
    for (std::size_t i = 0; i < 4; ++i) actual.push_back(phantom_is_positive(i, share));
    EXPECT_EQ(actual, expected) << share;
  }
}

TEST(PhantomIsPositive, CountsSharesThatBinaryFractionsMiss) {
  for (const double share : {0.1, 0.3, 0.7}) {
    std::size_t positives = 0;
    for (std::size_t i = 0; i < 10; ++i) positives += phantom_is_positive(i, share) ? 1U : 0U;
    EXPECT_EQ(positives, static_cast<std::size_t>(std::round(10 * share)));
  }
}

}  // namespace
}  // namespace alveus::imaging
