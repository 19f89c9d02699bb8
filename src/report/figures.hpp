// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/evidence.hpp"
#include "report/markup.hpp"

namespace alveus::report {

/// Configurations drawn with a colour and a dash of their own; more cannot be told apart.
inline constexpr std::size_t kSeriesMax = 6;

/// One configuration of a chart. `index` < kSeriesMax picks colour and dash; others are drawn in thin grey.
struct RocSeries {
  std::size_t index = 0;
  std::vector<RocPoint> points;
  std::vector<RocPoint> operating_points;  ///< where the validation-fixed threshold puts it
};

/// Receiver operating characteristic curves over one another, with the line of chance.
Markup roc_figure(std::span<const RocSeries> series);

/// Neighbouring bins joined until each holds at least `count_min` cases; exact, because a bin knows its count and
/// means.
std::vector<CalibrationBin> joined_bins(std::span<const CalibrationBin> bins, std::int64_t count_min);

/// Observed share of positives against predicted probability with Wilson intervals; below, how many cases of each class
/// got which probability.
Markup reliability_figure(const Level& level, std::size_t series, const std::string& title);

/// Axes that several charts of trainings share, so that they can be compared at a glance.
struct TrainingAxes {
  double epochs = 1;
  double loss_max = 1;
};
TrainingAxes shared_axes(std::span<const TrainingRun* const> runs);
/// Losses (left axis) and validation AUC (right axis) over the epochs; the best epoch is marked.
Markup training_figure(const TrainingRun& run, const TrainingAxes& axes);

/// Two rows (truth) and two columns (call) with counts and row shares.
Markup confusion_figure(const Confusion& confusion, const std::string& negative, const std::string& positive);

/// A forest plot of which every row is a drawing of its own, to stand in a table: the rows share the scale.
class ForestPlot {
 public:
  /// `reference` is drawn through all rows (the best one's value).
  ForestPlot(std::span<const Estimate> estimates, std::optional<double> reference, double row_height);
  /// The axis with its label, as high as a header row.
  Markup header(const std::string& label) const;
  Markup row(const Estimate& estimate, bool emphasised) const;

 private:
  double x_of(double value) const;
  double low_ = 0;
  double high_ = 1;
  std::optional<double> reference_;
  double row_height_;
};

}  // namespace alveus::report
