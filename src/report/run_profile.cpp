// SPDX-License-Identifier: Apache-2.0
#include "report/run_profile.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace alveus::report {
namespace {

using store::JobState;

/// What is not known changes no sum.
void add_known(std::optional<Duration>& sum, const std::optional<Duration>& more) {
  if (more) sum = sum.value_or(Duration{0}) + *more;
}

/// Takes jobs as they come out of the journal and forgets what a report does not need.
class Builder {
 public:
  void add(const store::JobHistory& history) {
    const std::size_t step = step_of(history.step);
    JobProfile job{.name = history.job.text(),
                   .step = step,
                   .tag = history.tag,
                   .order = history.order,
                   .state = history.state,
                   .reused = history.reused,
                   .attempts = history.attempts.size(),
                   .created_at = {},
                   .finished_at = {},
                   .failure = history.failure,
                   .occupations = {}};
    const auto first = history.created_at ? history.created_at : history.finished_at;
    job.created_at = first.value_or(sys::WallTime{});
    job.finished_at = history.finished_at.value_or(sys::WallTime::max());
    add_attempts(job, history);
    count(profile.steps[step], job);
    profile.jobs.push_back(std::move(job));
  }

  RunProfile finish(store::RunHistory run) {
    profile.run = std::move(run);
    for (JobProfile& job : profile.jobs) close(job);
    std::ranges::sort(profile.jobs, {}, [](const JobProfile& job) { return std::tie(job.created_at, job.order); });
    sort_steps();
    for (const JobProfile& job : profile.jobs) sum_up(profile.steps[job.step], job);
    find_medians();
    return std::move(profile);
  }

  RunProfile profile;

 private:
  std::size_t step_of(const core::StepPath& step) {
    const auto [place, is_new] = index_.try_emplace(step.text(), profile.steps.size());
    if (is_new) profile.steps.emplace_back().step = step;
    return place->second;
  }

  static void add_attempts(JobProfile& job, const store::JobHistory& history) {
    for (const store::JobAttempt& attempt : history.attempts) {
      job.cores = attempt.cores;
      add_known(job.cpu_time, attempt.cpu_time);
      job.memory_max_bytes = std::max(job.memory_max_bytes, attempt.resident_max_bytes);
      job.exit_code.reset();
      if (attempt.outcome) job.exit_code = attempt.outcome->exit_code;
      if (!attempt.placed_at) continue;
      const sys::WallTime none = sys::WallTime::max();
      job.occupations.push_back({.created_at = attempt.created_at.value_or(job.created_at),
                                 .placed_at = *attempt.placed_at,
                                 .prepared_at = attempt.prepared_at.value_or(none),
                                 .started_at = attempt.started_at.value_or(none),
                                 .ended_at = attempt.ended_at.value_or(none),
                                 .cores = attempt.cores,
                                 .cpu_time = attempt.cpu_time});
    }
  }

  static void count(StepProfile& step, const JobProfile& job) {
    if (job.attempts > 1) step.retries += static_cast<std::int64_t>(job.attempts) - 1;
    switch (job.state) {
      case JobState::kDone:
        ++step.done;
        if (job.reused) ++step.reused;
        return;
      case JobState::kFailed: ++step.failed; return;
      case JobState::kSkipped: ++step.skipped; return;
      case JobState::kRunning:
      case JobState::kEnded: ++step.running; return;
      case JobState::kCreated:
      case JobState::kPlaced:
      case JobState::kPrepared:
      case JobState::kRetrying: ++step.waiting; return;
    }
  }

  /// Gives open ends a time: an attempt that was lost with its controller ended when that was last heard of.
  void close(JobProfile& job) const {
    const sys::WallTime none = sys::WallTime::max();
    if (job.finished_at == none) job.finished_at = profile.run.last_record_at;
    sys::WallTime since = job.created_at;
    sys::WallTime created_at = sys::WallTime::min();
    for (Occupation& held : job.occupations) {
      // Between two lives of a job no controller worked on the run: that is no waiting.
      if (held.created_at != created_at) since = created_at = held.created_at;
      if (held.ended_at == none) held.ended_at = end_of(held.placed_at, job.finished_at);
      if (held.started_at == none) held.started_at = held.ended_at;
      if (held.prepared_at == none) held.prepared_at = held.started_at;
      job.phases += {.waiting = (held.placed_at - since) + (held.started_at - held.prepared_at),
                     .staging = held.prepared_at - held.placed_at,
                     .running = held.ended_at - held.started_at};
      since = held.ended_at;
    }
    const bool was_placed = !job.occupations.empty() && job.occupations.back().created_at == job.created_at;
    if (!was_placed) since = job.created_at;
    (was_placed ? job.phases.collecting : job.phases.waiting) += std::max(Duration{0}, job.finished_at - since);
  }

