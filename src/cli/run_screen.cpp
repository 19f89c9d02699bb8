// SPDX-License-Identifier: Apache-2.0
#include "cli/run_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "core/text.hpp"

namespace alveus::cli {
namespace {

using Step = RunModel::Step;

constexpr std::size_t kRunningRowsMax = 12;
constexpr int kRowsMin = 6;  ///< below it there is one line for all

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

/// Words and signs in the manner of one display.
class Pen {
 public:
  explicit Pen(const cmdline::Display& display) : display_(display) {}

  std::string in(std::string_view colour, std::string_view text) const {
    if (!display_.colour || text.empty()) return std::string(text);
    return std::string(colour) + std::string(text) + std::string(kPlain);
  }
  /// Joins what there is to say.
  std::string list(const std::vector<std::string>& parts) const {
    return fmt::format("{}", fmt::join(parts, display_.unicode ? " · " : ", "));
  }
  std::string mark(const Step& step) const {
    if (step.counts.failed > 0) return in(kRed, display_.unicode ? "✗" : "x");
    if (step.is_over()) return in(kGreen, display_.unicode ? "✓" : "+");
    if (step.total() > 0) return in(kCyan, display_.unicode ? "●" : "*");
    return in(kDim, display_.unicode ? "·" : ".");
  }
  std::string bar(const Step& step, std::size_t width) const {
    // In halves of a column; a finished part is never shown as the whole.
    const std::size_t halves = step.total() == 0 ? 0 : step.over() * width * 2 / step.total();
    std::string filled;
    for (std::size_t i = 0; i < halves / 2; ++i) filled += display_.unicode ? "━" : "=";
    std::size_t used = halves / 2;
    if (halves % 2 == 1) {
      filled += display_.unicode ? "╸" : ">";
      ++used;
    }
    std::string empty;
    for (; used < width; ++used) empty += display_.unicode ? "─" : "-";
    return in(step.counts.failed > 0 ? kRed : step.is_over() ? kGreen : kCyan, filled) + in(kDim, empty);
  }

