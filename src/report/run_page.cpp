// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "core/csv.hpp"
#include "report/detail/page_assets.hpp"
#include "report/detail/page_frame.hpp"
#include "report/detail/run_figures.hpp"
#include "report/detail/section_parts.hpp"
#include "report/number.hpp"
#include "report/run_report.hpp"

namespace alveus::report {
namespace {

using store::JobState;

/// Jobs of the critical path that are told one by one.
constexpr std::size_t kPiecesMax = 25;

/// A length of time for the eye, with the number by which a table sorts.
Markup time_cell(Duration duration) {
  if (duration.count() == 0) return kNoValue;
  return element("data", {{"value", core::number_text(seconds_of(duration))}}, elapsed_text(duration));
}

Markup time_cell(const std::optional<Duration>& duration) { return duration ? time_cell(*duration) : Markup(kNoValue); }

Markup bytes_cell(const std::optional<std::int64_t>& bytes) {
  if (!bytes) return kNoValue;
  return element("data", {{"value", std::to_string(*bytes)}}, bytes_text(*bytes));
}

Markup count_cell(std::int64_t count) { return count == 0 ? Markup(kNoValue) : Markup(count_text(count)); }

std::string step_name(const StepProfile& step) { return step.step.text() == "/" ? "the tool" : step.step.text(); }

/// Numbers figures and tables in reading order.
struct Numbers {
  int figures = 0;
  int tables = 0;

  Markup figure(const Markup& content, const Markup& caption) {
    const std::string number = "Figure " + std::to_string(++figures) + ".";
    return element("figure", content + element("figcaption", element("b", number) + Markup(" ") + caption));
  }
  Markup table(const Markup& content, const Markup& caption) {
    const std::string number = "Table " + std::to_string(++tables) + ".";
    return element("figure", {{"class", "table-figure"}},
                   element("figcaption", element("b", number) + Markup(" ") + caption) + content);
  }
};

class RunPage {
 public:
  RunPage(const RunProfile& profile, const RunReportOptions& options)
      : profile_(profile), options_(options), whole_(profile.whole()) {}

  std::string render() {
    Markup content = header();
    content += add("summary", "Summary", summary());
    if (whole_.failed > 0) content += add("failures", "Failures", failures());
    content += add("timeline", "Timeline", timeline());
    if (!profile_.critical_path.empty()) content += add("critical-path", "Critical path", critical_path());
    content += add("steps", "Steps", steps());
    content += add("jobs", "Jobs", jobs());
    content += add("about", "About this page", about());
    content +=
        element("footer", Markup("Made by alveus ") + Markup(ALVEUS_VERSION) + Markup(" from the run's journal."));
    return whole_page(title(), contents_, content, kRunStyle);
  }

 private:
  Markup add(const char* anchor, const char* title, const Markup& content) {
    contents_.push_back({.anchor = anchor, .title = title});
    return section(anchor, title, content);
  }

  std::string described(std::string_view key) const {
    return profile_.run.started ? profile_.run.started->description.string_or(key, "") : std::string();
  }
  std::string run_name() const { return profile_.run.started ? profile_.run.started->run.text() : std::string("run"); }
  std::string title() const { return "Run " + run_name(); }

  Markup header() const {
    std::string style = options_.standing;
    std::ranges::replace(style, ' ', '-');
    return element("header",
                   element("h1", Markup(title()) + element("span", {{"class", "pill " + style}}, options_.standing)) +
                       element("p", {{"class", "document"}}, described("document")));
  }

  static Markup card(const std::string& title, const std::string& value, const std::string& note) {
    return element("div", {{"class", "card"}},
                   element("span", {{"class", "card-title"}}, title) +
                       element("span", {{"class", "card-value"}}, value) +
                       element("span", {{"class", "card-note"}}, note));
  }