  sys::WallTime end_of(sys::WallTime placed_at, sys::WallTime finished_at) const {
    for (const auto& gap : profile.run.interruptions) {
      if (gap.from >= placed_at) return std::min(gap.from, finished_at);
    }
    return finished_at;
  }

  void sort_steps() {
    std::vector<std::size_t> order;
    std::vector<bool> seen(profile.steps.size());
    for (const JobProfile& job : profile.jobs) {
      if (!seen[job.step]) order.push_back(job.step);
      seen[job.step] = true;
    }
    std::vector<std::size_t> place(order.size());
    std::vector<StepProfile> sorted(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      sorted[i] = std::move(profile.steps[order[i]]);
    }
    profile.steps = std::move(sorted);
    for (JobProfile& job : profile.jobs) job.step = place[job.step];
  }

  static void sum_up(StepProfile& step, const JobProfile& job) {
    step.first_at = std::min(step.first_at.value_or(job.created_at), job.created_at);
    step.last_at = std::max(step.last_at.value_or(job.finished_at), job.finished_at);
    step.phases += job.phases;
    step.running_max = std::max(step.running_max, job.phases.running);
    add_known(step.cpu_time, job.cpu_time);
    step.memory_max_bytes = std::max(step.memory_max_bytes, job.memory_max_bytes);
    for (const Occupation& held : job.occupations) {
      const double core_seconds = seconds_of(held.ended_at - held.started_at) * held.cores;
      step.core_seconds += core_seconds;
      if (held.cpu_time) step.core_seconds_measured += core_seconds;
    }
  }

  void find_medians() {
    std::vector<std::vector<Duration>> times(profile.steps.size());
    for (const JobProfile& job : profile.jobs) {
      if (!job.occupations.empty() && job.is_over()) times[job.step].push_back(job.phases.running);
    }
    for (std::size_t step = 0; step < times.size(); ++step) {
      if (times[step].empty()) continue;
      const auto middle = times[step].begin() + static_cast<std::ptrdiff_t>(times[step].size() / 2);
      std::ranges::nth_element(times[step], middle);
      profile.steps[step].running_median = *middle;
    }
  }

  std::unordered_map<std::string, std::size_t> index_;
};

/// The steps whose jobs a job of a step may have waited for: those it takes values from, and where it takes a value of
/// its own workflow, those that this one takes values from.
std::vector<std::string> sources_of(const StepGraph& graph, const std::string& step) {
  std::vector<std::string> all;
  std::string path = step;
  while (true) {
    if (const auto found = graph.sources.find(path); found != graph.sources.end()) {
      all.insert(all.end(), found->second.begin(), found->second.end());
    }
    const auto slash = path.rfind('/');
    if (slash == 0 || slash == std::string::npos) return all;
    path.resize(slash);
  }
}

bool lies_in(std::string_view step, std::string_view source) {
  return step.starts_with(source) && (step.size() == source.size() || step[source.size()] == '/');
}

/// Tags of one instance of a workflow agree as far as the shorter one goes, or one goes on where the other ends.
bool may_meet(std::string_view left, std::string_view right) {
  const std::size_t shared = std::min(left.size(), right.size());
  if (left.substr(0, shared) != right.substr(0, shared)) return false;
  const std::string_view longer = left.size() > right.size() ? left : right;
  return longer.size() == shared || longer[shared] == '.';
}

std::size_t depth_of(std::string_view path) {
  return path == "/" ? 0 : static_cast<std::size_t>(std::ranges::count(path, '/'));
}

/// Walks from what ended last to what it waited for.
class PathFinder {
 public:
  PathFinder(const RunProfile& profile, const StepGraph* graph) : profile_(profile), graph_(graph) {
    for (const auto& workflow : profile.run.workflows) {
      const std::string& name = workflow.name.text();
      const auto slash = name.rfind('/');
      tag_sizes_[slash == 0 ? "/" : name.substr(0, slash)] =
          static_cast<std::size_t>(std::ranges::count(name.substr(slash + 1), '.')) + 1;
    }
  }

