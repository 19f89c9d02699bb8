// SPDX-License-Identifier: Apache-2.0
#include "lab/rate_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "report/chart.hpp"

namespace alveus::lab {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 360;
constexpr report::Point kCorner = {.x = 64, .y = 36};
constexpr double kPlotWidth = 552;
constexpr double kPlotHeight = 268;
// A diverging loss would press all the rest flat against the axis.
constexpr double kShownRise = 1.5;

constexpr std::string_view kStyle =
    "svg { background: #fff; font-family: sans-serif } .axis { stroke: #5a6675 } .grid { stroke: #eceff3 } "
    ".tick { font-size: 11px; fill: #5a6675 } .axis-label { font-size: 12px; font-weight: 600; fill: #5a6675 } "
    ".name { font-size: 12px; fill: #1c2430 } .loss { fill: #b3bcc7 } "
    ".smoothed { fill: none; stroke: #0072b2; stroke-width: 2 } "
    ".suggestion { stroke: #d55e00; stroke-dasharray: 4 3 } .rate { font-size: 11px; fill: #a33c00 }";

double greatest_shown(const learn::RateSweep& sweep) {
  double most = 0;
  for (const auto& step : sweep.steps()) most = std::max(most, step.smoothed_loss);
  return std::min(1.1 * most, kShownRise * sweep.steps().front().smoothed_loss);
}

std::string rounded(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2g", rate);
  return text.data();
}

void draw_suggestion(report::Drawing& drawing, const report::PlotFrame& frame, int row, std::string_view name,
                     const std::optional<double>& rate) {
  if (!rate) return;
  constexpr double kRowHeight = 13;
  const double x = frame.x(std::log10(*rate));
  drawing.line({x, frame.corner.y}, {x, frame.corner.y + frame.height}, "suggestion");
  drawing.text({x + 4, frame.corner.y + kRowHeight * (row + 1)}, report::TextAnchor::kStart, "rate",
               std::string(name) + " " + rounded(*rate));
}

}  // namespace

std::string rate_plot(const std::string& name, const learn::RateSweep& sweep,
                      const learn::RateSuggestions& suggestions) {
  report::Drawing drawing(kWidth, kHeight);
  drawing.text({kCorner.x, kCorner.y - 14}, report::TextAnchor::kStart, "name", name);
  const auto steps = sweep.steps();
  const double most = steps.empty() ? 1 : greatest_shown(sweep);
  const report::PlotFrame frame = draw_frame(drawing, kCorner, kPlotWidth, kPlotHeight,
                                             {.low = std::log10(sweep.range().first),
                                              .high = std::log10(sweep.range().last),
                                              .ticks = 8,
                                              .label = "learning rate, logarithm to base 10"},
                                             {.low = 0, .high = most, .ticks = 5, .label = "loss"});
  std::vector<report::Point> smoothed;
  for (const learn::RateStep& step : steps) {
    const double x = frame.x(std::log10(step.learning_rate));
    if (step.loss <= most) drawing.circle({x, frame.y(step.loss)}, 1.8, "loss");
    if (step.smoothed_loss <= most) smoothed.push_back({x, frame.y(step.smoothed_loss)});
  }
  drawing.path(smoothed, "smoothed");
  draw_suggestion(drawing, frame, 0, "valley", suggestions.valley);
  draw_suggestion(drawing, frame, 1, "steepest", suggestions.steepest);
  draw_suggestion(drawing, frame, 2, "minimum / 10", suggestions.minimum_tenth);
  return drawing.file("Loss over the learning rate: " + name, kStyle);
}

}  // namespace alveus::lab
