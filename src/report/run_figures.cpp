// SPDX-License-Identifier: Apache-2.0
#include "report/detail/run_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "report/chart.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

constexpr double kWidth = 1040;
constexpr double kLabelWidth = 200;
constexpr double kRightMargin = 64;
constexpr double kPlotWidth = kWidth - kLabelWidth - kRightMargin;
constexpr double kAxisHeight = 36;
constexpr std::size_t kBins = 388;  // two pixels each
constexpr std::size_t kLabelCharacters = 32;

enum PhaseIndex : std::size_t { kWaiting, kStaging, kRunning, kCollecting, kPhaseCount };
constexpr std::array<const char*, kPhaseCount> kPhaseStyles = {"phase-waiting", "phase-staging", "phase-running",
                                                               "phase-collecting"};
constexpr std::array<const char*, kPhaseCount> kPhaseNames = {"waiting", "staging", "running", "collecting"};

/// The time axis that all figures of a run share.
class TimeAxis {
 public:
  explicit TimeAxis(const RunProfile& profile)
      : begin_(profile.begin()), length_(std::max(seconds_of(profile.elapsed()), 1e-3)) {}

  double since(sys::WallTime time) const { return seconds_of(time - begin_); }
  double length() const { return length_; }
  double x(double at) const { return kLabelWidth + std::clamp(at / length_, 0.0, 1.0) * kPlotWidth; }
  double x(sys::WallTime time) const { return x(since(time)); }

  void draw(Drawing& drawing, double top, double bottom) const {
    // Minutes and hours have their own round numbers.
    const double unit = length_ < 180 ? 1 : length_ < 3 * 3600 ? 60 : length_ < 3 * 86400 ? 3600 : 86400;
    const char* name = unit == 1 ? "s" : unit == 60 ? "min" : unit == 3600 ? "h" : "d";
    const auto ticks = round_ticks(0, length_ / unit, 8);
    const auto texts = tick_texts(ticks);
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      const double at = x(ticks[i] * unit);
      drawing.line({at, top}, {at, bottom}, "grid");
      drawing.text({at, bottom + 16}, TextAnchor::kMiddle, "tick", texts[i] + (i == 0 ? "" : std::string(" ") + name));
    }
    drawing.line({kLabelWidth, bottom}, {kLabelWidth + kPlotWidth, bottom}, "axis");
  }

 private:
  sys::WallTime begin_;
  double length_;
};

/// How many things overlap each of equal intervals, on average; an interval costs constant time.
class Density {
 public:
  explicit Density(double length) : width_(length / static_cast<double>(kBins)), parts_(kBins + 1), whole_(kBins + 1) {}

  void add(double from, double to) {
    from = std::max(from, 0.0) / width_;
    to = std::min(to / width_, static_cast<double>(kBins));
    if (to <= from) return;
    const auto first = static_cast<std::size_t>(from);
    const auto last = std::min(static_cast<std::size_t>(to), kBins - 1);
    if (first == last) {
      parts_[first] += to - from;
      return;
    }
    parts_[first] += static_cast<double>(first + 1) - from;
    parts_[last] += to - static_cast<double>(last);
    whole_[first + 1] += 1;
    whole_[last] -= 1;
  }

  std::vector<double> values() const {
    std::vector<double> values(kBins);
    double running = 0;
    for (std::size_t i = 0; i < kBins; ++i) {
      running += whole_[i];
      values[i] = running + parts_[i];
    }
    return values;
  }

 private:
  double width_;
  std::vector<double> parts_;
  std::vector<double> whole_;
};

using StepDensity = std::array<Density, kPhaseCount>;

struct Span {
  PhaseIndex phase;
  sys::WallTime from;
  sys::WallTime to;
};

std::vector<Span> spans_of(const JobProfile& job) {
  std::vector<Span> spans;
  sys::WallTime since = job.created_at;
  for (const Occupation& held : job.occupations) {
    spans.push_back({kWaiting, since, held.placed_at});
    spans.push_back({kStaging, held.placed_at, held.prepared_at});
    spans.push_back({kWaiting, held.prepared_at, held.started_at});
    spans.push_back({kRunning, held.started_at, held.ended_at});
    since = held.ended_at;
  }
  spans.push_back({job.occupations.empty() ? kWaiting : kCollecting, since, job.finished_at});
  return spans;
}

/// The end of a name that is too long: its tag and last step tell more than its begin.
std::string shortened(const std::string& name) {
  if (name.size() <= kLabelCharacters) return name;
  return "\xE2\x80\xA6" + name.substr(name.size() - kLabelCharacters + 1);
}

std::string label_of(const core::StepPath& step) { return step.text() == "/" ? "the tool" : step.text().substr(1); }