  std::vector<std::size_t> find() const {
    std::vector<std::size_t> path;
    std::optional<std::size_t> at = last();
    while (at && path.size() < profile_.jobs.size()) {
      path.push_back(*at);
      at = before(*at);
    }
    std::ranges::reverse(path);
    return path;
  }

 private:
  std::optional<std::size_t> last() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < profile_.jobs.size(); ++i) {
      const JobProfile& job = profile_.jobs[i];
      if (job.state == JobState::kSkipped) continue;
      if (!found || job.finished_at > profile_.jobs[*found].finished_at) found = i;
    }
    return found;
  }

  /// The last that was over when the job was created, among those that it can have waited for. Jobs are sorted by
  /// creation, and nothing ends before it is created: those behind need no look.
  std::optional<std::size_t> before(std::size_t index) const {
    const JobProfile& job = profile_.jobs[index];
    const std::string& step = profile_.steps[job.step].step.text();
    const auto sources = graph_ == nullptr ? std::vector<std::string>{} : sources_of(*graph_, step);
    std::vector<bool> wanted(profile_.steps.size(), graph_ == nullptr);
    for (const std::string& source : sources) {
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (lies_in(profile_.steps[i].step.text(), source)) wanted[i] = true;
      }
    }
    const auto loops = loops_around(step);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < index; ++i) {
      const JobProfile& other = profile_.jobs[i];
      if (other.finished_at > job.created_at || other.state == JobState::kSkipped) continue;
      const bool is_source = wanted[other.step] && (graph_ == nullptr || same_instance(step, job, other));
      const auto goes_before = [&](const std::string& loop) { return is_iteration_before(loop, job, other); };
      if (!is_source && std::ranges::none_of(loops, goes_before)) continue;
      if (!found || other.finished_at >= profile_.jobs[*found].finished_at) found = i;
    }
    return found;
  }

  /// Whether both lie in the same instance of the innermost workflow that holds both steps.
  bool same_instance(const std::string& step, const JobProfile& job, const JobProfile& other) const {
    const std::string& source = profile_.steps[other.step].step.text();
    std::string shared = step;
    while (depth_of(shared) > 0 && (!lies_in(source, shared) || shared == step)) {
      const auto slash = shared.rfind('/');
      shared.resize(slash == 0 ? 0 : slash);
      if (shared.empty()) shared.assign(1, '/');  // g++ 12 at -O2 takes the literal for an overlapping copy
    }
    const auto size = tag_sizes_.find(shared);
    if (size == tag_sizes_.end()) return may_meet(job.tag, other.tag);
    return first_numbers(job.tag, size->second) == first_numbers(other.tag, size->second);
  }

  /// The step and those around it, as far as they loop.
  std::vector<std::string> loops_around(std::string step) const {
    std::vector<std::string> loops;
    while (graph_ != nullptr && depth_of(step) > 0) {
      if (graph_->loops.contains(step)) loops.push_back(step);
      step.resize(step.rfind('/'));
    }
    return loops;
  }

  /// Whether the other job belongs to the iteration of the loop in front of the job's.
  bool is_iteration_before(const std::string& loop, const JobProfile& job, const JobProfile& other) const {
    if (!lies_in(profile_.steps[other.step].step.text(), loop)) return false;
    const auto slash = loop.rfind('/');
    const auto size = tag_sizes_.find(slash == 0 ? "/" : loop.substr(0, slash));
    const std::size_t count = size == tag_sizes_.end() ? 1 : size->second;
    if (first_numbers(job.tag, count) != first_numbers(other.tag, count)) return false;
    const auto iteration = iteration_of(job.tag, count);
    const auto earlier = iteration_of(other.tag, count);
    return iteration && earlier && *earlier + 1 == *iteration;
  }

  /// The number in a tag that follows as many others.
  static std::optional<std::size_t> iteration_of(std::string_view tag, std::size_t count) {
    const std::size_t begin = first_numbers(tag, count).size() + 1;
    std::size_t number = 0;
    if (begin > tag.size()) return std::nullopt;
    const auto read = std::from_chars(tag.data() + begin, tag.data() + tag.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
  }

  static std::string_view first_numbers(std::string_view tag, std::size_t count) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < tag.size(); ++i) {
      if (tag[i] == '.' && ++at == count) return tag.substr(0, i);
    }
    return tag;
  }

  const RunProfile& profile_;
  const StepGraph* graph_;
  std::map<std::string, std::size_t, std::less<>> tag_sizes_;  ///< numbers in the tag of a workflow's instances
};

}  // namespace

