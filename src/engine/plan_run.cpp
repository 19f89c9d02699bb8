// SPDX-License-Identifier: Apache-2.0
#include "engine/plan_run.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "engine/machine.hpp"
#include "engine/scheduler.hpp"
#include "engine/work.hpp"

namespace alveus::engine {
namespace {

constexpr std::size_t kReasonsMax = 3;

std::string joined(const std::string& above, const std::string& name) {
  return (above == "/" ? "/" : above + "/") + name;
}

/// "/train" for "/train/0.4".
std::string step_of(const core::JobId& job) {
  const std::size_t slash = job.text().rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : job.text().substr(0, slash);
}

/// Feeds the machine what would come of its wishes, up to the point where something would start: that job fails for it,
/// so that all that depends on it is left alone.
class Planning {
 public:
  Planning(const flow::Process& process, const PlanServices& services)
      : process_(process),
        services_(services),
        work_(services.connector, {}, [](Event) {},
              {.reuse = services.reuse, .web = services.web, .missing_images = MissingImages::kMissed}),
        machine_(process, services.connector.capacity(), {.on_error = OnError::kContinue}) {}

  std::vector<PlannedStep> run(core::Value inputs) {
    Reaction reaction;
    machine_.start(std::move(inputs), reaction);
    take(reaction);
    while (!waiting_.empty()) {
      const Effect effect = std::move(waiting_.front());
      waiting_.pop_front();
      reaction = {};
      std::visit([&](const auto& wanted) { answer(wanted, reaction); }, effect);
      take(reaction);
    }
    list_steps("/", process_, nullptr, {});
    return std::move(list_);
  }

 private:
  void take(Reaction& reaction) {
    for (const store::Record& record : reaction.records) {
      if (const auto* expanded = std::get_if<store::ScatterExpanded>(&record)) {
        PlannedStep& step = steps_[step_of(expanded->name)];
        step.job_count = step.job_count.value_or(0) + expanded->element_count;
      } else if (const auto* failed = std::get_if<store::JobFailed>(&record)) {
        note_failure(*failed);
      }
    }
    for (Effect& effect : reaction.effects) waiting_.push_back(std::move(effect));
  }

  void answer(const EvaluateInputs& wanted, Reaction& reaction) {
    InputsEvaluated evaluated = work_.perform(wanted);
    if (evaluated.result) note(wanted, *evaluated.result);
    machine_.on_event(std::move(evaluated), {}, reaction);
  }

  void answer(const PrepareJob& wanted, Reaction& reaction) {
    PlannedStep& step = steps_[step_of(wanted.job)];
    ++step.runs_count;
    running_.insert(wanted.job);
    if (step.runs_count == 1) {
      step.allotment = wanted.allotment;
      note_container(wanted, step);
    }
    machine_.on_event(
        JobPrepared{.activity = wanted.activity, .result = core::fail(core::ErrorCode::kCancelled, "it would run")}, {},
        reaction);
  }

  /// No job is prepared, so none is started, collected or looked at.
  template <typename Other>
  void answer(const Other&, Reaction&) {}

  void note(const EvaluateInputs& wanted, const Evaluation& evaluation) {
    PlannedStep& step = steps_[step_of(wanted.name)];
    const bool is_scattered = wanted.step != nullptr && !wanted.step->scatter.empty();
    if (!is_scattered) step.job_count = step.job_count.value_or(0) + 1;
    if (evaluation.skipped) {
      ++step.skipped_count;
    } else if (evaluation.reuse.found) {
      ++step.reused_count;
      step.source_runs.insert(evaluation.reuse.found->run.text());
    } else if (!evaluation.request) {
      ++step.evaluated_count;
    } else if (step.reasons.size() < kReasonsMax) {
      add_reason(step, reason_of(evaluation.reuse));
    }
  }

  std::string reason_of(const ReuseAnswer& answer) const {
    if (!answer.refusal.empty()) return answer.refusal;
    if (!answer.ticket || !services_.explain_miss) return {};
    return services_.explain_miss(*answer.ticket);
  }

  static void add_reason(PlannedStep& step, std::string reason) {
    if (reason.empty() || step.reasons.size() == kReasonsMax) return;
    if (std::ranges::find(step.reasons, reason) == step.reasons.end()) step.reasons.push_back(std::move(reason));
  }

