// SPDX-License-Identifier: Apache-2.0
#include "study/validation_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "study/comparison.hpp"
#include "study/score_tables.hpp"

namespace alveus::study {
namespace {

using testing::ElementsAre;
using testing::Field;

const MetricsOptions kOptions = {.resamples = 200};

/// One row a patient in each part of fold 0: "PROBABILITY of the negative, of the positive".
std::string rows(const std::string& configuration, int fold, const std::string& role, double negative,
                 double positive) {
  std::string text;
  for (int pair = 0; pair < 3; ++pair) {
    for (const int target : {0, 1}) {
      // Each fold tests the patients that the other one validates.
      const int group = role == "test" ? fold : 1 - fold;
      const std::string patient = "P" + std::to_string(100 * group + 10 * target + pair);
      text += configuration + "-f" + std::to_string(fold) + "," + configuration + "," + std::to_string(fold) + "," +
              role + "," + patient + "_0," + patient + "," + std::to_string(target) + "," +
              core::number_text((target == 1 ? positive : negative) + 0.01 * pair) + "\n";
    }
  }
  return text;
}

Scores scores_of(const std::string& text) {
  const std::vector<NamedText> files = {{.name = "scores.csv", .text = kScoreHeader + text}};
  return *read_scores(files);
}

/// "early" is right on what fold 0 validates and wrong on its test, "late" the other way round, in both folds.
Scores opposite() {
  std::string text;
  for (const int fold : {0, 1}) {
    text += rows("early", fold, "val", 0.2, 0.8) + rows("early", fold, "test", 0.7, 0.3);
    text += rows("late", fold, "val", 0.7, 0.3) + rows("late", fold, "test", 0.2, 0.8);
  }
  return scores_of(text);
}

TEST(ValidationChoiceTest, LetsNoTestPatientHaveASay) {
  const auto choice = choose_on_validation(opposite(), {"early", "late"}, kOptions);
  ASSERT_TRUE(choice.has_value() && choice->has_value());
  EXPECT_THAT((*choice)->folds,
              ElementsAre(Field(&FoldChoice::configuration, "early"), Field(&FoldChoice::configuration, "early")));
  EXPECT_EQ((*choice)->folds[0].validation_auroc, 1);
  EXPECT_EQ(*(*choice)->patients.metric("auroc").value, 0);
  EXPECT_EQ((*choice)->patients.count, 12U);
}

TEST(ValidationChoiceTest, ChoosesAnewInEachFold) {
  const auto scores =
      scores_of(rows("a", 0, "val", 0.2, 0.8) + rows("a", 0, "test", 0.2, 0.8) + rows("a", 1, "val", 0.7, 0.3) +
                rows("a", 1, "test", 0.7, 0.3) + rows("b", 0, "val", 0.7, 0.3) + rows("b", 0, "test", 0.7, 0.3) +
                rows("b", 1, "val", 0.2, 0.8) + rows("b", 1, "test", 0.2, 0.8));
  const auto choice = *choose_on_validation(scores, {"a", "b"}, kOptions);
  EXPECT_THAT(choice->folds,
              ElementsAre(Field(&FoldChoice::configuration, "a"), Field(&FoldChoice::configuration, "b")));
  EXPECT_EQ(*choice->patients.metric("auroc").value, 1);
  EXPECT_EQ(*choice->slices.metric("accuracy").value, 1);
}

TEST(ValidationChoiceTest, TakesTheFirstNameOfEqualOnes) {
  const auto scores = scores_of(rows("b", 0, "val", 0.2, 0.8) + rows("b", 0, "test", 0.2, 0.8) +
                                rows("a", 0, "val", 0.3, 0.7) + rows("a", 0, "test", 0.2, 0.8));
  EXPECT_EQ((*choose_on_validation(scores, {"a", "b"}, kOptions))->folds[0].configuration, "a");
}

TEST(ValidationChoiceTest, LooksAtNoOtherConfiguration) {
  EXPECT_EQ((*choose_on_validation(opposite(), {"late"}, kOptions))->folds[0].configuration, "late");
}

TEST(ValidationChoiceTest, SaysNothingWhereValidationLacksAClass) {
  const auto scores = scores_of(
      "a-f0,a,0,val,s1,P1,1,0.6\n"
      "a-f0,a,0,test,s2,P2,1,0.6\n"
      "a-f0,a,0,test,s3,P3,0,0.2\n");
  EXPECT_EQ(choose_on_validation(scores, {"a"}, kOptions)->has_value(), false);
}

TEST(ValidationChoiceTest, StandsInTheComparison) {
  const auto comparison = to_value(*compare_configurations(opposite(), kOptions));
  EXPECT_EQ(comparison.find("best")->as_string(), "late");
  const auto* choice = comparison.find("validation_choice");
  ASSERT_NE(choice, nullptr);
  EXPECT_EQ(choice->find("folds")->as_array()[1].find("configuration")->as_string(), "early");
  EXPECT_EQ(choice->find("patient")->find("auroc")->find("value")->as_real(), 0);
}

}  // namespace
}  // namespace alveus::study