/// The outline of `top` over `bottom`; both have a value for each bin.
std::vector<Point> band(const std::vector<double>& bottom, const std::vector<double>& top, double base, double scale) {
  std::vector<Point> points;
  const double step = kPlotWidth / static_cast<double>(kBins);
  const auto add = [&](double x, double value) {
    const Point point{.x = x, .y = base - value * scale};
    // A point on the level of its two neighbours says nothing.
    const std::size_t count = points.size();
    if (count >= 2 && points[count - 1].y == point.y && points[count - 2].y == point.y) points.pop_back();
    points.push_back(point);
  };
  for (std::size_t i = 0; i < kBins; ++i) {
    add(kLabelWidth + step * static_cast<double>(i), top[i]);
    add(kLabelWidth + step * static_cast<double>(i + 1), top[i]);
  }
  for (std::size_t i = kBins; i-- > 0;) {
    add(kLabelWidth + step * static_cast<double>(i + 1), bottom[i]);
    add(kLabelWidth + step * static_cast<double>(i), bottom[i]);
  }
  return points;
}

void draw_step(Drawing& drawing, const StepProfile& step, const StepDensity& density, double top, double height) {
  std::array<std::vector<double>, kPhaseCount> values;
  for (std::size_t phase = 0; phase < kPhaseCount; ++phase) values[phase] = density[phase].values();
  // Running at the bottom, then what belongs to it; waiting is drawn by itself, or it would dwarf the rest.
  constexpr std::array kOrder = {kRunning, kStaging, kCollecting};
  double most = 0;
  double most_waiting = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    most = std::max(most, values[kRunning][i] + values[kStaging][i] + values[kCollecting][i]);
    most_waiting = std::max(most_waiting, values[kWaiting][i]);
  }
  const double base = top + height - 3;
  const std::vector<double> nothing(kBins);
  if (most_waiting > 0) {
    drawing.area(band(nothing, values[kWaiting], base, (height - 6) / std::max(most_waiting, 1.0)), "phase-waiting");
  }
  std::vector<double> below = nothing;
  const double scale = (height - 6) / std::max(most, 1.0);
  for (const PhaseIndex phase : kOrder) {
    std::vector<double> above = below;
    bool any = false;
    for (std::size_t i = 0; i < kBins; ++i) {
      above[i] += values[phase][i];
      any = any || values[phase][i] > 0;
    }
    if (any) drawing.area(band(below, above, base, scale), kPhaseStyles[phase]);
    below = std::move(above);
  }
  drawing.text({kLabelWidth - 10, top + height / 2 + 4}, TextAnchor::kEnd, "row-label", shortened(label_of(step.step)));
  if (most >= 1.5) {
    drawing.text({kWidth - kRightMargin + 8, top + height / 2 + 4}, TextAnchor::kStart, "tick",
                 "\xE2\x89\xA4 " + count_text(static_cast<std::int64_t>(std::ceil(most - 0.01))));
  }
}

void draw_interruptions(Drawing& drawing, const RunProfile& profile, const TimeAxis& axis, double top, double bottom) {
  for (const auto& gap : profile.run.interruptions) {
    const double from = axis.x(gap.from);
    drawing.rectangle({from, top}, std::max(1.0, axis.x(gap.to) - from), bottom - top, "interruption");
  }
}

}  // namespace

Markup phase_key() {
  Markup items;
  for (std::size_t phase = 0; phase < kPhaseCount; ++phase) {
    items +=
        element("span", {{"class", "key-item"}},
                element("span", {{"class", std::string("key-box ") + kPhaseStyles[phase]}}, "") + kPhaseNames[phase]);
  }
  return element("div", {{"class", "curve-key"}}, items);
}

Markup steps_figure(const RunProfile& profile, std::size_t steps_max) {
  const TimeAxis axis(profile);
  const std::size_t rows = std::min(profile.steps.size(), steps_max);
  constexpr double kRowHeight = 30;
  const double bottom = kRowHeight * static_cast<double>(rows) + 4;
  Drawing drawing(kWidth, bottom + kAxisHeight);
  axis.draw(drawing, 0, bottom);
  draw_interruptions(drawing, profile, axis, 0, bottom);
  const Density empty(axis.length());
  std::vector<StepDensity> densities(rows, StepDensity{empty, empty, empty, empty});
  for (const JobProfile& job : profile.jobs) {
    if (job.step >= rows) continue;
    for (const Span& span : spans_of(job))
      densities[job.step][span.phase].add(axis.since(span.from), axis.since(span.to));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const double top = kRowHeight * static_cast<double>(i) + 4;
    if (i > 0) drawing.line({0, top}, {kLabelWidth + kPlotWidth, top}, "grid");
    draw_step(drawing, profile.steps[i], densities[i], top, kRowHeight);
  }
  return drawing.finish(
      "How many jobs of each step were waiting, staged, running and collected over the time of the run");
}

