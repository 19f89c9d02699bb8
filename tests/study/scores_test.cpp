// SPDX-License-Identifier: Apache-2.0
#include "study/scores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "study/score_tables.hpp"

namespace alveus::study {
namespace {

core::Result<Scores> read(const std::string& rows) {
  const std::vector<NamedText> files = {{.name = "scores.csv", .text = kScoreHeader + rows}};
  return read_scores(files);
}

TEST(ScoresTest, SortsVariantsAndSlices) {
  const auto scores = read(
      "b-f0,b,0,test,s2,P2,1,0.75\n"
      "b-f0,b,0,test,s1,P1,0,0.25\n"
      "b-f0,b,0,val,s3,P3,0,0.5\n"
      "a-f1-s2,a,1,test,s1,P1,0,1e-3\n");
  ASSERT_TRUE(scores.has_value());
  ASSERT_EQ(scores->slices.size(), 3U);
  EXPECT_EQ(scores->slices[2].patient_id, "P3");
  ASSERT_EQ(scores->variants.size(), 2U);
  EXPECT_EQ(scores->variants[0].variant, "a-f1-s2");
  EXPECT_EQ(scores->variants[0].series, "-s2");
  EXPECT_EQ(scores->variants[0].test[0].probability, 1e-3);
  const auto& b = scores->variants[1];
  EXPECT_EQ(b.series, "");
  ASSERT_EQ(b.test.size(), 2U);
  EXPECT_EQ(scores->slices[b.test[0].slice].sample_id, "s1");
  EXPECT_EQ(b.test[1].probability, 0.75);
  EXPECT_EQ(b.validation.size(), 1U);
}

TEST(ScoresTest, HashTheRowsWhateverFilesTheyComeIn) {
  const std::string first = "a-f0,a,0,test,s1,P1,0,0.25\n";
  const std::string second = "a-f0,a,0,test,s2,P2,1,0.75\n";
  const std::vector<NamedText> apart = {{.name = "2", .text = kScoreHeader + second},
                                        {.name = "1", .text = kScoreHeader + first}};
  const auto together = read(first + second);
  EXPECT_EQ(read_scores(apart)->sha256, together->sha256);
  EXPECT_NE(read(first)->sha256, together->sha256);
  EXPECT_NE(read(first + "a-f0,a,0,test,s2,P2,1,0.76\n")->sha256, together->sha256);
}

struct BadRow {
  std::string name;
  std::string rows;
  std::string part;
};

class BadScoresTest : public testing::TestWithParam<BadRow> {};

TEST_P(BadScoresTest, NamesTheCause) {
  const auto scores = read("a-f0,a,0,test,s1,P1,0,0.25\n" + GetParam().rows);
  ASSERT_FALSE(scores.has_value());
  EXPECT_THAT(scores.error().text(), testing::HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadScoresTest,
    testing::Values(
        BadRow{"TooLarge", "a-f0,a,0,test,s2,P1,0,1.5\n", "scores.csv:3: the probability 1.5 is not in 0 to 1"},
        BadRow{"NoNumber", "a-f0,a,0,test,s2,P1,0,nan\n", "did the training diverge?"},
        BadRow{"Role", "a-f0,a,0,train,s2,P1,0,0.5\n", "the role is 'train'; it is val or test"},
        BadRow{"Target", "a-f0,a,0,test,s2,P1,2,0.5\n", "the target is 2"},
        BadRow{"Twice", "a-f0,a,0,test,s1,P1,0,0.5\n", "'s1' stands twice in the variant 'a-f0'"},
        BadRow{"OtherPatient", "b-f0,b,0,test,s1,P9,0,0.5\n", "has patient 'P9'"},
        BadRow{"OtherTarget", "b-f0,b,0,test,s1,P1,1,0.5\n", "target 1 here, 'P1' and 0 in an earlier row"},
        BadRow{"Leak", "a-f0,a,0,val,s2,P1,0,0.5\n", "leak: the patient 'P1' both validates and tests"},
        BadRow{"OtherFold", "a-f0,a,1,test,s2,P2,0,0.5\n", "fold 1 here, 'a' and 0 in an earlier row"},
        BadRow{"NoPatient", "a-f0,a,0,test,s2,,0,0.5\n", "scores.csv:3: the sample_id or the patient_id is empty"},
        BadRow{"SameSeries", "mine,a,0,test,s2,P2,0,0.5\n", "both configuration 'a', fold 0"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(ScoresTest, SayWhatTheyAreOf) {
  const auto in_units = [](const std::string& first, const std::string& second) {
    const std::string header = "variant,configuration,fold,role,sample_id,patient_id,target,probability,unit\n";
    const std::vector<NamedText> files = {
        {.name = "scores.csv",
         .text = header + "a-f0,a,0,test,s1,P1,0,0.25," + first + "\na-f1,a,1,test,s2,P2,1,0.5," + second + "\n"}};
    return read_scores(files);
  };
  EXPECT_EQ(in_units("scan", "scan")->variants[0].unit, Unit::kScan);
  EXPECT_EQ(in_units("slice", "")->variants[1].unit, Unit::kSlice);
  EXPECT_THAT(in_units("slice", "scan").error().text(), testing::HasSubstr("has scores of scans here and of slices"));
  EXPECT_THAT(in_units("slice", "voxel").error().text(), testing::HasSubstr("the unit is 'voxel'"));
}

TEST(ScoresTest, NeedTheirColumns) {
  const std::vector<NamedText> files = {{.name = "scores.csv", .text = "variant,fold\n"}};
  EXPECT_THAT(read_scores(files).error().message, testing::HasSubstr("no column 'configuration'"));
}

}  // namespace
}  // namespace alveus::study