 private:
  const cmdline::Display& display_;
};

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

/// The end of a name tells more than its beginning.
std::string fit(const std::string& name, std::size_t columns, const cmdline::Display& display) {
  const std::size_t size = columns_of(name);
  if (size <= columns) return name + std::string(columns - size, ' ');
  const std::string_view dots = display.unicode ? "…" : "~";
  std::size_t from = 0;
  for (std::size_t left = size; left > columns - 1 || (static_cast<unsigned char>(name[from]) & 0xC0U) == 0x80U;
       ++from) {
    if ((static_cast<unsigned char>(name[from]) & 0xC0U) != 0x80U) --left;
  }
  return std::string(dots) + name.substr(from);
}

std::string about(std::chrono::microseconds left) {
  using std::chrono::seconds;
  const auto whole = std::chrono::ceil<seconds>(left);
  if (whole < seconds(90)) return fmt::format("{} s", whole.count());
  if (whole < seconds(5400)) return fmt::format("{} min", (whole.count() + 30) / 60);
  return fmt::format("{:.1f} h", static_cast<double>(whole.count()) / 3600);
}

std::vector<std::string> remarks(const RunModel& model, const Step& step, const Pen& pen, sys::SteadyTime now) {
  std::vector<std::string> parts;
  const auto& counts = step.counts;
  if (counts.failed > 0) parts.push_back(pen.in(kRed, fmt::format("{} failed", counts.failed)));
  if (counts.running > 0) parts.push_back(fmt::format("{} running", counts.running));
  if (counts.skipped > 0) parts.push_back(fmt::format("{} skipped", counts.skipped));
  if (counts.blocked > 0) parts.push_back(fmt::format("{} not run", counts.blocked));
  if (step.total() == 0) parts.push_back(pen.in(kDim, "to come"));
  if (const auto left = model.time_left(step, now)) parts.push_back("about " + about(*left) + " left");
  return parts;
}

/// The smaller the more it matters.
int rank(const Step& step) {
  if (step.counts.running > 0) return 0;
  if (step.counts.failed > 0) return 1;
  if (step.total() > 0 && !step.is_over()) return 2;
  return step.total() == 0 ? 3 : 4;
}

/// The steps that matter most, in the order of the document.
std::vector<std::size_t> choose_steps(const RunModel& model, std::size_t rows) {
  std::vector<std::size_t> chosen(model.steps().size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (chosen.size() <= rows) return chosen;
  // Of those that are over the last matter more than the first.
  const auto key = [&](std::size_t index) {
    const int own = rank(model.steps()[index]);
    return std::tuple(own, own == 4 ? model.steps().size() - index : index);
  };
  std::ranges::nth_element(chosen, chosen.begin() + static_cast<std::ptrdiff_t>(rows), {}, key);
  chosen.resize(rows);
  std::ranges::sort(chosen);
  return chosen;
}

void add_steps(std::vector<std::string>& lines, const RunModel& model, std::size_t rows,
               const cmdline::Display& display, sys::SteadyTime now) {
  const Pen pen(display);
  const auto& steps = model.steps();
  const auto chosen = choose_steps(model, steps.size() > rows && rows > 1 ? rows - 1 : rows);
  const auto columns = static_cast<std::size_t>(std::max(display.columns, 1));
  std::size_t name_columns = 0;
  std::size_t count_columns = 0;
  for (const std::size_t index : chosen) {
    name_columns = std::max(name_columns, columns_of(steps[index].name));
    count_columns = std::max(count_columns, 2 * std::to_string(steps[index].total()).size() + 1);
  }
  name_columns = std::min(name_columns, std::max<std::size_t>(8, columns / 4));
  const std::size_t bar_columns = columns < 60 ? 0 : columns < 110 ? 16 : 24;
  for (const std::size_t index : chosen) {
    const Step& step = steps[index];
    std::string line = "  " + pen.mark(step) + " " + fit(step.name, name_columns, display) + "  ";
    if (bar_columns > 0) line += pen.bar(step, bar_columns) + "  ";
    line +=
        fmt::format("{:>{}}", step.total() == 0 ? "" : fmt::format("{}/{}", step.over(), step.total()), count_columns);
    const auto parts = remarks(model, step, pen, now);
    if (!parts.empty()) line += "  " + pen.list(parts);
    lines.push_back(std::move(line));
  }
  if (chosen.size() < steps.size()) {
    lines.push_back(pen.in(kDim, fmt::format("    + {} more steps", steps.size() - chosen.size())));
  }
}

void add_running(std::vector<std::string>& lines, const RunModel& model, std::span<const deploy::RunningUsage> usage,
                 std::size_t rows, const cmdline::Display& display, sys::SteadyTime now) {
  const Pen pen(display);
  using Entry = const std::pair<const core::JobId, RunModel::Job>*;
  std::vector<Entry> jobs;
  for (const auto& entry : model.running()) jobs.push_back(&entry);
  const bool is_cut = jobs.size() > rows;
  const std::size_t shown = is_cut ? rows - 1 : jobs.size();
  if (rows == 0 || shown == 0) return;
  const auto key = [](Entry entry) { return std::tie(entry->second.started, entry->first); };
  std::ranges::partial_sort(jobs, jobs.begin() + static_cast<std::ptrdiff_t>(shown), {}, key);
  std::unordered_map<std::string_view, const deploy::RunningUsage*> usage_of;
  for (const auto& one : usage) usage_of.emplace(one.command, &one);

  const auto columns = static_cast<std::size_t>(std::max(display.columns, 1));
  std::size_t name_columns = 0;
  for (std::size_t i = 0; i < shown; ++i) name_columns = std::max(name_columns, columns_of(job_text(jobs[i]->first)));
  name_columns = std::min(name_columns, std::max<std::size_t>(8, columns / 2));
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [name, job] = *jobs[i];
    std::string line =
        fmt::format("      {}  {:>12}", fit(job_text(name), name_columns, display),
                    duration_text(std::chrono::duration_cast<std::chrono::microseconds>(now - job.started)));
    if (const auto found = usage_of.find(job.handle); found != usage_of.end()) {
      line += fmt::format("  {:>10}", core::bytes_text(found->second->resident_bytes));
      line += fmt::format("  {:>4.0f} % CPU", found->second->cores * 100);
    }
    lines.push_back(std::move(line));
  }
  if (is_cut) lines.push_back(pen.in(kDim, fmt::format("      + {} more running", jobs.size() - shown)));
}

}  // namespace

std::string run_summary(const RunModel& model, const cmdline::Display& display, sys::SteadyTime now) {
  const Pen pen(display);
  const auto totals = model.totals();
  std::vector<std::string> parts = {fmt::format("{} of {} jobs", totals.over, totals.known)};
  if (totals.running > 0) parts.push_back(fmt::format("{} running", totals.running));
  if (totals.failed > 0) parts.push_back(pen.in(kRed, fmt::format("{} failed", totals.failed)));
  if (totals.retried > 0) parts.push_back(fmt::format("{} tried again", totals.retried));
  if (totals.reused > 0) parts.push_back(fmt::format("{} reused", totals.reused));
  if (totals.skipped > 0) parts.push_back(fmt::format("{} skipped", totals.skipped));
  if (totals.blocked > 0) parts.push_back(fmt::format("{} not run", totals.blocked));
  if (const auto left = model.time_left(now)) {
    parts.push_back("about " + about(*left) + " left");
  } else if (totals.steps_to_come > 0) {
    parts.push_back(fmt::format("{} {} to come", totals.steps_to_come, totals.steps_to_come == 1 ? "step" : "steps"));
  }
  return pen.list(parts);
}

std::string run_screen(const RunModel& model, std::span<const deploy::RunningUsage> usage,
                       const cmdline::Display& display, sys::SteadyTime now) {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - model.started());
  const std::string last = "  " + Pen(display).list({duration_text(passed), run_summary(model, display, now)});
  if (display.rows < kRowsMin) return last;
  std::vector<std::string> lines;
  const auto rows = static_cast<std::size_t>(display.rows) - 2;  // the last line, and one of what scrolls above
  const std::size_t running_rows = std::min({kRunningRowsMax, rows / 2, model.running().size()});
  add_steps(lines, model, rows - running_rows, display, now);
  add_running(lines, model, usage, running_rows, display, now);
  lines.push_back(last);
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace alveus::cli
