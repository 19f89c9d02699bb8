// SPDX-License-Identifier: Apache-2.0
#include "study/auroc.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "core/random.hpp"

namespace alveus::study {
namespace {

/// Patients with ovarian cancer of DeLong et al. 1988, as the SAS/STAT guide lists them: albumin, total protein,
/// K-G score, outcome.
constexpr std::array<std::array<double, 4>, 43> kPatients = {
    {{3.0, 5.8, 10, 0}, {3.2, 6.3, 5, 1}, {3.9, 6.8, 3, 1}, {2.8, 4.8, 6, 0}, {3.2, 5.8, 3, 1}, {0.9, 4.0, 5, 0},
     {2.5, 5.7, 8, 0},  {1.6, 5.6, 5, 1}, {3.8, 5.7, 5, 1}, {3.7, 6.7, 6, 1}, {3.2, 5.4, 4, 1}, {3.8, 6.6, 6, 1},
     {4.1, 6.6, 5, 1},  {3.6, 5.7, 5, 1}, {4.3, 7.0, 4, 1}, {3.6, 6.7, 4, 0}, {2.3, 4.4, 6, 1}, {4.2, 7.6, 4, 0},
     {4.0, 6.6, 6, 0},  {3.5, 5.8, 6, 1}, {3.8, 6.8, 7, 1}, {3.0, 4.7, 8, 0}, {4.5, 7.4, 5, 1}, {3.7, 7.4, 5, 1},
     {3.1, 6.6, 6, 1},  {4.1, 8.2, 6, 1}, {4.3, 7.0, 5, 1}, {4.3, 6.5, 4, 1}, {3.2, 5.1, 5, 1}, {2.6, 4.7, 6, 1},
     {3.3, 6.8, 6, 0},  {1.7, 4.0, 7, 0}, {3.7, 6.1, 5, 1}, {3.3, 6.3, 7, 1}, {4.2, 7.7, 6, 1}, {3.5, 6.2, 5, 1},
     {2.9, 5.7, 9, 0},  {2.1, 4.8, 7, 1}, {2.8, 6.2, 8, 0}, {4.0, 7.0, 7, 1}, {3.3, 5.7, 6, 1}, {3.7, 6.9, 5, 1},
     {3.6, 6.6, 5, 1}}};

RocArea area_of_column(std::size_t column, double sign) {
  std::vector<double> scores;
  std::vector<int> targets;
  for (const auto& patient : kPatients) {
    scores.push_back(sign * patient.at(column));
    targets.push_back(static_cast<int>(patient[3]));
  }
  return *roc_area(scores, targets);
}

// The areas, standard errors and contrasts that PROC LOGISTIC prints for these data.
TEST(DeLongTest, ReproducesThePublishedExample) {
  const auto albumin = area_of_column(0, 1);
  const auto protein = area_of_column(1, 1);
  const auto score = area_of_column(2, -1);
  EXPECT_NEAR(score.area, 0.7258, 5e-5);
  EXPECT_NEAR(std::sqrt(*score.variance), 0.1028, 5e-5);
  EXPECT_NEAR(albumin.area, 0.7366, 5e-5);
  EXPECT_NEAR(std::sqrt(*albumin.variance), 0.0927, 5e-5);
  EXPECT_NEAR(protein.area, 0.6478, 5e-5);
  EXPECT_NEAR(std::sqrt(*protein.variance), 0.1000, 5e-5);

  const auto test = paired_area_test(protein, score);
  ASSERT_TRUE(test && test->p);
  EXPECT_NEAR(test->difference, -0.07795698924731176, 1e-14);
  EXPECT_NEAR(test->standard_error, 0.1046095887181327, 1e-14);
  EXPECT_NEAR(*test->z, -0.7452183896579926, 1e-12);
  EXPECT_NEAR(*test->p, 0.4561397075074737, 1e-12);
  EXPECT_NEAR(*paired_area_test(albumin, score)->p, 0.9102063472010351, 1e-12);
}

struct Drawn {
  std::vector<double> scores;
  std::vector<int> targets;
};

/// Scores with many ties.
Drawn draw(std::uint64_t seed, std::size_t count) {
  core::Random random(seed, "auroc_test");
  Drawn drawn;
  for (std::size_t i = 0; i < count; ++i) {
    drawn.targets.push_back(random.chance(0.4) ? 1 : 0);
    drawn.scores.push_back(static_cast<double>(random.below(12) + (drawn.targets.back() == 1 ? 3 : 0)) / 15);
  }
  return drawn;
}

double half_win(double winner, double loser) { return winner > loser ? 1 : winner == loser ? 0.5 : 0; }

/// The definition: every pair looked at.
Placements naive_placements(const Drawn& drawn) {
  Placements placements;
  for (std::size_t i = 0; i < drawn.scores.size(); ++i) {
    double wins = 0;
    double opponents = 0;
    for (std::size_t j = 0; j < drawn.scores.size(); ++j) {
      if (drawn.targets[i] == drawn.targets[j]) continue;
      opponents += 1;
      wins += drawn.targets[i] == 1 ? half_win(drawn.scores[i], drawn.scores[j])
                                    : half_win(drawn.scores[j], drawn.scores[i]);
    }
    (drawn.targets[i] == 1 ? placements.positives : placements.negatives).push_back(wins / opponents);
  }
  return placements;
}

TEST(RocAreaTest, AgreesWithAllPairsLookedAt) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto drawn = draw(seed, 20 + seed);
    const auto fast = roc_area(drawn.scores, drawn.targets);
    const auto naive = naive_placements(drawn);
    ASSERT_TRUE(fast.has_value()) << seed;
    ASSERT_EQ(fast->placements.positives.size(), naive.positives.size()) << seed;
    double mean = 0;
    for (std::size_t i = 0; i < naive.positives.size(); ++i) {
      EXPECT_NEAR(fast->placements.positives[i], naive.positives[i], 1e-15) << seed;
      mean += naive.positives[i] / static_cast<double>(naive.positives.size());
    }
    for (std::size_t i = 0; i < naive.negatives.size(); ++i) {
      EXPECT_NEAR(fast->placements.negatives[i], naive.negatives[i], 1e-15) << seed;
    }
    EXPECT_NEAR(fast->area, mean, 1e-14) << seed;
  }
}

