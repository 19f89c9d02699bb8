// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "deploy/connector.hpp"
#include "engine/progress.hpp"
#include "flow/process.hpp"
#include "store/record.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {

/// What is known of a run while it goes on, for those who show it. Fed with what the engine reports: a record costs the
/// same however many jobs there are. Pure: time is an argument.
class RunModel {
 public:
  struct Step {
    std::string name;      ///< "train", "sub/train"; "tool" for a run of one tool
    bool is_tool = false;  ///< its invocations are jobs, not workflows
    engine::StepCounts counts;
    std::size_t timed_count = 0;              ///< jobs that ran well to their end
    std::chrono::microseconds timed_sum{0};   ///< how long they ran
    std::size_t running_count = 0;            ///< commands that run
    std::optional<sys::SteadyTime> begun_at;  ///< when its first command started
    sys::SteadyTime ended_at;                 ///< when its last command ended well

    std::size_t over() const { return counts.done + counts.failed + counts.skipped + counts.blocked; }
    std::size_t total() const { return over() + counts.waiting + counts.running; }
    bool is_over() const { return total() > 0 && over() == total(); }
  };
  struct Job {
    std::size_t step = 0;
    sys::SteadyTime started;
    deploy::CommandHandle handle;
  };
  /// All jobs together, as far as they are known by now.
  struct Totals {
    std::size_t over = 0;
    std::size_t known = 0;
    std::size_t running = 0;
    std::size_t failed = 0;
    std::size_t skipped = 0;
    std::size_t blocked = 0;
    std::size_t retried = 0;
    std::size_t reused = 0;
    std::size_t steps_to_come = 0;  ///< steps that nothing is known of yet
  };

  /// All steps are known from the start; they stand in the order of the document.
  RunModel(const flow::Process& root, sys::SteadyTime now);

  void set_counts(const core::StepPath& step, const engine::StepCounts& counts);
  void add(const store::Record& record, sys::SteadyTime now);

  sys::SteadyTime started() const { return started_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::unordered_map<core::JobId, Job>& running() const { return running_; }
  Totals totals() const;

  /// How long the jobs of a step that are known by now will take from here on. Empty when there is no ground for it:
  /// fewer than three of its jobs have run to their end, or none runs and none has for a while.
  std::optional<std::chrono::microseconds> time_left(const Step& step, sys::SteadyTime now) const;
  /// The same for the run. Empty while one of its steps has not begun, or has no ground.
  std::optional<std::chrono::microseconds> time_left(sys::SteadyTime now) const;

 private:
  void add_steps(const flow::Workflow& workflow, const std::string& path);
  std::size_t step_of(const std::string& path);

  sys::SteadyTime started_;
  std::vector<Step> steps_;
  std::unordered_map<std::string, std::size_t> index_;  ///< by path
  std::unordered_map<core::JobId, Job> running_;
  std::size_t retried_ = 0;
  std::size_t reused_ = 0;
};

/// "train 0.4" for the job "/train/0.4"; the tag of a job that is not scattered is left out.
std::string job_text(const core::JobId& job);

/// "4 s", "2:05 min", "1:02:03 h".
std::string duration_text(std::chrono::microseconds duration);

}  // namespace alveus::cli
