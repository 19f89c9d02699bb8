// SPDX-License-Identifier: Apache-2.0
#include "study/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::study {
namespace {

constexpr std::string_view kHeader = "index,sample_id,patient_id,label,target,split,pixel_sha256\n";

TEST(SamplesTest, ReadsRowsInOrder) {
  const auto samples =
      parse_samples("samples.csv", std::string(kHeader) + "0,a,P1,covid,1,train,abc\n1,b,P2,normal,0,,\n");
  ASSERT_TRUE(samples.has_value());
  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ((*samples)[0].patient_id, "P1");
  EXPECT_EQ((*samples)[0].split, Role::kTrain);
  EXPECT_EQ((*samples)[0].pixel_sha256, "abc");
  EXPECT_EQ((*samples)[1].index, 1U);
  EXPECT_EQ((*samples)[1].target, 0);
  EXPECT_FALSE((*samples)[1].split.has_value());
}

TEST(SamplesTest, ReadsWhereASliceStandsInItsSeries) {
  const auto samples = parse_samples(
      "samples.csv", "index,sample_id,patient_id,target,series_id,position\n0,a,P1,1,ct,12.5\n1,b,P2,0,,\n");
  ASSERT_TRUE(samples.has_value());
  EXPECT_EQ((*samples)[0].series_id, "ct");
  EXPECT_EQ((*samples)[0].position, 12.5);
  EXPECT_EQ((*samples)[1].position, std::nullopt);
}

struct BadTable {
  std::string name;
  std::string rows;
  std::string where;
  std::string part;
};

class BadSamplesTest : public testing::TestWithParam<BadTable> {};

TEST_P(BadSamplesTest, NamesThePlace) {
  const auto samples = parse_samples("samples.csv", std::string(kHeader) + GetParam().rows);
  ASSERT_FALSE(samples.has_value());
  EXPECT_EQ(samples.error().where, GetParam().where);
  EXPECT_THAT(samples.error().message, testing::HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadSamplesTest,
    testing::Values(BadTable{"Gap", "0,a,P1,x,1,,\n2,b,P1,x,1,,\n", "samples.csv:3", "the index is 2 where 1 is due"},
                    BadTable{"Target", "0,a,P1,x,2,,\n", "samples.csv:2", "the target is 2"},
                    BadTable{"NoPatient", "0,a,,x,1,,\n", "samples.csv:2", "the patient_id is empty"},
                    BadTable{"NoSample", "0,,P1,x,1,,\n", "samples.csv:2", "the sample_id is empty"},
                    BadTable{"Twice", "0,a,P1,x,1,,\n1,a,P1,x,1,,\n", "samples.csv:3", "'a' stands twice"},
                    BadTable{"Split", "0,a,P1,x,1,training,\n", "samples.csv:2", "the split is 'training'"},
                    BadTable{"None", "", "samples.csv", "no samples"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(SamplesTest, NeedsItsColumns) {
  const auto samples = parse_samples("samples.csv", "index,sample_id,patient,target\n");
  ASSERT_FALSE(samples.has_value());
  EXPECT_THAT(samples.error().message, testing::HasSubstr("no column 'patient_id'"));
}

TEST(RoleTest, HasANameThatReadsBack) {
  for (const auto role : {Role::kTrain, Role::kValidation, Role::kTest}) EXPECT_EQ(find_role(name_of(role)), role);
  EXPECT_FALSE(find_role("validation").has_value());
}

}  // namespace
}  // namespace alveus::study
