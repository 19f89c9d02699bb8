// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/markup.hpp"

namespace alveus::report {

struct Point {
  double x = 0;
  double y = 0;
};

/// Maps [low, high] of the data linearly to [from, to] of the drawing; `from` may be the larger one (y axes).
struct Scale {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  double operator()(double value) const;
};

/// Round numbers (1, 2 or 5 times a power of ten apart) inside [low, high]; about `count` of them, at least two where
/// the range is not empty.
std::vector<double> round_ticks(double low, double high, int count);
/// The ticks' texts with as many decimals as tell neighbours apart.
std::vector<std::string> tick_texts(std::span<const double> ticks);

enum class TextAnchor { kStart, kMiddle, kEnd };

/// An SVG drawing of fixed size in CSS pixels. What it looks like (colours, widths, dashes) is said by the classes of
/// web/report.css, so that dark mode and print apply to it.
class Drawing {
 public:
  Drawing(double width, double height) : width_(width), height_(height) {}

  void line(Point from, Point to, std::string_view style);
  /// Connects the points; nothing for fewer than two.
  void path(std::span<const Point> points, std::string_view style);
  void area(std::span<const Point> points, std::string_view style);
  void circle(Point centre, double radius, std::string_view style);
  void rectangle(Point corner, double width, double height, std::string_view style, double opacity = 1);
  void text(Point at, TextAnchor anchor, std::string_view style, std::string_view words);
  /// Reads from below to above, centred at `at`.
  void upright_text(Point at, std::string_view style, std::string_view words);

  /// The drawing as <svg>; `title` is read out in place of the picture.
  Markup finish(std::string_view title, std::string_view style = "chart") const;
  /// The drawing as an SVG file of its own, with a style sheet written in this program.
  std::string file(std::string_view title, std::string_view style_sheet) const;

 private:
  double width_;
  double height_;
  Markup content_;
};

struct Axis {
  double low = 0;
  double high = 1;
  int ticks = 5;
  std::string label;
  bool grid = true;
};

/// The frame of a plot inside a drawing: grid, axes, ticks and labels; `x` and `y` place the data.
struct PlotFrame {
  Point corner;  ///< upper left of the area of data
  double width = 0;
  double height = 0;
  Scale x;
  Scale y;
};

/// Draws the frame and tells the scales.
PlotFrame draw_frame(Drawing& drawing, Point corner, double width, double height, const Axis& x, const Axis& y);

/// Text of a coordinate: at most two decimals.
std::string coordinate(double value);

}  // namespace alveus::report
