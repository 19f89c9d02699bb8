// SPDX-License-Identifier: Apache-2.0
#include "report/figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace alveus::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t count_of(const std::string& text, const std::string& piece) {
  std::size_t count = 0;
  for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++count;
  return count;
}

TEST(JoinedBinsTest, JoinsNeighboursUntilEachHoldsEnoughAndKeepsTheMeans) {
  const std::vector<CalibrationBin> bins = {{0.1, 0.0, 2}, {0.3, 1.0, 2}, {0.6, 0.5, 4}, {0.9, 1.0, 1}};
  const auto joined = joined_bins(bins, 4);
  ASSERT_EQ(joined.size(), 2U);
  EXPECT_DOUBLE_EQ(joined[0].mean_probability, 0.2);
  EXPECT_DOUBLE_EQ(joined[0].observed, 0.5);
  EXPECT_EQ(joined[1].count, 5);
  EXPECT_DOUBLE_EQ(joined[1].mean_probability, (4 * 0.6 + 0.9) / 5);
  EXPECT_DOUBLE_EQ(joined[1].observed, 0.6);
}

TEST(JoinedBinsTest, LeavesFewCasesInOneBin) {
  const std::vector<CalibrationBin> bins = {{0.1, 0.0, 1}, {0.3, 1.0, 0}, {0.5, 1.0, 1}};
  const auto joined = joined_bins(bins, 10);
  ASSERT_EQ(joined.size(), 1U);
  EXPECT_EQ(joined[0].count, 2);
}

TEST(RocFigureTest, GivesEachSeriesItsStyleAndDrawsTheBestLast) {
  const std::vector<RocSeries> series = {
      {.index = 0, .points = {{0, 0}, {0, 1}, {1, 1}}, .operating_points = {{0.1, 0.9}}},
      {.index = 7, .points = {{0, 0}, {1, 1}}, .operating_points = {}}};
  const std::string svg = roc_figure(series).html();
  EXPECT_THAT(svg, HasSubstr("curve series-other"));
  EXPECT_LT(svg.find("curve series-other"), svg.find("curve series-1"));
  // (fpr 0, tpr 1) is the upper left corner of the area of data: 56, 10.
  EXPECT_THAT(svg, HasSubstr("points=\"56,390 56,10 436,10\""));
  EXPECT_EQ(count_of(svg, "mark series-1"), 1U);
}

TEST(TrainingFigureTest, SkipsWhatIsNotANumberAndMarksTheBestEpoch) {
  TrainingRun run;
  run.variant = "v";
  run.best_epoch = 2;
  for (int epoch = 1; epoch <= 3; ++epoch) {
    run.history.push_back({.epoch = epoch,
                           .learning_rate = {},
                           .train_loss = 0.5,
                           .validation_loss = epoch == 3 ? std::nan("") : 0.4,
                           .validation_auc = std::nullopt});
  }
  const TrainingRun* runs[] = {&run};
  const std::string svg = training_figure(run, shared_axes(runs)).html();
  EXPECT_EQ(count_of(svg, "dot train-loss"), 3U);
  EXPECT_EQ(count_of(svg, "dot val-loss"), 2U);
  EXPECT_EQ(count_of(svg, "dot val-auc"), 0U);
  EXPECT_EQ(count_of(svg, "class=\"best-epoch\""), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(TrainingFigureTest, DrawsOneEpochAsDots) {
  TrainingRun run;
  run.history.push_back(
      {.epoch = 1, .learning_rate = {}, .train_loss = 0.5, .validation_loss = 0.6, .validation_auc = 0.7});
  const TrainingRun* runs[] = {&run};
  const std::string svg = training_figure(run, shared_axes(runs)).html();
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_EQ(count_of(svg, "<circle"), 3U);
}

TEST(SharedAxesTest, AreNotStretchedByAFewExplodingEpochs) {
  TrainingRun run;
  for (int epoch = 1; epoch <= 100; ++epoch) {
    run.history.push_back({.epoch = epoch,
                           .learning_rate = {},
                           .train_loss = epoch == 50 ? 1e9 : 0.5,
                           .validation_loss = 0.6,
                           .validation_auc = {}});
  }
  const TrainingRun* runs[] = {&run};
  EXPECT_DOUBLE_EQ(shared_axes(runs).loss_max, 1.05 * 0.6);
  EXPECT_DOUBLE_EQ(shared_axes(runs).epochs, 100);
}

TEST(ConfusionFigureTest, ShowsCountsAndRowShares) {
  const std::string svg =
      confusion_figure({.true_positives = 9, .false_negatives = 1, .false_positives = 0, .true_negatives = 0}, "no",
                       "yes")
          .html();
  EXPECT_THAT(svg, HasSubstr(">9</text>"));
  EXPECT_THAT(svg, HasSubstr(">90\xC2\xA0%</text>"));
  // No negatives, no shares of them.
  EXPECT_EQ(count_of(svg, "%</text>"), 2U);
}

TEST(ForestPlotTest, SharesOneScaleThatHoldsAllIntervals) {
  const std::vector<Estimate> estimates = {{0.9, 0.8, 1.0, "wilson"}, {0.7, 0.43, 0.8, "wilson"}};
  const ForestPlot plot(estimates, 0.9, 40);
  EXPECT_THAT(plot.header("AUC").html(), HasSubstr(">0.4</text>"));
  // 1.0 lies at the right margin, whatever the row.
  EXPECT_THAT(plot.row(estimates[0], true).html(), HasSubstr("x2=\"238\""));
  EXPECT_THAT(plot.row({}, false).html(), Not(HasSubstr("forest-mark")));
}

}  // namespace
}  // namespace alveus::report
