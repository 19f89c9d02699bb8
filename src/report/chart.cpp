// SPDX-License-Identifier: Apache-2.0
#include "report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/number.hpp"

namespace alveus::report {
namespace {

constexpr double kTickLength = 4;

std::string_view name_of(TextAnchor anchor) {
  switch (anchor) {
    case TextAnchor::kStart: return "start";
    case TextAnchor::kMiddle: return "middle";
    case TextAnchor::kEnd: return "end";
  }
  return "start";
}

std::string joined(std::span<const Point> points) {
  std::string text;
  for (const auto& point : points) {
    if (!text.empty()) text += ' ';
    text += coordinate(point.x) + "," + coordinate(point.y);
  }
  return text;
}

}  // namespace

double Scale::operator()(double value) const {
  if (high == low) return (from + to) / 2;
  return from + (value - low) / (high - low) * (to - from);
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::vector<double> round_ticks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double slack = step * 1e-6;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k) ticks.push_back(k * step);
  return ticks;
}

std::vector<std::string> tick_texts(std::span<const double> ticks) {
  int decimals = 0;
  if (ticks.size() > 1) {
    const double step = ticks[1] - ticks[0];
    decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  }
  std::vector<std::string> texts;
  for (const double tick : ticks) texts.push_back(fixed_text(tick, decimals));
  return texts;
}

void Drawing::line(Point from, Point to, std::string_view style) {
  content_ += empty_element("line", {{"class", std::string(style)},
                                     {"x1", coordinate(from.x)},
                                     {"y1", coordinate(from.y)},
                                     {"x2", coordinate(to.x)},
                                     {"y2", coordinate(to.y)}});
}

void Drawing::path(std::span<const Point> points, std::string_view style) {
  if (points.size() < 2) return;
  content_ += empty_element("polyline", {{"class", std::string(style)}, {"points", joined(points)}});
}

void Drawing::area(std::span<const Point> points, std::string_view style) {
  content_ += empty_element("polygon", {{"class", std::string(style)}, {"points", joined(points)}});
}

void Drawing::circle(Point centre, double radius, std::string_view style) {
  content_ += empty_element("circle", {{"class", std::string(style)},
                                       {"cx", coordinate(centre.x)},
                                       {"cy", coordinate(centre.y)},
                                       {"r", coordinate(radius)}});
}

void Drawing::rectangle(Point corner, double width, double height, std::string_view style, double opacity) {
  content_ += empty_element("rect", {{"class", std::string(style)},
                                     {"x", coordinate(corner.x)},
                                     {"y", coordinate(corner.y)},
                                     {"width", coordinate(width)},
                                     {"height", coordinate(height)},
                                     {"fill-opacity", coordinate(opacity)}});
}

void Drawing::text(Point at, TextAnchor anchor, std::string_view style, std::string_view words) {
  content_ += element("text",
                      {{"class", std::string(style)},
                       {"x", coordinate(at.x)},
                       {"y", coordinate(at.y)},
                       {"text-anchor", std::string(name_of(anchor))}},
                      words);
}

void Drawing::upright_text(Point at, std::string_view style, std::string_view words) {
  content_ += element("text",
                      {{"class", std::string(style)},
                       {"transform", "translate(" + coordinate(at.x) + " " + coordinate(at.y) + ") rotate(-90)"},
                       {"text-anchor", "middle"}},
                      words);
}

Markup Drawing::finish(std::string_view title, std::string_view style) const {
  return element("svg",
                 {{"class", std::string(style)},
                  {"role", "img"},
                  {"width", coordinate(width_)},
                  {"height", coordinate(height_)},
                  {"viewBox", "0 0 " + coordinate(width_) + " " + coordinate(height_)}},
                 element("title", title) + content_);
}

std::string Drawing::file(std::string_view title, std::string_view style_sheet) const {
  const Markup style = element("style", Markup::trusted(std::string(style_sheet)));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         element("svg",
                 {{"xmlns", "http://www.w3.org/2000/svg"},
                  {"width", coordinate(width_)},
                  {"height", coordinate(height_)},
                  {"viewBox", "0 0 " + coordinate(width_) + " " + coordinate(height_)}},
                 element("title", title) + style + content_)
             .html() +
         "\n";
}

PlotFrame draw_frame(Drawing& drawing, Point corner, double width, double height, const Axis& x, const Axis& y) {
  constexpr double kLabelBelow = 16;
  constexpr double kTitleBelow = 34;
  constexpr double kTitleLeft = 36;
  const double bottom = corner.y + height;
  const PlotFrame frame{.corner = corner,
                        .width = width,
                        .height = height,
                        .x = {.low = x.low, .high = x.high, .from = corner.x, .to = corner.x + width},
                        .y = {.low = y.low, .high = y.high, .from = bottom, .to = corner.y}};
  const auto x_ticks = round_ticks(x.low, x.high, x.ticks);
  const auto x_texts = tick_texts(x_ticks);
  for (std::size_t i = 0; i < x_ticks.size(); ++i) {
    const double at = frame.x(x_ticks[i]);
    if (x.grid) drawing.line({at, corner.y}, {at, bottom}, "grid");
    drawing.line({at, bottom}, {at, bottom + kTickLength}, "axis");
    drawing.text({at, bottom + kLabelBelow}, TextAnchor::kMiddle, "tick", x_texts[i]);
  }
  const auto y_ticks = round_ticks(y.low, y.high, y.ticks);
  const auto y_texts = tick_texts(y_ticks);
  for (std::size_t i = 0; i < y_ticks.size(); ++i) {
    const double at = frame.y(y_ticks[i]);
    if (y.grid) drawing.line({corner.x, at}, {corner.x + width, at}, "grid");
    drawing.line({corner.x - kTickLength, at}, {corner.x, at}, "axis");
    drawing.text({corner.x - kTickLength - 3, at + 3.5}, TextAnchor::kEnd, "tick", y_texts[i]);
  }
  drawing.line({corner.x, bottom}, {corner.x + width, bottom}, "axis");
  drawing.line({corner.x, corner.y}, {corner.x, bottom}, "axis");
  if (!x.label.empty()) {
    drawing.text({corner.x + width / 2, bottom + kTitleBelow}, TextAnchor::kMiddle, "axis-label", x.label);
  }
  if (!y.label.empty()) drawing.upright_text({corner.x - kTitleLeft, corner.y + height / 2}, "axis-label", y.label);
  return frame;
}

}  // namespace alveus::report
