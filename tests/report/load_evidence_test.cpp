// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/hash.hpp"
#include "report/study_folder.hpp"

namespace alveus::report {
namespace {

using testing::HasSubstr;

std::string error_of(const StudyPaths& paths) {
  const auto evidence = load_evidence(paths, {});
  EXPECT_FALSE(evidence);
  return evidence ? "" : evidence.error().text();
}

TEST(LoadEvidenceTest, ReadsEveryPartOfAStudy) {
  const StudyFolder study;
  const auto evidence = load_evidence(study.paths(), {});
  ASSERT_TRUE(evidence) << evidence.error().text();
  EXPECT_EQ(evidence->metrics.configurations.size(), 3U);
  EXPECT_EQ(evidence->comparison.ranking.front().configuration, "densenet121-lr0.0003-step3-wd0.0001-5d0a41c2");
  EXPECT_EQ(evidence->runs.size(), 10U);
  EXPECT_EQ(evidence->runs.front().variant, "broken-f0");
  EXPECT_EQ(evidence->explanations.size(), 18U);
  EXPECT_EQ(evidence->cohort->patients, 24);
  EXPECT_EQ(evidence->folds->counts.size(), 18U);
  EXPECT_DOUBLE_EQ(*evidence->tensors->window_low, -1250);
  ASSERT_EQ(evidence->failures().size(), 1U);
  EXPECT_EQ(evidence->failures()[0].reason, "the loss is not finite in epoch 3");
}

TEST(LoadEvidenceTest, HashesWhatItReadsButTheTimes) {
  const StudyFolder study;
  const std::string text = R"({"format": "alveus-folds", "format_version": 1, "method": "official", "seed": null,
                               "folds": 1, "sha256": "ab", "counts": []})";
  study.write("folds/folds.json", text);
  const auto evidence = load_evidence(study.paths(), {});
  ASSERT_TRUE(evidence) << evidence.error().text();
  const auto* folds = evidence->find_source("folds/folds.json");
  ASSERT_NE(folds, nullptr);
  EXPECT_EQ(folds->size_bytes, text.size());
  for (const auto& source : evidence->sources) {
    EXPECT_EQ(source.sha256.size(), 64U);
    EXPECT_THAT(source.name, testing::Not(HasSubstr("timing")));
    EXPECT_THAT(source.name, testing::Not(HasSubstr(study.root().string())));
  }
}

TEST(LoadEvidenceTest, GroupsRejectionsByWhatTheyHaveInCommon) {
  const StudyFolder study;
  const auto evidence = load_evidence(study.paths(), {});
  ASSERT_TRUE(evidence);
  ASSERT_EQ(evidence->cohort->rejected.size(), 2U);
  EXPECT_EQ(evidence->cohort->rejected[0], std::pair(std::string("not readable"), std::int64_t{2}));
  EXPECT_EQ(evidence->cohort->rejected[1].first, "the same picture");
}

TEST(LoadEvidenceTest, TakesPicturesOfTheBestAndOfEachFoldInTurn) {
  const StudyFolder study;
  const auto evidence = load_evidence(study.paths(), {.gallery_max = 4});
  ASSERT_TRUE(evidence);
  std::vector<std::string> shown;
  for (const auto& explanation : evidence->explanations) {
    if (!explanation.png.empty())
      shown.push_back(explanation.variant.substr(0, 11) + explanation.variant.back() + explanation.file.substr(0, 2));
  }
  EXPECT_THAT(shown, testing::ElementsAre("densenet121001", "densenet121002", "densenet121101", "densenet121201"));
}

TEST(LoadEvidenceTest, RefusesMetricsAndComparisonOfDifferentScores) {
  const StudyFolder study;
  study.write("comparison/comparison.json",
              R"({"format": "alveus-comparison", "format_version": 1, "scores_sha256": "other", "patients": 2,
                  "positives": 1, "negatives": 1, "best": "x", "ranking": []})");
  EXPECT_THAT(error_of(study.paths()), HasSubstr("was made from other scores"));
}

TEST(LoadEvidenceTest, NamesTheMemberThatIsWrong) {
  const StudyFolder study;
  study.write("metrics.json", R"({"format": "alveus-metrics", "format_version": 1, "configurations": [
      {"configuration": "a", "patient": {"count": "two"}}]})");
  EXPECT_THAT(error_of(study.paths()),
              HasSubstr("metrics.json: 'configurations[0].patient.count' must be a whole number"));
  study.write("metrics.json", R"({"format": "alveus-metrics", "format_version": 2, "configurations": []})");
  EXPECT_THAT(error_of(study.paths()), HasSubstr("format version that this program does not know"));
  study.write("metrics.json", "{\"format\": ");
  EXPECT_THAT(error_of(study.paths()), HasSubstr("metrics.json:1:"));
}

TEST(LoadEvidenceTest, RefusesPicturesThatAreNone) {
  const StudyFolder study;
  study.write("explanations/0-0/01_P003_04.png", "<svg onload=alert(1)>");
  EXPECT_THAT(error_of(study.paths()), HasSubstr("01_P003_04.png: is no PNG picture"));
}

TEST(LoadEvidenceTest, RefusesPicturesOutsideTheirFolder) {
  const StudyFolder study;
  study.write("explanations/0-0/explanations.csv",
              "file,variant,sample_id,patient_id,target,probability\n../../secret.png,v,s,p,1,0.5\n");
  EXPECT_THAT(error_of(study.paths()), HasSubstr("explanations.csv:2: 'file' must name a picture of the same folder"));
}

TEST(LoadEvidenceTest, RefusesTheSameTrainingTwice) {
  const StudyFolder study;
  auto paths = study.paths();
  paths.training.push_back(paths.training.front());
  EXPECT_THAT(error_of(paths), HasSubstr("was given twice"));
}

TEST(LoadEvidenceTest, NamesAMissingFile) {
  const StudyFolder study;
  auto paths = study.paths();
  paths.metrics = study.root() / "nowhere.json";
  EXPECT_THAT(error_of(paths), HasSubstr("nowhere.json"));
}

}  // namespace
}  // namespace alveus::report
