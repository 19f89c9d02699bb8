// SPDX-License-Identifier: Apache-2.0
#include "study/folds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::study {
namespace {

using testing::HasSubstr;

/// `positives` + `negatives` patients with two slices each.
std::vector<Sample> patients(int positives, int negatives) {
  std::vector<Sample> samples;
  for (int patient = 0; patient < positives + negatives; ++patient) {
    for (int slice = 0; slice < 2; ++slice) {
      Sample sample;
      sample.index = samples.size();
      sample.patient_id = "P" + std::to_string(100 + patient);
      sample.sample_id = sample.patient_id + "_" + std::to_string(slice);
      sample.target = patient < positives ? 1 : 0;
      sample.pixel_sha256 = "hash of " + sample.sample_id;
      samples.push_back(sample);
    }
  }
  return samples;
}

void prescribe(std::vector<Sample>& samples, std::string_view patient, Role role) {
  for (auto& sample : samples) {
    if (sample.patient_id == patient) sample.split = role;
  }
}

/// Six patients of which each part has one of each class.
std::vector<Sample> official_samples() {
  auto samples = patients(3, 3);
  const std::array roles = {Role::kTrain, Role::kValidation, Role::kTest};
  for (int patient = 0; patient < 6; ++patient) {
    prescribe(samples, "P" + std::to_string(100 + patient), roles.at(static_cast<std::size_t>(patient % 3)));
  }
  return samples;
}

TEST(GroupedFoldsTest, TestEveryPatientOnce) {
  const auto samples = patients(12, 9);
  const auto folds = grouped_folds(samples, 5, 1);
  ASSERT_TRUE(folds.has_value());
  std::multiset<std::string> tested;
  std::multiset<std::string> validated;
  for (int fold = 0; fold < 5; ++fold) {
    for (const auto& [patient, role] : folds->roles(fold)) {
      if (role == Role::kTest) tested.insert(patient);
      if (role == Role::kValidation) validated.insert(patient);
      if (role != Role::kValidation) continue;
      EXPECT_EQ(folds->find_role((fold + 1) % 5, patient), Role::kTest) << "fold i + 1 tests what fold i validates";
    }
  }
  EXPECT_EQ(tested.size(), 21U);
  EXPECT_EQ(std::set(tested.begin(), tested.end()).size(), 21U);
  EXPECT_EQ(tested, validated);
}

TEST(GroupedFoldsTest, BalanceTheClassesAndTheSizes) {
  const auto samples = patients(12, 9);
  const auto folds = grouped_folds(samples, 5, 3);
  for (int fold = 0; fold < 5; ++fold) {
    int positives = 0;
    int negatives = 0;
    for (const auto& [patient, role] : folds->roles(fold)) {
      if (role != Role::kTest) continue;
      ++(patient < "P112" ? positives : negatives);
    }
    EXPECT_GE(positives, 2);
    EXPECT_LE(positives, 3);
    EXPECT_GE(negatives, 1);
    EXPECT_LE(negatives, 2);
    // 21 patients over 5 folds: the second class goes on where the first ended.
    EXPECT_GE(positives + negatives, 4);
    EXPECT_LE(positives + negatives, 5);
  }
}

TEST(GroupedFoldsTest, DependOnTheSeedAndNotOnTheOrderOfSamples) {
  auto samples = patients(10, 10);
  const auto folds = grouped_folds(samples, 5, 1);
  EXPECT_NE(folds->csv(), grouped_folds(samples, 5, 2)->csv());
  std::ranges::reverse(samples);
  EXPECT_EQ(folds->csv(), grouped_folds(samples, 5, 1)->csv());
}

TEST(GroupedFoldsTest, CountAPatientAsPositiveForOneSlice) {
  auto samples = patients(2, 3);
  samples.back().target = 1;  // one slice of the last patient
  EXPECT_TRUE(grouped_folds(samples, 3, 1).error().message.starts_with("the negative class has 2 patients"));
}

TEST(GroupedFoldsTest, NeedAPatientOfEachClassInEachFold) {
  const auto folds = grouped_folds(patients(10, 4), 5, 1);
  ASSERT_FALSE(folds.has_value());
  EXPECT_THAT(folds.error().message, HasSubstr("the negative class has 4 patients, fewer than the 5 folds"));
  EXPECT_THAT(grouped_folds(patients(10, 10), 2, 1).error().message, HasSubstr("at least 3"));
}

TEST(OfficialFoldsTest, AreTheSplitOfTheSamples) {
  const auto samples = official_samples();
  EXPECT_EQ(natural_method(samples), SplitMethod::kOfficial);
  const auto folds = official_folds(samples);
  ASSERT_TRUE(folds.has_value());
  EXPECT_EQ(folds->count(), 1);
  EXPECT_EQ(folds->find_role(0, "P101"), Role::kValidation);
  EXPECT_EQ(folds->csv(),
            "fold,patient_id,role\n0,P100,train\n0,P101,val\n0,P102,test\n0,P103,train\n0,P104,val\n0,P105,test\n");
}

TEST(OfficialFoldsTest, NameAPatientInTwoParts) {
  auto samples = official_samples();
  samples[1].split = Role::kTest;
  const auto folds = official_folds(samples);
  ASSERT_FALSE(folds.has_value());
  EXPECT_THAT(folds.error().message, HasSubstr("the patient 'P100' stands in two parts"));
  EXPECT_THAT(folds.error().message, HasSubstr("'P100_0' (patient 'P100', train)"));
  EXPECT_THAT(folds.error().message, HasSubstr("'P100_1' (patient 'P100', test)"));
}

TEST(OfficialFoldsTest, NeedBothClassesInEachPart) {
  auto samples = official_samples();
  prescribe(samples, "P104", Role::kTrain);
  EXPECT_THAT(official_folds(samples).error().message,
              HasSubstr("1 positive and 0 negative patients in its part 'val'"));
}

TEST(OfficialFoldsTest, NeedASplitOfEachSample) {
  auto samples = official_samples();
  samples[3].split = std::nullopt;
  EXPECT_EQ(natural_method(samples), SplitMethod::kGrouped);
  EXPECT_THAT(official_folds(samples).error().message, HasSubstr("'P101_1' has no split"));
}

TEST(LeakCheckTest, PassesCleanFolds) {
  const auto samples = patients(6, 6);
  EXPECT_TRUE(check_leaks(*grouped_folds(samples, 3, 1), samples).has_value());
}

TEST(LeakCheckTest, NamesEqualPicturesInTwoRoles) {
  auto samples = official_samples();
  samples[0].pixel_sha256 = samples[5].pixel_sha256;
  const auto checked = check_leaks(*official_folds(samples), samples);
  ASSERT_FALSE(checked.has_value());
  EXPECT_THAT(checked.error().message, HasSubstr("leak in fold 0"));
  EXPECT_THAT(checked.error().message, HasSubstr("'P100_0' (patient 'P100', train)"));
  EXPECT_THAT(checked.error().message, HasSubstr("'P102_1' (patient 'P102', test)"));
}

TEST(LeakCheckTest, AllowsEqualPicturesInOneRoleAndUnknownHashes) {
  auto samples = official_samples();
  samples[0].pixel_sha256 = samples[1].pixel_sha256;
  samples[2].pixel_sha256.clear();
  samples[4].pixel_sha256.clear();
  EXPECT_TRUE(check_leaks(*official_folds(samples), samples).has_value());
}

TEST(LeakCheckTest, NamesAPatientWithoutARole) {
  const auto folds = grouped_folds(patients(6, 6), 3, 1);
  EXPECT_THAT(check_leaks(*folds, patients(6, 7)).error().message, HasSubstr("'P112' has no role in fold 0"));
}

TEST(FoldTableTest, ReadsWhatItWrites) {
  const auto folds = grouped_folds(patients(6, 6), 3, 1);
  EXPECT_EQ(*FoldTable::parse("folds.csv", folds->csv()), *folds);
}

struct BadTable {
  std::string name;
  std::string rows;
  std::string text;
};

class BadFoldsTest : public testing::TestWithParam<BadTable> {};

TEST_P(BadFoldsTest, NamesThePlace) {
  const auto folds = FoldTable::parse("folds.csv", "fold,patient_id,role\n" + GetParam().rows);
  ASSERT_FALSE(folds.has_value());
  EXPECT_EQ(folds.error().text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadFoldsTest,
    testing::Values(BadTable{"Role", "0,P1,exam\n", "folds.csv:2: the role is 'exam'; it is train, val or test"},
                    BadTable{"Twice", "0,P1,test\n0,P1,val\n", "folds.csv:3: the patient 'P1' stands twice in fold 0"},
                    BadTable{"Gap", "0,P1,test\n2,P1,val\n", "folds.csv: fold 1 has no patients"},
                    BadTable{"Negative", "-1,P1,test\n", "folds.csv:2: the fold -1 is not in 0 to 9999"},
                    BadTable{"Empty", "", "folds.csv: the table holds no folds"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(FoldsSummaryTest, CountsPatientsAndSamplesAndHashesTheTable) {
  const auto samples = official_samples();
  const auto folds = official_folds(samples);
  const auto summary = folds_summary(*folds, samples, SplitMethod::kOfficial, 1);
  EXPECT_TRUE(summary.find("seed")->is_null());
  EXPECT_EQ(summary.string_or("sha256", ""), core::hash_text(core::HashKind::kSha256, folds->csv()));
  const auto& counts = summary.find("counts")->as_array();
  ASSERT_EQ(counts.size(), 6U);
  EXPECT_EQ(core::to_json(counts[1]), R"({"fold":0,"role":"train","target":1,"patients":1,"samples":2})");
  EXPECT_EQ(*folds_summary(*folds, samples, SplitMethod::kGrouped, 7).find("seed"), core::Value(7));
}

}  // namespace
}  // namespace alveus::study