Phases& Phases::operator+=(const Phases& other) {
  waiting += other.waiting;
  staging += other.staging;
  running += other.running;
  collecting += other.collecting;
  return *this;
}

std::string_view JobProfile::state_name() const { return is_interrupted ? "interrupted" : store::name_of(state); }

std::optional<double> StepProfile::efficiency() const {
  constexpr double kCoreSecondsMin = 0.05;  // below it the journal's times are too coarse
  if (!cpu_time || core_seconds_measured < kCoreSecondsMin) return std::nullopt;
  return seconds_of(*cpu_time) / core_seconds_measured;
}

StepProfile RunProfile::whole() const {
  StepProfile whole;
  for (const StepProfile& step : steps) {
    whole.done += step.done;
    whole.reused += step.reused;
    whole.failed += step.failed;
    whole.skipped += step.skipped;
    whole.running += step.running;
    whole.waiting += step.waiting;
    whole.retries += step.retries;
    whole.phases += step.phases;
    whole.running_max = std::max(whole.running_max, step.running_max);
    add_known(whole.cpu_time, step.cpu_time);
    whole.core_seconds += step.core_seconds;
    whole.core_seconds_measured += step.core_seconds_measured;
    whole.memory_max_bytes = std::max(whole.memory_max_bytes, step.memory_max_bytes);
  }
  return whole;
}

void RunProfile::mark_interrupted() {
  for (JobProfile& job : jobs) {
    if (job.is_over() || job.attempts == 0) continue;
    job.is_interrupted = true;
    if (job.state != JobState::kRunning && job.state != JobState::kEnded) continue;
    --steps[job.step].running;
    ++steps[job.step].waiting;
  }
}

core::Result<RunProfile> read_profile(const std::filesystem::path& journal_file, const StepGraph* graph) {
  Builder builder;
  ALVEUS_TRY_ASSIGN(auto run, store::read_history(journal_file, store::Values::kSkip,
                                                  [&](const store::JobHistory& job) { builder.add(job); }));
  RunProfile profile = builder.finish(std::move(run));
  profile.critical_path = PathFinder(profile, graph).find();
  return profile;
}

std::vector<Load> load_over_time(const RunProfile& profile, std::size_t points_max) {
  // Changes of what is held and spent, by time.
  std::map<sys::WallTime, std::pair<double, double>> changes;
  for (const JobProfile& job : profile.jobs) {
    for (const Occupation& held : job.occupations) {
      const double wall = seconds_of(held.ended_at - held.started_at);
      const double spent = seconds_of(held.cpu_time.value_or(Duration{0}));
      const double rate = wall > 0 ? std::min(spent / wall, 2 * std::max(held.cores, 1.0)) : 0;
      changes[held.started_at].first += held.cores;
      changes[held.ended_at].first -= held.cores;
      changes[held.started_at].second += rate;
      changes[held.ended_at].second -= rate;
    }
  }
  std::vector<Load> exact{{.at = profile.begin()}};
  double cores = 0;
  double busy = 0;
  for (const auto& [at, change] : changes) {
    cores += change.first;
    busy += change.second;
    // Sums of fractions come back to zero only nearly.
    exact.push_back({.at = at, .cores = std::max(0.0, cores), .busy = busy < 1e-9 ? 0 : busy});
  }
  exact.push_back({.at = profile.end()});
  if (exact.size() <= points_max || points_max == 0) return exact;
  std::vector<Load> means(points_max);
  const double whole = std::max(seconds_of(profile.elapsed()), 1e-6);
  const double width = whole / static_cast<double>(points_max);
  for (std::size_t i = 0; i < points_max; ++i) {
    means[i].at = profile.begin() + Duration(static_cast<std::int64_t>(1e6 * width * static_cast<double>(i)));
  }
  for (std::size_t i = 0; i + 1 < exact.size(); ++i) {
    double from = seconds_of(exact[i].at - profile.begin());
    const double to = std::min(seconds_of(exact[i + 1].at - profile.begin()), whole);
    while (from < to) {
      const auto bin = std::min(points_max - 1, static_cast<std::size_t>(from / width));
      const double until = bin + 1 == points_max ? to : std::min(to, width * static_cast<double>(bin + 1));
      if (until <= from) break;
      means[bin].cores += exact[i].cores * (until - from) / width;
      means[bin].busy += exact[i].busy * (until - from) / width;
      from = until;
    }
  }
  return means;
}

}  // namespace alveus::report
