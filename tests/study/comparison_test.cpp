// SPDX-License-Identifier: Apache-2.0
#include "study/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "study/score_tables.hpp"

namespace alveus::study {
namespace {

using testing::HasSubstr;

const MetricsOptions kOptions = {.resamples = 400};

Comparison compare(const std::vector<NamedText>& files) {
  return *compare_configurations(*read_scores(files), kOptions);
}

/// Three configurations from good to useless.
std::vector<NamedText> three(const SyntheticStudy& study) {
  return joined(joined(study.tables("useless", 0), study.tables("middling", 0.12)), study.tables("good", 0.4));
}

TEST(ComparisonTest, RanksByArea) {
  const auto comparison = compare(three({.patients = 60, .folds = 3}));
  ASSERT_EQ(comparison.ranking.size(), 3U);
  EXPECT_EQ(comparison.ranking[0].configuration, "good");
  EXPECT_EQ(comparison.ranking[2].configuration, "useless");
  EXPECT_EQ(comparison.ranking[2].rank, 3);
  EXPECT_FALSE(comparison.ranking[0].versus_best.has_value());
  EXPECT_EQ(comparison.patients, 60U);
  EXPECT_EQ(comparison.positives, 30U);
}

TEST(ComparisonTest, NeverRanksWithoutAnInterval) {
  for (const auto& ranked : compare(three({.patients = 12})).ranking) {
    ASSERT_TRUE(ranked.auroc.interval.has_value());
    EXPECT_LE(ranked.auroc.interval->low, *ranked.auroc.value);
    EXPECT_LE(ranked.rank_low, ranked.rank_high);
    EXPECT_LE(ranked.rank_low, static_cast<double>(ranked.rank));
  }
}

TEST(ComparisonTest, TellsAUselessConfigurationFromAGoodOne) {
  const auto comparison = compare(three({.patients = 60, .folds = 3}));
  const auto& useless = *comparison.ranking[2].versus_best;
  EXPECT_TRUE(useless.separable);
  EXPECT_LT(useless.difference, 0);
  EXPECT_LT(useless.percentile.high, 0);
  EXPECT_LT(useless.bootstrap_p, 0.05);
  EXPECT_LT(*useless.area_test.z, 0);
  EXPECT_GE(*useless.area_p_holm, *useless.area_test.p);
  EXPECT_GT(useless.calls_test.only_first_right, useless.calls_test.only_second_right);
  EXPECT_EQ(comparison.ranking[0].rank_low, 1);
  EXPECT_GT(comparison.ranking[0].probability_best, 0.9);
}

TEST(ComparisonTest, SharesOutTheChanceOfBeingBest) {
  double sum = 0;
  for (const auto& ranked : compare(three({.patients = 16})).ranking) sum += ranked.probability_best;
  EXPECT_NEAR(sum, 1, 1e-12);
}

/// The same scores under two names.
std::vector<NamedText> twins() {
  const SyntheticStudy study;
  auto files = study.tables("a", 0.2);
  for (const auto& file : study.tables("a", 0.2)) {
    std::string text = file.text;
    for (std::size_t at = text.find("a-f"); at != std::string::npos; at = text.find("a-f", at)) {
      text.replace(at, 3, "b-f");
    }
    for (std::size_t at = text.find(",a,"); at != std::string::npos; at = text.find(",a,", at)) {
      text.replace(at, 3, ",b,");
    }
    files.push_back({.name = "twin", .text = text});
  }
  return files;
}

TEST(ComparisonTest, FindsTwinsEqual) {
  const auto comparison = compare(twins());
  ASSERT_EQ(comparison.ranking.size(), 2U);
  EXPECT_EQ(comparison.ranking[0].rank, 1);
  EXPECT_EQ(comparison.ranking[1].rank, 1);
  const auto& versus = *comparison.ranking[1].versus_best;
  EXPECT_EQ(versus.difference, 0);
  EXPECT_EQ(versus.percentile, (Interval{.low = 0, .high = 0}));
  EXPECT_EQ(*versus.area_p_holm, 1);
  EXPECT_EQ(versus.bootstrap_p, 1);
  EXPECT_EQ(versus.calls_p_holm, 1);
  EXPECT_FALSE(versus.separable);
  EXPECT_DOUBLE_EQ(comparison.ranking[0].probability_best, 0.5);
  EXPECT_THAT(comparison.warnings, testing::Contains(HasSubstr("2 configurations share the highest AUROC")));
}

/// Twenty configurations that know nothing: the best looks good, out of bag it does not.
TEST(ComparisonTest, CorrectsTheBestOfManyForItsChoice) {
  const SyntheticStudy study{.patients = 30, .folds = 3};
  std::vector<NamedText> files;
  for (int i = 0; i < 20; ++i) files = joined(files, study.tables("chance" + std::to_string(i), 0));
  const auto comparison = compare(files);
  ASSERT_TRUE(comparison.selection.has_value());
  EXPECT_GT(comparison.selection->apparent, 0.62);
  EXPECT_LT(comparison.selection->corrected, comparison.selection->apparent - 0.05);
  EXPECT_LT(comparison.selection->interval.low, 0.5);
  EXPECT_GT(comparison.selection->resamples, 350U);
}

TEST(ComparisonTest, HasNothingToSelectFromOne) {
  const auto comparison = compare(SyntheticStudy{}.tables("a", 0.2));
  EXPECT_FALSE(comparison.selection.has_value());
  EXPECT_EQ(comparison.ranking.size(), 1U);
}

TEST(ComparisonTest, ExcludesWhatLacksPatients) {
  const SyntheticStudy study;
  auto files = study.tables("whole", 0.1);
  files.push_back({.name = "half", .text = study.table("half", 0, 0.4)});
  const auto comparison = compare(files);
  ASSERT_EQ(comparison.ranking.size(), 1U);
  ASSERT_EQ(comparison.excluded.size(), 1U);
  EXPECT_EQ(comparison.excluded[0].configuration, "half");
  EXPECT_EQ(comparison.excluded[0].reason, "no test scores for 10 of 20 patients");
}

TEST(ComparisonTest, RefusesWhenNothingIsComplete) {
  const SyntheticStudy study;
  const std::vector<NamedText> files = {{.name = "a", .text = study.table("a", 0, 0.4)},
                                        {.name = "b", .text = study.table("b", 1, 0.4)}};
  const auto comparison = compare_configurations(*read_scores(files), kOptions);
  ASSERT_FALSE(comparison.has_value());
  EXPECT_THAT(comparison.error().message, HasSubstr("no configuration has test scores for all 20 patients"));
}

TEST(ComparisonTest, RefusesAClassOfOnePatient) {
  const auto comparison =
      compare_configurations(*read_scores(SyntheticStudy{.patients = 3, .folds = 2}.tables("a", 0.2)), kOptions);
  ASSERT_FALSE(comparison.has_value());
  EXPECT_THAT(comparison.error().message, HasSubstr("1 positive and 2 negative patients"));
}

TEST(ComparisonTest, MarksADifferenceWithoutVariance) {
  std::string text = kScoreHeader;
  for (int patient = 0; patient < 8; ++patient) {
    const int target = patient % 2;
    const std::string cells =
        ",0,test,s" + std::to_string(patient) + ",P" + std::to_string(patient) + "," + std::to_string(target) + ",";
    text += "perfect-f0,perfect" + cells + (target == 1 ? "0.9\n" : "0.1\n");
    text += "constant-f0,constant" + cells + "0.5\n";
  }
  const std::vector<NamedText> files = {{.name = "scores", .text = text}};
  const auto comparison = compare(files);
  const auto& versus = *comparison.ranking[1].versus_best;
  EXPECT_FALSE(versus.area_p_holm.has_value());
  EXPECT_FALSE(versus.separable);
  EXPECT_LT(versus.bootstrap_p, 0.01);
  EXPECT_THAT(comparison.warnings, testing::Contains(HasSubstr("DeLong's test does not apply")));
}

TEST(ComparisonDocumentTest, HasTheDocumentedMembers) {
  const auto document = to_value(compare(three({})));
  EXPECT_EQ(document.string_or("format", ""), "alveus-comparison");
  EXPECT_EQ(document.string_or("best", ""), "good");
  const auto& ranking = document.find("ranking")->as_array();
  EXPECT_TRUE(ranking[0].find("versus_best")->is_null());
  const auto& versus = *ranking[1].find("versus_best");
  for (const auto* name :
       {"difference", "low", "high", "interval", "bca", "bootstrap_p", "delong", "mcnemar", "separable"}) {
    EXPECT_NE(versus.find(name), nullptr) << name;
  }
  for (const auto* name : {"apparent_auroc", "corrected_auroc", "low", "high", "resamples"}) {
    EXPECT_NE(document.find("selection")->find(name), nullptr) << name;
  }
}

TEST(ComparisonDocumentTest, IsTheSameForTheSameScores) {
  auto files = three({});
  const auto first = core::to_json(to_value(compare(files)));
  std::ranges::reverse(files);
  EXPECT_EQ(first, core::to_json(to_value(compare(files))));
}

TEST(RankingTableTest, HasARowForEachWithItsInterval) {
  const auto table = core::CsvTable::parse("ranking.csv", ranking_csv(compare(three({}))));
  ASSERT_TRUE(table.has_value());
  ASSERT_EQ(table->row_count(), 3U);
  EXPECT_EQ(table->cell(0, "configuration"), "good");
  EXPECT_EQ(table->cell(0, "difference"), "");
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_LE(*table->real(row, "low"), *table->real(row, "auroc"));
    EXPECT_GE(*table->real(row, "high"), *table->real(row, "auroc"));
  }
  EXPECT_LE(*table->real(2, "delong_p"), *table->real(2, "delong_p_holm"));
}

}  // namespace
}  // namespace alveus::study