Markup load_figure(const RunProfile& profile) {
  const TimeAxis axis(profile);
  const auto load = load_over_time(profile, kBins * 2);
  double most = 1;
  for (const Load& at : load) most = std::max({most, at.cores, at.busy});
  constexpr double kTop = 8;
  constexpr double kHeight = 170;
  constexpr double kBottom = kTop + kHeight;
  Drawing drawing(kWidth, kBottom + kAxisHeight);
  axis.draw(drawing, kTop, kBottom);
  draw_interruptions(drawing, profile, axis, kTop, kBottom);
  const Scale y{.low = 0, .high = most, .from = kBottom, .to = kTop};
  const auto ticks = round_ticks(0, most, 4);
  const auto texts = tick_texts(ticks);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    drawing.line({kLabelWidth, y(ticks[i])}, {kLabelWidth + kPlotWidth, y(ticks[i])}, "grid");
    drawing.text({kLabelWidth - 8, y(ticks[i]) + 4}, TextAnchor::kEnd, "tick", texts[i]);
  }
  std::vector<Point> held{{kLabelWidth, kBottom}};
  std::vector<Point> busy = held;
  for (std::size_t i = 0; i < load.size(); ++i) {
    const double from = axis.x(load[i].at);
    const double to = i + 1 < load.size() ? axis.x(load[i + 1].at) : kLabelWidth + kPlotWidth;
    held.insert(held.end(), {{from, y(load[i].cores)}, {to, y(load[i].cores)}});
    busy.insert(busy.end(), {{from, y(load[i].busy)}, {to, y(load[i].busy)}});
  }
  held.push_back({kLabelWidth + kPlotWidth, kBottom});
  busy.push_back({kLabelWidth + kPlotWidth, kBottom});
  drawing.area(held, "load-held");
  drawing.area(busy, "load-busy");
  drawing.upright_text({kLabelWidth - 48, kTop + kHeight / 2}, "axis-label", "cores");
  return drawing.finish("Cores that jobs held and processor time they spent, over the time of the run");
}

Markup jobs_figure(const RunProfile& profile, const std::vector<std::size_t>& jobs) {
  const TimeAxis axis(profile);
  constexpr double kRowHeight = 18;
  const double bottom = kRowHeight * static_cast<double>(jobs.size()) + 4;
  Drawing drawing(kWidth, bottom + kAxisHeight);
  axis.draw(drawing, 0, bottom);
  draw_interruptions(drawing, profile, axis, 0, bottom);
  std::vector<bool> critical(profile.jobs.size());
  for (const std::size_t index : profile.critical_path) critical[index] = true;
  double top = 4;
  for (const std::size_t index : jobs) {
    const JobProfile& job = profile.jobs[index];
    const bool failed = job.state == store::JobState::kFailed;
    for (const Span& span : spans_of(job)) {
      const double from = axis.x(span.from);
      const double width = axis.x(span.to) - from;
      if (width < 0.05 && span.phase != kRunning) continue;
      const bool is_thin = span.phase == kWaiting;
      drawing.rectangle({from, top + (is_thin ? 7 : 3)}, std::max(width, 0.7), is_thin ? 3 : kRowHeight - 7,
                        kPhaseStyles[span.phase]);
    }
    drawing.text({kLabelWidth - 10, top + kRowHeight / 2 + 4}, TextAnchor::kEnd,
                 failed            ? "row-label failed"
                 : critical[index] ? "row-label critical"
                                   : "row-label",
                 shortened(job.name.substr(job.name.starts_with('/') ? 1 : 0)));
    drawing.text({axis.x(job.finished_at) + 5, top + kRowHeight / 2 + 3.5}, TextAnchor::kStart,
                 failed ? "tick failed" : "tick", elapsed_text(job.phases.running) + (failed ? ", failed" : ""));
    top += kRowHeight;
  }
  return drawing.finish("When each of these jobs waited, was staged, ran and was collected");
}

Markup phases_bar(const Phases& phases, Duration rest) {
  constexpr double kBarWidth = 1040;
  constexpr double kBarHeight = 26;
  Drawing drawing(kBarWidth, kBarHeight + 22);
  const double whole = std::max(seconds_of(phases.total() + rest), 1e-6);
  double at = 0;
  const auto part = [&](Duration duration, const char* style, const std::string& name) {
    const double width = seconds_of(duration) / whole * kBarWidth;
    if (width <= 0) return;
    drawing.rectangle({at, 0}, width, kBarHeight, style);
    const std::string words = name + " " + percent_text(seconds_of(duration) / whole);
    constexpr double kCharacterWidth = 6.6;
    if (width > kCharacterWidth * static_cast<double>(words.size())) {
      drawing.text({at + width / 2, kBarHeight + 16}, TextAnchor::kMiddle, "tick", words);
    }
    at += width;
  };
  part(phases.waiting, "phase-waiting", "waiting");
  part(phases.staging, "phase-staging", "staging");
  part(phases.running, "phase-running", "running");
  part(phases.collecting, "phase-collecting", "collecting");
  part(rest, "phase-rest", "between jobs");
  return drawing.finish("How the time of the critical path splits into phases");
}

}  // namespace alveus::report