  Markup cards() const {
    const double elapsed = std::max(seconds_of(profile_.elapsed()), 1e-6);
    double held = 0;
    for (const JobProfile& job : profile_.jobs) {
      for (const Occupation& at : job.occupations) held += seconds_of(at.ended_at - at.started_at) * at.cores;
    }
    std::string outcome = whole_.failed > 0 ? counted(whole_.failed, "failure") : "none failed";
    if (whole_.reused > 0) outcome += ", " + count_text(whole_.reused) + " reused";
    if (whole_.skipped > 0) outcome += ", " + count_text(whole_.skipped) + " skipped";
    if (whole_.retries > 0) outcome += ", " + count_text(whole_.retries) + " retried";
    const std::string efficiency =
        whole_.efficiency() ? percent_text(*whole_.efficiency()) + " of the cores held" : "too short to rate";
    return element("div", {{"class", "cards"}},
                   card("Time", elapsed_text(profile_.elapsed()), "from " + time_text(profile_.begin()) + " UTC") +
                       card("Jobs done", count_text(whole_.done), outcome) +
                       card("Processor time", whole_.cpu_time ? elapsed_text(*whole_.cpu_time) : kNoValue, efficiency) +
                       card("Cores held, mean", fixed_text(held / elapsed, 1), "over the whole run") +
                       card("Largest job", whole_.memory_max_bytes ? bytes_text(*whole_.memory_max_bytes) : kNoValue,
                            "memory at its peak"));
  }

  Markup summary() const {
    Markup facts;
    const auto fact = [&](const std::string& name, const Markup& value) {
      if (!value.empty()) facts += element("dt", name) + element("dd", value);
    };
    fact("Status", options_.standing);
    fact("Began", time_text(profile_.begin()) + " UTC");
    fact(profile_.run.ended ? "Ended" : "Last heard of", time_text(profile_.end()) + " UTC");
    for (const auto& gap : profile_.run.interruptions) {
      fact("Resumed", time_text(gap.to) + " UTC, after " + elapsed_text(gap.to - gap.from) + " without a controller");
    }
    fact("Outputs", described("outdir").empty() ? Markup() : code(described("outdir")));
    return cards() + element("dl", {{"class", "facts"}}, facts);
  }

  Markup failures() {
    TableMaker table({{"Job"}, {"Exit code", true}, {"Attempts", true}, {"Reason"}}, "compact");
    std::size_t shown = 0;
    for (const JobProfile& job : profile_.jobs) {
      if (job.state != JobState::kFailed || shown++ >= options_.rows_max) continue;
      table.add({code(job.name), job.exit_code ? Markup(std::to_string(*job.exit_code)) : Markup(kNoValue),
                 count_cell(static_cast<std::int64_t>(job.attempts)), job.failure});
    }
    std::string caption = "What failed for good, and why.";
    if (shown > options_.rows_max) {
      caption += " The first " + count_text(static_cast<std::int64_t>(options_.rows_max)) + " of " +
                 count_text(static_cast<std::int64_t>(shown)) + ".";
    }
    Markup content = numbers_.table(table.finish(), caption);
    for (const FailureLog& log : options_.logs) {
      content += element("details", element("summary", "The end of the log of " + log.job) + element("pre", log.text));
    }
    return content;
  }

  Markup timeline() {
    const std::size_t drawn = std::min(profile_.steps.size(), options_.steps_drawn_max);
    std::string caption =
        "How many jobs of each step were in which phase: the height of a row is the largest number at one time, which "
        "stands at its right. Waiting jobs, drawn pale, have a height of their own.";
    if (drawn < profile_.steps.size()) {
      caption += " The first " + count_text(static_cast<std::int64_t>(drawn)) + " of " +
                 count_text(static_cast<std::int64_t>(profile_.steps.size())) + " steps.";
    }
    if (!profile_.run.interruptions.empty()) caption += " Bands: no controller worked on the run.";
    const Markup key = element(
        "div", {{"class", "curve-key"}},
        element("span", {{"class", "key-item"}}, element("span", {{"class", "key-box load-held"}}, "") + "cores held") +
            element("span", {{"class", "key-item"}},
                    element("span", {{"class", "key-box load-busy"}}, "") + "processor time spent"));
    Markup content = numbers_.figure(phase_key() + steps_figure(profile_, drawn), caption);
    content += numbers_.figure(key + load_figure(profile_),
                               "Cores that jobs held, and how much of them they used: processor time is known for each "
                               "command as a whole and spread evenly over its time.");
    return content;
  }

  /// Phases along the path, and the time in which no job of it was there.
  std::pair<Phases, Duration> path_phases() const {
    Phases phases;
    for (const std::size_t index : profile_.critical_path) phases += profile_.jobs[index].phases;
    return {phases, std::max(Duration{0}, profile_.elapsed() - phases.total())};
  }