struct AreaCase {
  std::vector<double> scores;
  std::vector<int> targets;
  double area;
};

class KnownAreaTest : public testing::TestWithParam<AreaCase> {};

TEST_P(KnownAreaTest, IsTheMannWhitneyStatistic) {
  EXPECT_DOUBLE_EQ(roc_area(GetParam().scores, GetParam().targets)->area, GetParam().area);
}

INSTANTIATE_TEST_SUITE_P(Values, KnownAreaTest,
                         testing::Values(AreaCase{{0.1, 0.2, 0.8, 0.9}, {0, 0, 1, 1}, 1},
                                         AreaCase{{0.1, 0.2, 0.8, 0.9}, {1, 1, 0, 0}, 0},
                                         AreaCase{{0.5, 0.5, 0.5}, {0, 1, 1}, 0.5},
                                         AreaCase{{0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1}, 0.75}));

TEST(RocAreaTest, NeedsBothClasses) {
  EXPECT_FALSE(roc_area(std::vector<double>{0.1, 0.2}, std::vector<int>{1, 1}).has_value());
  EXPECT_FALSE(roc_area({}, {}).has_value());
}

TEST(RocAreaTest, HasNoVarianceWithOneCaseOfAClass) {
  const auto area = roc_area(std::vector<double>{0.1, 0.2, 0.3}, std::vector<int>{0, 0, 1});
  ASSERT_TRUE(area.has_value());
  EXPECT_FALSE(area->variance.has_value());
}

TEST(PairedAreaTest, FindsEqualRankingsEqual) {
  const auto drawn = draw(3, 30);
  auto doubled = drawn.scores;
  for (double& score : doubled) score = score / 2 + 0.1;
  const auto test = paired_area_test(*roc_area(drawn.scores, drawn.targets), *roc_area(doubled, drawn.targets));
  EXPECT_EQ(test->difference, 0);
  EXPECT_EQ(*test->p, 1);
}

TEST(PairedAreaTest, SaysNothingAboutADifferenceThatNeverVaries) {
  const std::vector<int> targets = {0, 0, 1, 1};
  const auto perfect = roc_area(std::vector<double>{0.1, 0.2, 0.8, 0.9}, targets);
  const auto constant = roc_area(std::vector<double>(4, 0.5), targets);
  const auto test = paired_area_test(*perfect, *constant);
  EXPECT_EQ(test->difference, 0.5);
  EXPECT_FALSE(test->p.has_value());
}

}  // namespace
}  // namespace alveus::study
