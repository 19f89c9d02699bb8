// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "lab/ingest.hpp"
#include "lab/tensor_writer.hpp"
#include "testing/shared_set.hpp"

namespace alveus::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

core::Result<IngestOutcome> ingest_of(const testing::SharedSet& set, const std::string& positive = "") {
  return ingest({.data = set.folder, .positive = positive}, [](std::size_t, std::size_t) {});
}

/// Windows these slices; yields the bytes of an array.
std::string array_of(const testing::SharedSet& set, std::span<const StudySlice> slices, const std::string& array) {
  const auto directory = sys::TemporaryDirectory::make("real");
  const auto warnings = write_tensors(set.folder, slices, {.size = 64}, directory->path(), [](std::size_t) {});
  EXPECT_TRUE(warnings) << warnings.error().text();
  return sys::read_file(directory->path() / array).value_or("");
}

std::vector<std::string> rejected_paths(const IngestOutcome& outcome) {
  std::vector<std::string> paths;
  for (const RejectedSlice& slice : outcome.rejected) paths.push_back(slice.path);
  return paths;
}

TEST(RealSetsTest, FindsTheTwoCopiesWithWrongLabelsInCovidCt) {
  ALVEUS_NEEDS_SET(set, "covid-ct");
  const auto outcome = ingest_of(set);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 661U);
  EXPECT_THAT(rejected_paths(*outcome), ElementsAre("noncovid/j71-0.png", "noncovid/j71-1.png"));
  for (const RejectedSlice& slice : outcome->rejected) {
    EXPECT_THAT(slice.reason, HasSubstr("the labels contradict each other: noncovid here, covid there"));
  }
  EXPECT_THAT(outcome->findings, IsEmpty());
}

/// (path, slice) of the slices that the source marks as infected.
std::set<std::pair<std::string, std::string>> infected_slices(const testing::SharedSet& set) {
  const auto table = core::CsvTable::parse("slices.csv", *sys::read_file(set.folder / "slices.csv"));
  std::set<std::pair<std::string, std::string>> infected;
  for (std::size_t row = 0; row < table->row_count(); ++row) {
    if (table->cell(row, "infected") == "1") infected.emplace(table->cell(row, "path"), table->cell(row, "k"));
  }
  return infected;
}

// Volumes and compressed DICOM of three patients; 43 slices are infected, 43 others show no lung.
TEST(RealSetsTest, KeepsEveryInfectedSliceOfCovidCtMdAndCutsTheAbdomen) {
  ALVEUS_NEEDS_SET(set, "covid-ct-md");
  const auto outcome = ingest_of(set);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 186U);
  EXPECT_EQ(outcome->rejected.size(), 43U);
  auto infected = infected_slices(set);
  EXPECT_EQ(infected.size(), 43U);
  std::vector<StudySlice> dicom;
  for (const StudySlice& slice : outcome->slices) {
    infected.erase({slice.address.path, std::to_string(slice.address.slice)});
    if (slice.address.path.starts_with("dicom/")) dicom.push_back(slice);
  }
  EXPECT_THAT(infected, IsEmpty());
  EXPECT_EQ(dicom.size(), 12U);
  for (const RejectedSlice& slice : outcome->rejected) EXPECT_THAT(slice.reason, HasSubstr("it shows no lung"));
  // Middle slices: lung covers a third to two thirds of the box around the lungs.
  const std::string lung = array_of(set, dicom, "lung.u8");
  ASSERT_EQ(lung.size(), 12U * 64 * 64);
  for (std::size_t i = 0; i < 12; ++i) {
    const auto count = std::ranges::count(lung.substr(i * 4096, 4096), '\1');
    EXPECT_GT(count, 4096 / 4) << dicom[i].sample_id;
    EXPECT_LT(count, 4096 * 2 / 3) << dicom[i].sample_id;
  }
}

TEST(RealSetsTest, CarriesTheMasksOfCovidCtSeg) {
  ALVEUS_NEEDS_SET(set, "covid-ct-seg");
  const auto outcome = ingest_of(set);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 183U);
  EXPECT_THAT(outcome->rejected, IsEmpty());
  EXPECT_THAT(outcome->findings, ElementsAre("the study has no negative slice"));
  const std::vector<StudySlice> some(outcome->slices.begin(), outcome->slices.begin() + 24);
  const std::string lesion = array_of(set, some, "lesion.u8");
  ASSERT_EQ(lesion.size(), 24U * 64 * 64);
  EXPECT_GT(std::ranges::count(lesion, '\xff'), 500);  // lesions of a kind that is not stated
}

TEST(RealSetsTest, AcceptsTheOtherSets) {
  ALVEUS_NEEDS_SET(luna, "luna16-slices");
  ALVEUS_NEEDS_SET(sarscov, "sarscov2-ct");
  const auto luna_outcome = ingest_of(luna, "covid");
  ASSERT_TRUE(luna_outcome) << luna_outcome.error().text();
  EXPECT_EQ(luna_outcome->slices.size(), 80U);
  const auto outcome = ingest_of(sarscov);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 1011U);
  EXPECT_THAT(rejected_paths(*outcome), ElementsAre("covid/0507.png"));  // its neighbour block holds the same picture
}

// The pictures lie in arrays of NumPy; the guide shows how to take them out.
TEST(RealSetsTest, SaysThatArraysOfNumpyAreNotRead) {
  ALVEUS_NEEDS_SET(set, "pneumoniamnist");
  const auto undecided = ingest_of(set);
  ASSERT_FALSE(undecided);
  EXPECT_THAT(undecided.error().text(), HasSubstr("--positive"));
}

}  // namespace
}  // namespace alveus::lab