  /// The longest jobs of the critical path, in order.
  std::vector<std::size_t> longest_pieces() const {
    std::vector<std::size_t> path = profile_.critical_path;
    if (path.size() <= kPiecesMax) return path;
    std::ranges::stable_sort(path, std::ranges::greater{},
                             [this](std::size_t index) { return profile_.jobs[index].phases.total(); });
    path.resize(kPiecesMax);
    std::ranges::sort(path);
    return path;
  }

  /// A share of the run, to a tenth of a percent.
  Markup share_cell(Duration duration) const {
    const double share = seconds_of(duration) / std::max(seconds_of(profile_.elapsed()), 1e-6);
    return fixed_text(100 * share, 1) + " %";
  }

  Markup critical_path() {
    const auto [phases, rest] = path_phases();
    Markup content = paragraph(
        "The chain of jobs that the run's end waited for: each could not begin before the one in front of it was over. "
        "To make the run shorter, shorten one of these; more cores help only against waiting.");
    content +=
        numbers_.figure(phases_bar(phases, rest),
                        "Where the time of the critical path went. Between jobs: expressions, the engine itself, "
                        "and the delivery of the outputs.");
    const std::size_t count = profile_.critical_path.size();
    if (count > kPiecesMax) {
      content += numbers_.table(
          path_by_step(), "The critical path by step: " + count_text(static_cast<std::int64_t>(count)) + " jobs.");
    }
    const std::string which = count > kPiecesMax ? "The longest jobs" : "The jobs";
    return content + numbers_.table(path_table(longest_pieces()), which + " of the critical path, in order.");
  }

  /// Where time went, of a step or a job with a number of its own.
  static TableMaker phases_table(const char* name, const char* number) {
    return TableMaker({{name},
                       {number, true},
                       {"Waiting", true},
                       {"Staging", true},
                       {"Running", true},
                       {"Collecting", true},
                       {"Share of the run", true}},
                      "compact sortable");
  }
  void add_phases(TableMaker& table, const std::string& name, const Markup& number, const Phases& phases) const {
    table.add({code(name), number, time_cell(phases.waiting), time_cell(phases.staging), time_cell(phases.running),
               time_cell(phases.collecting), share_cell(phases.total())});
  }

  Markup path_by_step() const {
    std::vector<std::pair<std::int64_t, Phases>> sums(profile_.steps.size());
    for (const std::size_t index : profile_.critical_path) {
      const JobProfile& job = profile_.jobs[index];
      ++sums[job.step].first;
      sums[job.step].second += job.phases;
    }
    TableMaker table = phases_table("Step", "Jobs");
    for (std::size_t step = 0; step < sums.size(); ++step) {
      const auto& [jobs, phases] = sums[step];
      if (jobs == 0) continue;
      add_phases(table, step_name(profile_.steps[step]), count_cell(jobs), phases);
    }
    return table.finish();
  }

  Markup path_table(const std::vector<std::size_t>& path) const {
    TableMaker table = phases_table("Job", "Began after");
    for (const std::size_t index : path) {
      const JobProfile& job = profile_.jobs[index];
      add_phases(table, job.name, time_cell(job.created_at - profile_.begin()), job.phases);
    }
    return table.finish();
  }

  Markup steps() {
    TableMaker table({{"Step"},
                      {"Done", true},
                      {"Failed", true},
                      {"Skipped", true},
                      {"Reused", true},
                      {"Retries", true},
                      {"Run time, total", true},
                      {"median", true},
                      {"longest", true},
                      {"Waiting, total", true},
                      {"Staging, total", true},
                      {"Processor time", true},
                      {"Efficiency", true},
                      {"Peak memory", true}},
                     "compact sortable");
    for (const StepProfile& step : profile_.steps) {
      table.add({code(step_name(step)), count_cell(step.done), failed_cell(step.failed), count_cell(step.skipped),
                 count_cell(step.reused), count_cell(step.retries), time_cell(step.phases.running),
                 time_cell(step.running_median), time_cell(step.running_max), time_cell(step.phases.waiting),
                 time_cell(step.phases.staging + step.phases.collecting), time_cell(step.cpu_time),
                 step.efficiency() ? Markup(percent_text(*step.efficiency())) : Markup(kNoValue),
                 bytes_cell(step.memory_max_bytes)});
    }
    return numbers_.table(
        table.finish(),
        "All jobs of each step. Efficiency: processor time as a share of run time times cores; far "
        "below 100\xC2\xA0% the step asks for more cores than it uses. Staging holds collecting too.");
  }

