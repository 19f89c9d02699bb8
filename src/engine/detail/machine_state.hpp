// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/detail/path_tree.hpp"
#include "engine/machine.hpp"
#include "engine/scheduler.hpp"
#include "flow/scatter.hpp"

namespace alveus::engine::detail {

/// Names of outputs that a failure took; what depends on one of them is blocked.
using LostPorts = std::set<std::string>;

/// What came out of an invocation or a step.
struct Yield {
  core::Value outputs;  ///< an object with each output; null where there is no value
  LostPorts lost;
};

/// A scattered step under way.
struct ScatterRun {
  flow::Scatter scatter;
  std::size_t done_count = 0;
  std::vector<core::Array> results;  ///< [output][element]
  LostPorts lost;
};

/// A step that loops, under way. One iteration runs at a time; the work for it does not grow with those before.
struct LoopRun {
  core::Value inputs;   ///< the step's, in the iteration under way
  core::Value outputs;  ///< of the iteration before; null before the first
  std::size_t iterations_begun = 1;
  std::vector<core::Array> results;  ///< [output][iteration], where all are kept
};

/// One step of one workflow under way.
struct StepRun {
  std::size_t sources_left = 0;
  std::unique_ptr<ScatterRun> scatter;
  std::unique_ptr<LoopRun> loop;
  Yield yield;  ///< set when the step is finished
};

/// A workflow under way. Owned by the activity that runs it.
struct Instance {
  PathNode* node = nullptr;
  ActivityId owner;
  std::string tag;
  core::Value inputs;
  std::vector<StepRun> steps;
  std::size_t steps_left = 0;
};

enum class Stage {
  kEvaluating,
  kWaiting,
  kPreparing,
  kReady,  ///< prepared; waits for resources
  kStarting,
  kRunning,
  kCollecting,
  kInspecting,
  kBackingOff,
  kWorkflow,  ///< a workflow runs beneath
};

/// One invocation of a process under way: an element of a step, or the root. Freed when finished.
struct Activity {
  ActivityId id;
  PathNode* node = nullptr;
  Instance* parent = nullptr;  ///< null for the root; outlives the activity
  std::size_t step = 0;
  std::size_t element = 0;  ///< of a scatter, or the iteration of a loop
  std::string tag;
  Stage stage = Stage::kEvaluating;
  bool counted_running = false;

  core::Value inputs;
  Allotment allotment;
  bool holds_allotment = false;
  bool is_queued = false;  ///< the scheduler has it, while it waits or is made ready
  int attempt = 0;
  std::vector<store::FormerContent> former;           ///< of what the attempt before was to change where it lies
  std::shared_ptr<const store::ResultTicket> ticket;  ///< for the cache
  std::shared_ptr<const PreparedJob> job;
  deploy::CommandHandle handle;
  std::optional<core::Result<deploy::CommandEnd>> early_end;  ///< the command ended before its start was reported
  bool cancelled = false;
  std::optional<flow::JobOutcome> outcome;
  core::Error error;  ///< why the attempt failed, while its log is read

