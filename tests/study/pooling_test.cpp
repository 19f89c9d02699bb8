// SPDX-License-Identifier: Apache-2.0
#include "study/pooling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "study/score_tables.hpp"

namespace alveus::study {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scores scores_of(const std::string& rows) {
  const std::vector<NamedText> files = {{.name = "scores.csv", .text = kScoreHeader + rows}};
  return *read_scores(files);
}

/// Two folds; P1 and P2 are tested in fold 0, P3 and P4 in fold 1.
constexpr std::string_view kTwoFolds =
    "a-f0,a,0,test,s1,P1,0,0.1\n"
    "a-f0,a,0,test,s2,P1,0,0.5\n"
    "a-f0,a,0,test,s3,P2,1,0.6\n"
    "a-f0,a,0,val,s5,P3,0,0.2\n"
    "a-f0,a,0,val,s7,P4,1,0.36\n"
    "a-f1,a,1,test,s5,P3,0,0.7\n"
    "a-f1,a,1,test,s6,P3,0,0.3\n"
    "a-f1,a,1,test,s7,P4,1,0.9\n"
    "a-f1,a,1,val,s1,P1,0,0.5\n"
    "a-f1,a,1,val,s3,P2,1,0.7\n";

TEST(PoolingTest, JoinsTheTestPartsOfAllFolds) {
  const auto scores = scores_of(std::string(kTwoFolds));
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{1, 0}, Aggregate::kMean, ThresholdRule::kHalf);
  ASSERT_TRUE(pooled.has_value());
  EXPECT_THAT(pooled->patient_ids, ElementsAre("P1", "P2", "P3", "P4"));
  EXPECT_THAT(pooled->patient_folds, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(pooled->patients.probabilities, ElementsAre(0.3, 0.6, 0.5, 0.9));
  EXPECT_THAT(pooled->patients.targets, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(pooled->slices.names, ElementsAre("s1", "s2", "s3", "s5", "s6", "s7"));
  EXPECT_THAT(pooled->slices.patients, ElementsAre(0, 0, 1, 2, 2, 3));
  EXPECT_THAT(pooled->slices.probabilities, ElementsAre(0.1, 0.5, 0.6, 0.7, 0.3, 0.9));
}

TEST(PoolingTest, TakesTheThresholdOfEachFoldFromItsValidation) {
  const auto scores = scores_of(std::string(kTwoFolds));
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{0, 1}, Aggregate::kMean, ThresholdRule::kYouden);
  ASSERT_EQ(pooled->thresholds.size(), 2U);
  EXPECT_DOUBLE_EQ(pooled->thresholds[0].patient, 0.28);  // between 0.2 and 0.36
  EXPECT_DOUBLE_EQ(pooled->thresholds[1].patient, 0.6);   // between 0.5 and 0.7
  EXPECT_EQ(pooled->thresholds[1].source, ThresholdSource::kValidation);
  // P1 has 0.3 at a threshold of 0.28, P3 has 0.5 at one of 0.6.
  EXPECT_THAT(pooled->patients.calls, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(pooled->slices.calls, ElementsAre(0, 1, 1, 1, 0, 1));
}

TEST(PoolingTest, MayTakeTheMaximumOfAPatientsSlices) {
  const auto scores = scores_of(std::string(kTwoFolds));
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{0, 1}, Aggregate::kMax, ThresholdRule::kHalf);
  EXPECT_THAT(pooled->patients.probabilities, ElementsAre(0.5, 0.6, 0.7, 0.9));
  EXPECT_THAT(pooled->patients.calls, ElementsAre(1, 1, 1, 1));
}

TEST(PoolingTest, AveragesTheSeedsOfAFold) {
  const auto scores = scores_of(
      "a-f0-s1,a,0,test,s1,P1,0,0.25\n"
      "a-f0-s2,a,0,test,s1,P1,0,0.75\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{0, 1}, Aggregate::kMean, ThresholdRule::kHalf);
  ASSERT_TRUE(pooled.has_value());
  EXPECT_THAT(pooled->patients.probabilities, ElementsAre(0.5));
}

TEST(PoolingTest, RefusesSeedsThatScoredDifferentSlices) {
  const auto scores = scores_of(
      "a-f0-s1,a,0,test,s1,P1,0,0.25\n"
      "a-f0-s2,a,0,test,s2,P1,0,0.75\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{0, 1}, Aggregate::kMean, ThresholdRule::kHalf);
  ASSERT_FALSE(pooled.has_value());
  EXPECT_THAT(pooled.error().message, HasSubstr("'a-f0-s1' and 'a-f0-s2' are seeds of one fold"));
}

TEST(PoolingTest, RefusesAPatientTestedTwice) {
  const auto scores = scores_of(
      "a-f0,a,0,test,s1,P1,0,0.25\n"
      "a-f1,a,1,test,s1,P1,0,0.75\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 2>{0, 1}, Aggregate::kMean, ThresholdRule::kHalf);
  ASSERT_FALSE(pooled.has_value());
  EXPECT_THAT(pooled.error().message, HasSubstr("'P1' is tested in folds 0 and 1"));
}

TEST(PoolingTest, RefusesAVariantWithoutTestScores) {
  const auto scores = scores_of("a-f0,a,0,val,s1,P1,0,0.25\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 1>{0}, Aggregate::kMean, ThresholdRule::kHalf);
  ASSERT_FALSE(pooled.has_value());
  EXPECT_THAT(pooled.error().message, HasSubstr("'a-f0' has no test scores"));
}

TEST(PoolingTest, FallsBackToAHalfAndSaysSo) {
  const auto scores = scores_of(
      "a-f0,a,0,test,s1,P1,0,0.25\n"
      "a-f0,a,0,val,s2,P2,0,0.75\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 1>{0}, Aggregate::kMean, ThresholdRule::kYouden);
  ASSERT_TRUE(pooled.has_value());
  EXPECT_EQ(pooled->thresholds[0].source, ThresholdSource::kFallback);
  EXPECT_EQ(pooled->thresholds[0].patient, 0.5);
  ASSERT_EQ(pooled->warnings.size(), 1U);
  EXPECT_THAT(pooled->warnings[0], HasSubstr("'a-f0': its validation scores decide no threshold (youden)"));
}

TEST(PoolingTest, CountsAPatientAsPositiveForOneSlice) {
  const auto scores = scores_of(
      "a-f0,a,0,test,s1,P1,0,0.25\n"
      "a-f0,a,0,test,s2,P1,1,0.75\n");
  const auto pooled = pool_scores(scores, std::array<std::size_t, 1>{0}, Aggregate::kMean, ThresholdRule::kHalf);
  EXPECT_THAT(pooled->patients.targets, ElementsAre(1));
  EXPECT_THAT(pooled->slices.targets, ElementsAre(0, 1));
}

/// Whatever the test scores are, thresholds stay.
TEST(PoolingTest, NeverLetsTestScoresMoveAThreshold) {
  const SyntheticStudy study;
  auto text = study.table("a", 0, 0.2);
  const std::vector<NamedText> files = {{.name = "a", .text = text}};
  const auto scores = *read_scores(files);
  auto changed = scores;
  for (auto& score : changed.variants[0].test) score.probability = 1 - score.probability;
  const std::array<std::size_t, 1> variant = {0};
  const auto before = pool_scores(scores, variant, Aggregate::kMean, ThresholdRule::kSensitivity95);
  const auto after = pool_scores(changed, variant, Aggregate::kMean, ThresholdRule::kSensitivity95);
  EXPECT_EQ(before->thresholds[0].patient, after->thresholds[0].patient);
  EXPECT_EQ(before->thresholds[0].slice, after->thresholds[0].slice);
  EXPECT_NE(before->patients.probabilities, after->patients.probabilities);
}

}  // namespace
}  // namespace alveus::study
