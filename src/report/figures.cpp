// SPDX-License-Identifier: Apache-2.0
#include "report/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "report/chart.hpp"
#include "report/number.hpp"
#include "study/intervals.hpp"

namespace alveus::report {
namespace {

std::string series_style(std::string_view kind, std::size_t index) {
  return std::string(kind) + " series-" + (index < kSeriesMax ? std::to_string(index + 1) : "other");
}

std::int64_t largest(const std::vector<std::int64_t>& counts) { return counts.empty() ? 0 : std::ranges::max(counts); }

/// Bars of both classes over the probability: positives upwards, negatives downwards.
void draw_histogram(Drawing& drawing, const Level& level, Point corner, double width, double height) {
  const std::int64_t most =
      std::max({largest(level.histogram_negatives), largest(level.histogram_positives), std::int64_t{1}});
  const double middle = corner.y + height / 2;
  const double unit = (height / 2) / static_cast<double>(most);
  const auto draw = [&](const std::vector<std::int64_t>& counts, bool upwards) {
    if (counts.empty()) return;
    const double bar = width / static_cast<double>(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const double tall = unit * static_cast<double>(counts[i]);
      drawing.rectangle({corner.x + bar * static_cast<double>(i) + 0.5, upwards ? middle - tall : middle}, bar - 1,
                        tall, upwards ? "bar-positive" : "bar-negative");
    }
  };
  draw(level.histogram_positives, true);
  draw(level.histogram_negatives, false);
  drawing.line({corner.x, middle}, {corner.x + width, middle}, "axis");
  drawing.text({corner.x - 7, corner.y + 8}, TextAnchor::kEnd, "tick", count_text(most));
  drawing.text({corner.x - 7, middle + 3.5}, TextAnchor::kEnd, "tick", "0");
  drawing.text({corner.x - 7, corner.y + height}, TextAnchor::kEnd, "tick", count_text(most));
}

/// Where a curve leaves the chart it runs along its edge.
std::vector<Point> curve_of(const TrainingRun& run, const PlotFrame& frame, const Scale& scale,
                            std::optional<double> Epoch::* member) {
  std::vector<Point> points;
  for (const auto& epoch : run.history) {
    const auto value = epoch.*member;
    if (!value || !std::isfinite(*value)) continue;
    points.push_back({frame.x(static_cast<double>(epoch.epoch)), scale(std::clamp(*value, scale.low, scale.high))});
  }
  return points;
}

void draw_curve(Drawing& drawing, const std::vector<Point>& points, const std::string& name) {
  constexpr std::size_t kDotsMax = 15;
  drawing.path(points, "curve " + name);
  if (points.size() > kDotsMax) return;
  for (const auto& point : points) drawing.circle(point, 2.2, "dot " + name);
}

}  // namespace

Markup roc_figure(std::span<const RocSeries> series) {
  constexpr double kSide = 380;
  Drawing drawing(kSide + 70, kSide + 60);
  const PlotFrame frame =
      draw_frame(drawing, {56, 10}, kSide, kSide, {.label = "1 \xE2\x88\x92 specificity"}, {.label = "Sensitivity"});
  drawing.line({frame.x(0), frame.y(0)}, {frame.x(1), frame.y(1)}, "chance");
  // The best is drawn last, on top.
  for (std::size_t i = series.size(); i-- > 0;) {
    std::vector<Point> points;
    for (const auto& point : series[i].points) {
      points.push_back({frame.x(point.false_positive_rate), frame.y(point.true_positive_rate)});
    }
    drawing.path(points, series_style("curve", series[i].index));
  }
  for (std::size_t i = series.size(); i-- > 0;) {
    for (const auto& point : series[i].operating_points) {
      drawing.circle({frame.x(point.false_positive_rate), frame.y(point.true_positive_rate)}, 4.5,
                     series_style("mark", series[i].index));
    }
  }
  return drawing.finish("Receiver operating characteristic curves");
}

std::vector<CalibrationBin> joined_bins(std::span<const CalibrationBin> bins, std::int64_t count_min) {
  std::vector<CalibrationBin> joined;
  const auto add = [](CalibrationBin& to, const CalibrationBin& bin) {
    const auto before = static_cast<double>(to.count);
    const auto more = static_cast<double>(bin.count);
    if (before + more == 0) return;
    to.mean_probability = (to.mean_probability * before + bin.mean_probability * more) / (before + more);
    to.observed = (to.observed * before + bin.observed * more) / (before + more);
    to.count += bin.count;
  };
  for (const auto& bin : bins) {
    if (bin.count == 0) continue;
    if (joined.empty() || joined.back().count >= count_min) {
      joined.push_back(bin);
    } else {
      add(joined.back(), bin);
    }
  }
  if (joined.size() > 1 && joined.back().count < count_min) {
    add(joined[joined.size() - 2], joined.back());
    joined.pop_back();
  }
  return joined;
}

Markup reliability_figure(const Level& level, std::size_t series, const std::string& title) {
  constexpr double kSide = 186;
  constexpr double kHistogram = 56;
  Drawing drawing(kSide + 64, kSide + kHistogram + 66);
  const PlotFrame frame =
      draw_frame(drawing, {50, 8}, kSide, kSide, {.label = ""}, {.label = "Observed share positive"});
  drawing.line({frame.x(0), frame.y(0)}, {frame.x(1), frame.y(1)}, "chance");
  const std::int64_t count_min = std::max<std::int64_t>(4, level.count / 10);
  std::vector<Point> points;
  for (const auto& bin : joined_bins(level.calibration, count_min)) {
    const Point point{frame.x(bin.mean_probability), frame.y(bin.observed)};
    const auto positives = std::lround(bin.observed * static_cast<double>(bin.count));
    if (const auto interval = study::wilson_interval(positives, static_cast<long>(bin.count))) {
      drawing.line({point.x, frame.y(interval->low)}, {point.x, frame.y(interval->high)},
                   series_style("whisker", series));
    }
    points.push_back(point);
  }
  drawing.path(points, series_style("curve", series));
  for (const auto& point : points) drawing.circle(point, 4, series_style("mark", series));
  draw_histogram(drawing, level, {50, kSide + 32}, kSide, kHistogram);
  drawing.text({50 + kSide / 2, kSide + kHistogram + 54}, TextAnchor::kMiddle, "axis-label", "Predicted probability");
  return drawing.finish("Reliability diagram of " + title);
}

TrainingAxes shared_axes(std::span<const TrainingRun* const> runs) {
  TrainingAxes axes;
  std::vector<double> losses;
  for (const auto* run : runs) {
    for (const auto& epoch : run->history) {
      axes.epochs = std::max(axes.epochs, static_cast<double>(epoch.epoch));
      for (const auto& loss : {epoch.train_loss, epoch.validation_loss}) {
        if (loss && std::isfinite(*loss)) losses.push_back(*loss);
      }
    }
  }
  if (losses.empty()) return axes;
  std::ranges::sort(losses);
  // A few exploding epochs must not flatten everything else.
  constexpr double kShown = 0.97;
  axes.loss_max = std::max(0.1, 1.05 * study::quantile(losses, kShown));
  return axes;
}

Markup training_figure(const TrainingRun& run, const TrainingAxes& axes) {
  constexpr double kWidth = 162;
  constexpr double kHeight = 120;
  Drawing drawing(kWidth + 88, kHeight + 52);
  const double first = run.history.empty() ? 1 : static_cast<double>(run.history.front().epoch);
  const bool one_epoch = axes.epochs <= first;
  const PlotFrame frame = draw_frame(drawing, {48, 8}, kWidth, kHeight,
                                     {.low = one_epoch ? first - 1 : first,
                                      .high = one_epoch ? first + 1 : axes.epochs,
                                      .ticks = std::min(5, std::max(1, static_cast<int>(axes.epochs - first))),
                                      .label = "Epoch",
                                      .grid = false},
                                     {.low = 0, .high = axes.loss_max, .ticks = 4, .label = "Loss"});
  const Scale auc{.low = 0, .high = 1, .from = 8 + kHeight, .to = 8};
  const double right = frame.x.to;
  for (const double tick : {0.0, 0.5, 1.0}) {
    drawing.line({right, auc(tick)}, {right + 4, auc(tick)}, "axis");
    drawing.text({right + 7, auc(tick) + 3.5}, TextAnchor::kStart, "tick", fixed_text(tick, 1));
  }
  drawing.line({right, 8}, {right, 8 + kHeight}, "axis");
  drawing.upright_text({right + 36, 8 + kHeight / 2}, "axis-label", "AUC");
  if (run.best_epoch) {
    const double at = frame.x(static_cast<double>(*run.best_epoch));
    drawing.line({at, 8}, {at, 8 + kHeight}, "best-epoch");
  }
  draw_curve(drawing, curve_of(run, frame, frame.y, &Epoch::train_loss), "train-loss");
  draw_curve(drawing, curve_of(run, frame, frame.y, &Epoch::validation_loss), "val-loss");
  draw_curve(drawing, curve_of(run, frame, auc, &Epoch::validation_auc), "val-auc");
  return drawing.finish("Training curves of " + run.variant);
}

Markup confusion_figure(const Confusion& confusion, const std::string& negative, const std::string& positive) {
  constexpr double kCell = 80;
  constexpr double kTall = 62;
  constexpr double kLeft = 86;
  constexpr double kTop = 40;
  Drawing drawing(kLeft + 2 * kCell + 4, kTop + 2 * kTall + 4);
  const std::array<std::array<std::int64_t, 2>, 2> counts = {
      {{confusion.true_positives, confusion.false_negatives}, {confusion.false_positives, confusion.true_negatives}}};
  const std::array<std::string, 2> names = {positive, negative};
  drawing.text({kLeft + kCell, 13}, TextAnchor::kMiddle, "axis-label", "Called");
  for (std::size_t column = 0; column < 2; ++column) {
    drawing.text({kLeft + kCell * (static_cast<double>(column) + 0.5), 31}, TextAnchor::kMiddle, "tick", names[column]);
  }
  drawing.upright_text({12, kTop + kTall}, "axis-label", "Truth");
  for (std::size_t row = 0; row < 2; ++row) {
    const double y = kTop + kTall * static_cast<double>(row);
    drawing.text({kLeft - 8, y + kTall / 2 + 4}, TextAnchor::kEnd, "tick", names[row]);
    const auto total = static_cast<double>(counts[row][0] + counts[row][1]);
    for (std::size_t column = 0; column < 2; ++column) {
      const double x = kLeft + kCell * static_cast<double>(column);
      const double share = total > 0 ? static_cast<double>(counts[row][column]) / total : 0;
      const std::string verdict = row == column ? "right" : "wrong";
      drawing.rectangle({x + 1, y + 1}, kCell - 2, kTall - 2, "cell", 1);
      drawing.rectangle({x + 1, y + 1}, kCell - 2, kTall - 2, "cell-" + verdict, 0.10 + 0.55 * share);
      drawing.text({x + kCell / 2, y + kTall / 2 + 1}, TextAnchor::kMiddle, "cell-count",
                   count_text(counts[row][column]));
      if (total > 0) {
        drawing.text({x + kCell / 2, y + kTall / 2 + 18}, TextAnchor::kMiddle, "cell-share", percent_text(share));
      }
    }
  }
  return drawing.finish("Confusion matrix");
}

namespace {

constexpr double kForestWidth = 250;
constexpr double kForestMargin = 12;

}  // namespace

ForestPlot::ForestPlot(std::span<const Estimate> estimates, std::optional<double> reference, double row_height)
    : reference_(reference), row_height_(row_height) {
  double lowest = 1;
  for (const auto& estimate : estimates)
    lowest = std::min({lowest, estimate.low.value_or(1), estimate.value.value_or(1)});
  low_ = std::clamp(std::floor(lowest * 10 + 1e-9) / 10, 0.0, 0.8);
}

double ForestPlot::x_of(double value) const {
  const Scale scale{.low = low_, .high = high_, .from = kForestMargin, .to = kForestWidth - kForestMargin};
  return scale(std::clamp(value, low_, high_));
}

Markup ForestPlot::header(const std::string& label) const {
  constexpr double kHeight = 44;
  Drawing drawing(kForestWidth, kHeight);
  drawing.text({kForestWidth / 2, 14}, TextAnchor::kMiddle, "axis-label", label);
  const auto ticks = round_ticks(low_, high_, 5);
  const auto texts = tick_texts(ticks);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    drawing.text({x_of(ticks[i]), 33}, TextAnchor::kMiddle, "tick", texts[i]);
    drawing.line({x_of(ticks[i]), 38}, {x_of(ticks[i]), kHeight}, "axis");
  }
  return drawing.finish("Axis of the forest plot: " + label, "chart forest");
}