  void note_failure(const store::JobFailed& failed) {
    if (running_.contains(failed.job)) return;
    PlannedStep& step = steps_[step_of(failed.job)];
    ++step.failing_count;
    add_reason(step, failed.reason);
  }

  void note_container(const PrepareJob& wanted, PlannedStep& step) {
    const flow::JobSite site{.outdir = core::RemotePath("/out"),
                             .tmpdir = core::RemotePath("/tmp"),
                             .inputs_directory = core::RemotePath("/in"),
                             .cores = std::ceil(wanted.allotment.cores),
                             .ram_mib = wanted.allotment.ram_mib,
                             .tmpdir_mib = wanted.allotment.tmpdir_mib,
                             .outdir_mib = wanted.allotment.outdir_mib};
    const ConnectorDataAccess access(services_.connector, services_.web);
    const auto plan = wanted.tool->plan(wanted.inputs, site, access);
    if (!plan) {
      --step.runs_count;
      ++step.failing_count;
      add_reason(step, plan.error().text());
    } else if (plan->container) {
      step.container = plan->container->image;
    }
  }

  /// Steps that a run would reach after these, in their order. `waits_for`: what the workflow above waits for.
  void list_steps(const std::string& path, const flow::Process& process, const flow::Step* step,
                  const std::vector<core::StepPath>& waits_for) {
    PlannedStep planned = steps_[path];
    planned.path = core::StepPath(path);
    planned.is_scattered = step != nullptr && !step->scatter.empty();
    const auto* workflow = std::get_if<flow::Workflow>(&process.body);
    if (workflow != nullptr) {
      planned.kind = PlannedStep::Kind::kWorkflow;
    } else if (!std::get<std::shared_ptr<const flow::Tool>>(process.body)->has_command()) {
      planned.kind = PlannedStep::Kind::kExpression;
    }
    if (!planned.job_count) planned.waits_for = waits_for;
    const bool is_known = planned.job_count.has_value();
    list_.push_back(std::move(planned));
    if (workflow != nullptr) list_members(path, *workflow, is_known ? std::vector<core::StepPath>() : waits_for);
  }

  void list_members(const std::string& path, const flow::Workflow& workflow, const std::vector<core::StepPath>& above) {
    std::set<std::size_t> listed;
    while (listed.size() < workflow.steps.size()) {
      const std::size_t before = listed.size();
      for (std::size_t index = 0; index < workflow.steps.size(); ++index) {
        if (listed.contains(index)) continue;
        const auto sources = sources_of(workflow.steps[index]);
        if (!std::ranges::all_of(sources, [&](std::size_t source) { return listed.contains(source); })) continue;
        listed.insert(index);
        std::vector<core::StepPath> waits_for = above;
        for (const std::size_t source : sources) {
          const std::string place = joined(path, workflow.steps[source].name);
          if (is_open(place)) waits_for.emplace_back(place);
        }
        const flow::Step& step = workflow.steps[index];
        list_steps(joined(path, step.name), *step.process, &step, waits_for);
      }
      if (listed.size() == before) return;  // a cycle, which no document that was read has
    }
  }

  static std::set<std::size_t> sources_of(const flow::Step& step) {
    std::set<std::size_t> sources;
    for (const flow::StepInput& input : step.inputs) {
      for (const flow::LinkSource& source : input.link.sources) {
        if (source.step) sources.insert(*source.step);
      }
    }
    return sources;
  }

  /// The step, or one below it, has not got all its outputs.
  bool is_open(const std::string& path) const {
    return std::ranges::any_of(list_, [&](const PlannedStep& step) {
      const bool is_meant = step.path.text() == path || step.path.text().starts_with(path + "/");
      return is_meant && (!step.job_count || step.runs_count + step.failing_count > 0);
    });
  }

  const flow::Process& process_;
  const PlanServices& services_;
  Work work_;
  Machine machine_;
  std::deque<Effect> waiting_;
  std::map<std::string, PlannedStep> steps_;
  std::set<core::JobId> running_;
  std::vector<PlannedStep> list_;
};

}  // namespace

std::vector<PlannedStep> plan_run(const flow::Process& process, core::Value inputs, const PlanServices& services) {
  return Planning(process, services).run(std::move(inputs));
}

}  // namespace alveus::engine