  static Markup failed_cell(std::int64_t count) {
    return count == 0 ? Markup(kNoValue) : element("span", {{"class", "failed-word"}}, count_text(count));
  }

  /// All jobs where they are few; else those on the critical path, those that failed, and the longest.
  std::vector<std::size_t> drawn_jobs() const {
    const std::size_t count = profile_.jobs.size();
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    if (count > options_.jobs_drawn_max) {
      std::vector<bool> critical(count);
      for (const std::size_t index : longest_pieces()) critical[index] = true;
      const auto weight = [&](std::size_t index) {
        const JobProfile& job = profile_.jobs[index];
        return std::tuple(critical[index], job.state == JobState::kFailed, job.phases.total() - job.phases.waiting);
      };
      std::ranges::stable_sort(order, std::ranges::greater{}, weight);
      order.resize(options_.jobs_drawn_max);
      std::ranges::sort(order);
    }
    return order;
  }

  Markup jobs() {
    if (profile_.jobs.empty()) return paragraph("No job was created.");
    const auto drawn = drawn_jobs();
    const bool all = drawn.size() == profile_.jobs.size();
    const std::string which = all ? "Every job"
                                  : count_text(static_cast<std::int64_t>(drawn.size())) + " of " +
                                        count_text(static_cast<std::int64_t>(profile_.jobs.size())) +
                                        " jobs: those on the critical path, those that failed, and the longest";
    Markup content = numbers_.figure(phase_key() + jobs_figure(profile_, drawn),
                                     which + ". Names on the critical path are bold; the number is the run time.");
    content +=
        numbers_.table(longest_table(), "The jobs that ran longest. The CSV file of 'alveus report' has them all.");
    return content;
  }

  Markup longest_table() const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < profile_.jobs.size(); ++i) {
      if (!profile_.jobs[i].occupations.empty()) order.push_back(i);
    }
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [this](std::size_t index) { return profile_.jobs[index].phases.running; });
    constexpr std::size_t kLongestMax = 25;
    if (order.size() > kLongestMax) order.resize(kLongestMax);
    TableMaker table({{"Job"},
                      {"Status"},
                      {"Running", true},
                      {"Waiting", true},
                      {"Staging", true},
                      {"Collecting", true},
                      {"Cores", true},
                      {"Processor time", true},
                      {"Peak memory", true}},
                     "compact sortable");
    for (const std::size_t index : order) {
      const JobProfile& job = profile_.jobs[index];
      const bool failed = job.state == JobState::kFailed;
      table.add({code(job.name),
                 failed ? element("span", {{"class", "failed-word"}}, "failed") : Markup(job.state_name()),
                 time_cell(job.phases.running), time_cell(job.phases.waiting), time_cell(job.phases.staging),
                 time_cell(job.phases.collecting), setting_text(job.cores), time_cell(job.cpu_time),
                 bytes_cell(job.memory_max_bytes)});
    }
    return table.finish();
  }

  static Markup about() {
    return paragraph(
               "Waiting: for its turn, for cores and memory, and between attempts. Staging: its folder was made and "
               "its "
               "inputs were brought. Running: its command ran. Collecting: its outputs were looked up and checked. "
               "Times are those of the run's journal, which "
               "is written a few times a second or more often: differences of milliseconds mean little.",
               "note") +
           paragraph(
               "Processor time and memory are those of the command and its children, as the system counts them; of a "
               "container those of its control group. Where they could not be had there is a dash.",
               "note");
  }

  const RunProfile& profile_;
  const RunReportOptions& options_;
  StepProfile whole_;
  Numbers numbers_;
  std::vector<ContentsEntry> contents_;
};

}  // namespace

std::string render_run_report(const RunProfile& profile, const RunReportOptions& options) {
  return RunPage(profile, options).render();
}

}  // namespace alveus::report