Markup ForestPlot::row(const Estimate& estimate, bool emphasised) const {
  Drawing drawing(kForestWidth, row_height_);
  for (const double tick : round_ticks(low_, high_, 5)) {
    drawing.line({x_of(tick), 0}, {x_of(tick), row_height_}, "grid");
  }
  if (low_ <= 0.5) drawing.line({x_of(0.5), 0}, {x_of(0.5), row_height_}, "chance");
  if (reference_) drawing.line({x_of(*reference_), 0}, {x_of(*reference_), row_height_}, "reference");
  const double middle = row_height_ / 2;
  const std::string emphasis = emphasised ? " best" : "";
  if (estimate.low && estimate.high) {
    drawing.line({x_of(*estimate.low), middle}, {x_of(*estimate.high), middle}, "forest-whisker" + emphasis);
    for (const double end : {*estimate.low, *estimate.high}) {
      drawing.line({x_of(end), middle - 4}, {x_of(end), middle + 4}, "forest-whisker" + emphasis);
    }
  }
  if (estimate.value) {
    drawing.rectangle({x_of(*estimate.value) - 4.5, middle - 4.5}, 9, 9, "forest-mark" + emphasis);
  }
  return drawing.finish(interval_text(estimate.value, estimate.low, estimate.high, 3), "chart forest");
}

}  // namespace alveus::report
