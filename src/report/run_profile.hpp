// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "store/run_history.hpp"
#include "sys/clock.hpp"

namespace alveus::report {

using Duration = std::chrono::microseconds;
constexpr double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// Where the time of a job went.
struct Phases {
  Duration waiting{0};     ///< for its turn, for cores and memory, and for another attempt
  Duration staging{0};     ///< its folder is made, its inputs are brought
  Duration running{0};     ///< its command runs
  Duration collecting{0};  ///< its outputs are looked up and checked

  Duration total() const { return waiting + staging + running + collecting; }
  Phases& operator+=(const Phases& other);
  friend bool operator==(const Phases&, const Phases&) = default;
};

/// One attempt at a job. It holds its cores from the start of its command to its end.
struct Occupation {
  sys::WallTime created_at;  ///< its job was created, or begun anew
  sys::WallTime placed_at;
  sys::WallTime prepared_at;  ///< between this and the start it may wait for cores
  sys::WallTime started_at;   ///< of the command; `ended_at` when it never started
  sys::WallTime ended_at;
  double cores = 0;
  std::optional<Duration> cpu_time;  ///< empty: not known
};

/// What a report keeps of a job.
struct JobProfile {
  std::string name;
  std::size_t step = 0;  ///< index in RunProfile::steps
  std::string tag;
  std::size_t order = 0;  ///< of its first record
  store::JobState state = store::JobState::kCreated;
  bool is_interrupted = false;  ///< was under way when the run ended or its controller was lost
  bool reused = false;
  std::size_t attempts = 0;
  sys::WallTime created_at;
  sys::WallTime finished_at;  ///< of a job under way: the last record of the run
  Phases phases;
  double cores = 0;
  std::optional<Duration> cpu_time;              ///< of all attempts that were measured; empty: of none
  std::optional<std::int64_t> memory_max_bytes;  ///< empty: not known
  std::optional<int> exit_code;
  std::string failure;
  std::vector<Occupation> occupations;  ///< one for each attempt

  bool is_over() const { return store::is_over(state); }
  /// "done", "running"; "interrupted".
  std::string_view state_name() const;
};

/// All jobs of a step together.
struct StepProfile {
  core::StepPath step;
  std::int64_t done = 0;  ///< those reused included
  std::int64_t reused = 0;
  std::int64_t failed = 0;
  std::int64_t skipped = 0;
  std::int64_t running = 0;
  std::int64_t waiting = 0;  ///< known, and not running
  std::int64_t retries = 0;
  Phases phases;
  Duration running_median{0};  ///< of the jobs whose command ended
  Duration running_max{0};
  std::optional<Duration> cpu_time;              ///< of the jobs that were measured; empty: of none
  double core_seconds = 0;                       ///< running time times cores
  double core_seconds_measured = 0;              ///< of what is in `cpu_time`
  std::optional<std::int64_t> memory_max_bytes;  ///< empty: not known
  std::optional<sys::WallTime> first_at;         ///< its first job was created
  std::optional<sys::WallTime> last_at;          ///< its last one was over

  std::int64_t total() const { return done + failed + skipped + running + waiting; }
  /// Processor time as a share of the cores it held; empty where too little ran to tell.
  std::optional<double> efficiency() const;
};

/// What steps wait for, by path.
struct StepGraph {
  std::map<std::string, std::vector<std::string>> sources;  ///< the steps that a step takes values from
  std::set<std::string> loops = {};                         ///< steps whose iterations wait for one another
};

/// A run for people who want to know where its time went.
struct RunProfile {
  store::RunHistory run;
  std::vector<StepProfile> steps;  ///< in the order in which their first jobs were created
  std::vector<JobProfile> jobs;    ///< by the time of creation, then by their first records

  /// What ended last, backwards: each piece could not begin before the one in front of it was over. Indices of jobs.
  std::vector<std::size_t> critical_path;

  sys::WallTime begin() const { return run.started_at.value_or(run.last_record_at); }
  sys::WallTime end() const { return run.last_record_at; }
  Duration elapsed() const { return end() - begin(); }
  StepProfile whole() const;  ///< all steps together; no median

  /// No controller works on the run: what its journal leaves under way is interrupted, and waits.
  void mark_interrupted();
};

/// Reads it from the run's journal. `graph` tells which job can have waited for which; without it the time alone does.
core::Result<RunProfile> read_profile(const std::filesystem::path& journal_file, const StepGraph* graph = nullptr);

/// The cores that jobs held over time, as steps: `cores` from `at` on until the next one. At most `points_max`
/// entries: where there are more changes, the mean of each of as many equal intervals.
struct Load {
  sys::WallTime at;
  double cores = 0;  ///< held
  double busy = 0;   ///< processor time spent for each second; spread evenly over the time of each command
};
std::vector<Load> load_over_time(const RunProfile& profile, std::size_t points_max);

}  // namespace alveus::report
