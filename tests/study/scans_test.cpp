// SPDX-License-Identifier: Apache-2.0
#include "study/scans.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Slice {
  std::string sample_id;
  std::string patient_id;
  std::string series_id;
  std::optional<double> position;
  int target = 0;
};

std::vector<Sample> samples_of(const std::vector<Slice>& slices) {
  std::vector<Sample> samples;
  for (const Slice& slice : slices) {
    samples.push_back({.index = samples.size(),
                       .sample_id = slice.sample_id,
                       .patient_id = slice.patient_id,
                       .label = slice.target == 1 ? "covid" : "normal",
                       .target = slice.target,
                       .split = std::nullopt,
                       .pixel_sha256 = "",
                       .series_id = slice.series_id,
                       .position = slice.position});
  }
  return samples;
}

TEST(ScansTest, HoldTheSlicesOfASeriesByPosition) {
  const auto scans =
      scans_of(samples_of({{"a", "P1", "one", 10, 1}, {"b", "P1", "one", 9, 1}, {"c", "P1", "two", 0, 0}}));
  ASSERT_TRUE(scans);
  EXPECT_THAT(*scans, ElementsAre(Scan{"one", "P1", 1, {1, 0}}, Scan{"two", "P1", 0, {2}}));
}

TEST(ScansTest, StandBySampleWherePositionsAreUnknown) {
  const auto scans = scans_of(samples_of({{"b", "P1", "s", {}}, {"a", "P1", "s", {}}, {"c", "P1", "s", {}}}));
  EXPECT_THAT(scans->front().slices, ElementsAre(1, 0, 2));
}

TEST(ScansTest, AreNamedApartWherePatientsHaveSeriesOfOneName) {
  const auto scans = scans_of(samples_of({{"a", "P2", "1", {}}, {"b", "P1", "1", {}}, {"c", "P1", "ct/2 b.nii", {}}}));
  ASSERT_TRUE(scans);
  std::vector<std::string> names;
  for (const auto& scan : *scans) names.push_back(scan.scan_id);
  EXPECT_THAT(names, ElementsAre("P1-1", "ct-2_b.nii", "P2-1"));
}

TEST(ScansTest, NeedASeriesOfEverySample) {
  const auto scans = scans_of(samples_of({{"a", "P1", "1", {}}, {"b", "P2", "", {}}}));
  ASSERT_FALSE(scans);
  EXPECT_THAT(scans.error().message, HasSubstr("the sample 'b' has no series_id"));
  EXPECT_THAT(scans.error().message, HasSubstr("the column 'series_id' in the manifest"));
}

TEST(ScansTest, HaveOneLabel) {
  const auto scans = scans_of(samples_of({{"a", "P1", "1", 0, 1}, {"b", "P1", "1", 1, 0}}));
  ASSERT_FALSE(scans);
  EXPECT_THAT(scans.error().message, HasSubstr("the series '1' of patient P1 has two labels: its slice 'a' is 'covid', "
                                               "'b' is 'normal'"));
}

TEST(EvenlyChosenTest, TakesMiddlesOfEqualParts) {
  EXPECT_THAT(evenly_chosen(9, 3), ElementsAre(1, 4, 7));
  EXPECT_THAT(evenly_chosen(4, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(evenly_chosen(10, 4), ElementsAre(1, 3, 6, 8));
  EXPECT_THAT(evenly_chosen(2, 5), ElementsAre(0, 0, 1, 1, 1));
}

}  // namespace
}  // namespace alveus::study