  std::unique_ptr<Instance> instance;
};

/// Elements of a step that may begin.
struct ReadyElements {
  Instance* instance = nullptr;
  std::size_t step = 0;
  std::size_t next = 0;
  std::size_t end = 0;
};

/// Activities by id, with constant-time access; ids are not used twice.
class ActivityTable {
 public:
  Activity& add();
  Activity* find(ActivityId id);
  void remove(ActivityId id);
  std::size_t size() const { return size_; }
  template <typename Visit>
  void for_each(Visit visit) {
    for (Slot& slot : slots_) {
      if (slot.activity) visit(*slot.activity);
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Activity> activity;
    std::uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace alveus::engine::detail

namespace alveus::engine {

/// The machine's inside, in four parts: the stages of a job (machine.cpp), the graph (machine_graph.cpp), steps that
/// loop (machine_loop.cpp), and what is done about failures (machine_failure.cpp).
struct Machine::State {
  using Activity = detail::Activity;
  using Instance = detail::Instance;
  using PathNode = detail::PathNode;
  using Stage = detail::Stage;
  using Yield = detail::Yield;

  State(const flow::Process& root, deploy::SiteCapacity capacity, MachineOptions given, store::FinishedJobs earlier);

  // Stages of a job: machine.cpp.
  void on(InputsEvaluated& event);
  void on(JobPrepared& event);
  void on(JobStarted& event);
  void on(JobEnded& event);
  void on(JobCollected& event);
  void on(JobInspected& event);
  void on(TimePassed& event);
  void on(CancelRequested& event);
  Activity& answered(ActivityId id);
  void begin_invocation(Activity& activity, core::Value inputs);
  bool take_over(Activity& activity);
  void create_job(Activity& activity, Evaluation evaluation);
  void finish_job(Activity& activity, core::Value outputs);
  void wait_for_resources(Activity& activity);
  void place_jobs();
  void prepare_job(Activity& activity);
  void start_job(Activity& activity);
  static const flow::DocumentPlace& place_of(const Activity& activity);
  static core::Error why_it_failed(const Activity& activity, const deploy::CommandEnd& end);
  void command_ended(Activity& activity, core::Result<deploy::CommandEnd> result);
  void release(Activity& activity);
  void record_logs(const Activity& activity, std::vector<StreamEnd>& logs);
  core::Value record_values(NotedInputs& noted);

  // The graph: machine_graph.cpp.
  void settle();
  void admit(detail::ReadyElements& ready);
  bool job_window_is_open() const;
  void enter_workflow(Activity& activity, Evaluation evaluation);
  void start_step(Instance& instance, std::size_t step);
  void scatter_step(Instance& instance, std::size_t step, core::Value inputs);
  void finish_workflow(Instance& instance);
  void finish_invocation(Activity& activity, Yield yield);
  void finish_step(Instance& instance, std::size_t step, Yield yield);
  void finish_scatter(Instance& instance, std::size_t step);
  void skip_invocation(Activity& activity);
  bool any_lost(const Instance& instance, const flow::Link& link) const;
  std::vector<core::Value> source_values(const Instance& instance, const flow::Link& link) const;
  core::Result<core::Value> step_inputs(const Instance& instance, const flow::Step& step) const;
  Yield all_lost(const std::vector<std::string>& outputs) const;

  // Steps that loop: machine_loop.cpp.
  void start_loop(Instance& instance, std::size_t step, core::Value inputs);
  void begin_iteration(Activity& activity);
  void finish_iteration(Instance& instance, std::size_t step, Yield yield);
  void end_loop(Activity& activity);

  // Failures and the end: machine_failure.cpp.
  void job_failed(Activity& activity, core::Error error);
  void try_again_or_give_up(Activity& activity, std::string log_tail, core::Location log);
  bool may_retry(const Activity& activity) const;
  void retry(Activity& activity);
  void give_up(Activity& activity, std::string log_tail, core::Location log);
  void fail_step(Instance& instance, std::size_t step, core::Error error);
  void note_failure(Failure failure);
  void stop();
  void drop(Activity& activity);
  void cancel_command(Activity& activity);

  void count_running(Activity& activity);
  void count_end(Activity& activity, std::size_t StepCounts::* place);
  void changed(PathNode& node);

  core::JobId name(const Activity& activity) const { return activity.node->name(activity.tag); }
  template <typename T>
  void record(T change) {
    reaction->records.emplace_back(std::move(change));
  }
  /// Adds an effect that will be answered.
  template <typename T>
  void request(T effect) {
    ++answers_due;
    reaction->effects.emplace_back(std::move(effect));
  }

  MachineOptions options;
  store::FinishedJobs finished;  ///< by an earlier controller; each leaves when its turn comes
  detail::PathNode root;
  Scheduler scheduler;
  detail::ActivityTable activities;
  std::map<int, std::deque<detail::ReadyElements>, std::greater<>> ready;  ///< by priority, most urgent first
  std::deque<std::pair<Instance*, std::size_t>> startable;                 ///< steps whose sources are all there
  std::deque<Instance*> complete;                                          ///< workflows with no step left
  std::multimap<sys::SteadyTime, ActivityId> backing_off;
  std::vector<detail::PathNode*> nodes_changed;
  std::unordered_set<std::string> values_noted;  ///< hashes of those in the journal
  std::size_t jobs_active = 0;                   ///< invocations that are no workflows
  std::size_t answers_due = 0;                   ///< events that effects will bring
  bool stopping = false;
  bool cancel_requested = false;
  std::optional<sys::SteadyTime> give_up_at;
  bool gave_up = false;
  std::optional<Yield> root_yield;
  Ending ending;

  // Of the event at hand.
  Reaction* reaction = nullptr;
  sys::SteadyTime now;
};

}  // namespace alveus::engine
