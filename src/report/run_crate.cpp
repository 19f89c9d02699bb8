// SPDX-License-Identifier: Apache-2.0
#include "report/run_crate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/text.hpp"
#include "report/detail/crate_data.hpp"
#include "report/detail/crate_plan.hpp"
#include "sys/file.hpp"

namespace alveus::report {
namespace {

using core::Object;
using core::Value;
using store::JobState;

constexpr const char* kProcessProfile = "https://w3id.org/ro/wfrun/process/0.5";
constexpr const char* kWorkflowProfile = "https://w3id.org/ro/wfrun/workflow/0.5";
constexpr const char* kProvenanceProfile = "https://w3id.org/ro/wfrun/provenance/0.5";
constexpr const char* kWorkflowCrate = "https://w3id.org/workflowhub/workflow-ro-crate/1.0";
constexpr const char* kRoCrate = "https://w3id.org/ro/crate/1.1";
constexpr const char* kCwl = "https://w3id.org/workflowhub/workflow-ro-crate#cwl";
constexpr const char* kEngine = "#alveus";
constexpr const char* kAuthor = "#author";
constexpr const char* kLicense = "#license";
constexpr const char* kUsage = "https://man7.org/linux/man-pages/man2/getrusage.2.html#";

std::string iso_time(sys::WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  const auto part = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00", calendar.tm_year + 1900, calendar.tm_mon + 1,
                     calendar.tm_mday, calendar.tm_hour, calendar.tm_min, calendar.tm_sec, part);
}

std::string path_text(const std::string& location) {
  constexpr std::string_view kScheme = "file://";
  return location.starts_with(kScheme) ? core::decode_uri(std::string_view(location).substr(kScheme.size())) : location;
}

std::string parent_of(const std::string& step) {
  const auto slash = step.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : step.substr(0, slash);
}

std::string last_of(const std::string& step) { return step.substr(step.rfind('/') + 1); }

/// What is known of one execution of a step: the jobs (or inner workflows) that it consisted of.
struct StepExecution {
  std::string step;
  std::vector<std::string> actions;
  bool failed = false;
  sys::WallTime from = sys::WallTime::max();
  sys::WallTime to = sys::WallTime::min();
};

class CrateWriter {
 public:
  CrateWriter(const WorkflowDescription& description, const CrateOptions& options, store::RunHistory run,
              GraphFile graph, const std::filesystem::path& folder)
      : description_(description),
        options_(options),
        run_(std::move(run)),
        graph_(std::move(graph)),
        data_(places(folder)) {
    locate_tools("/", description.root);
    for (const auto& workflow : run_.workflows) {
      const std::string step = parent_of(workflow.name.text());
      const std::string tag = last_of(workflow.name.text());
      tag_sizes_[step] = static_cast<std::size_t>(std::ranges::count(tag, '.')) + 1;
      entered_.try_emplace(workflow.name.text(), &workflow);
    }
  }

  void add_job(const store::JobHistory& job) {
    const auto tool = tools_by_step_.find(job.step.text());
    if (!has_run(job) || tool == tools_by_step_.end()) return;
    note_times(job);
    if (job.step.text() == "/") root_job_inputs_ = job.inputs;
    if (description_.tools[tool->second].kind == CrateTool::Kind::kWorkflow) {
      failed_workflows_[job.job.text()] = job.failure;  // it failed before it had jobs, or without one
      return;
    }
    // A step that failed before it had a job has run nothing.
    if (!job.created_at) return;
    const std::string id = "#job" + fragment(job.job.text());
    add_tool_action(job, tool->second, id);
    note_execution(job.step.text(), job.tag, id, job);
  }

  core::Status finish() {
    add_workflow_actions();
    add_main_action();
    add_step_actions();
    add_engine();
    write_plan(description_, graph_);
    ALVEUS_TRY(data_.write(graph_));
    add_contexts();
    add_root();
    return graph_.finish();
  }

 private:
  DataPlaces places(const std::filesystem::path& folder) const {
    DataPlaces places{
        .folder = folder, .jobs = options_.jobs, .delivered = {}, .outdir = {}, .copies = options_.with_data};
    if (run_.started) places.outdir = run_.started->description.string_or("outdir", "");
    if (run_.delivered.is_array()) {
      for (const Value& target : run_.delivered.as_array()) {
        const std::string from = path_text(target.string_or("from", ""));
        if (!from.empty()) places.delivered[from] = target.string_or("path", "");
      }
    }
    return places;
  }

  void locate_tools(const std::string& path, std::size_t tool) {
    tools_by_step_[path] = tool;
    if (description_.tools[tool].is_wrapper) {
      const CrateStep& only = description_.tools[tool].steps.front();
      tools_by_step_[path] = only.tool;
      step_ids_[path] = step_id(description_.tools[tool], only);
      return;
    }
    for (const CrateStep& step : description_.tools[tool].steps) {
      const std::string below = (path == "/" ? path : path + "/") + step.name;
      step_ids_.try_emplace(below, step_id(description_.tools[tool], step));
      locate_tools(below, step.tool);
    }
  }

  /// The ids of all values of an input or output object, each as an example of its parameter.
  std::vector<std::string> values_of(const Value& object, const CrateTool& tool,
                                     const std::vector<CrateParameter>& parameters) {
    std::vector<std::string> ids;
    if (!object.is_object()) return ids;
    const auto make_id = &parameters == &tool.inputs ? input_id : output_id;
    for (const CrateParameter& parameter : parameters) {
      const Value* value = object.find(parameter.name);
      if (value == nullptr) continue;
      for (std::string& id : data_.ids_of(*value, make_id(tool, parameter.name))) {
        if (std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
      }
    }
    return ids;
  }

  static void append_outcome(Object& action, bool failed, const std::string& error) {
    action.append("actionStatus",
                  failed ? "http://schema.org/FailedActionStatus" : "http://schema.org/CompletedActionStatus");
    if (failed && !error.empty()) action.append("error", error);
  }

  void append_agent(Object& action) const {
    if (has_author()) action.append("agent", reference(author_id()));
  }
  bool has_author() const { return !options_.author_name.empty() || !options_.author_id.empty(); }
  std::string author_id() const { return options_.author_id.empty() ? kAuthor : options_.author_id; }

  /// Whether there is something to tell of it: a job that was skipped, or that never came to run, did nothing.
  bool has_run(const store::JobHistory& job) const {
    if (job.state == JobState::kDone || job.state == JobState::kFailed) return true;
    const bool is_done = run_.ended && run_.ended->status == store::RunStatus::kDone;
    const store::JobAttempt* attempt = job.last_attempt();
    return job.state != JobState::kSkipped && !is_done && attempt != nullptr && attempt->started_at;
  }

  void note_times(const store::JobHistory& job) {
    // The workflows around a job last at least as long as it.
    for (std::string step = job.step.text(); step != "/";) {
      step = parent_of(step);
      const std::string name = (step == "/" ? "/" : step + "/") + instance_tag(step, job.tag);
      auto& end = workflow_ends_[name];
      end = std::max(end, job.finished_at.value_or(end));
      if (job.state != JobState::kDone) workflow_failures_.insert(name);
    }
  }

  /// The tag of the workflow instance at `path` in which something with this tag lies.
  std::string instance_tag(const std::string& path, const std::string& tag) const {
    const auto size = tag_sizes_.find(path);
    if (size == tag_sizes_.end()) return "0";
    std::size_t at = 0;
    for (std::size_t i = 0; i < tag.size(); ++i) {
      if (tag[i] == '.' && ++at == size->second) return tag.substr(0, i);
    }
    return tag;
  }

  void note_execution(const std::string& step, const std::string& tag, const std::string& action,
                      const store::JobHistory& job) {
    note_execution(step, tag, action, job.state != JobState::kDone, job.created_at.value_or(run_.last_record_at),
                   job.finished_at.value_or(run_.last_record_at));
  }
  void note_execution(const std::string& step, const std::string& tag, const std::string& action, bool failed,
                      sys::WallTime from, sys::WallTime to) {
    StepExecution& execution = executions_[step + "/" + instance_tag(parent_of(step), tag)];
    execution.step = step;
    execution.actions.push_back(action);
    execution.failed = execution.failed || failed;
    execution.from = std::min(execution.from, from);
    execution.to = std::max(execution.to, to);
  }

  void add_tool_action(const store::JobHistory& job, std::size_t tool_index, const std::string& id) {
    const CrateTool& tool = description_.tools[tool_index];
    const bool failed = job.state != JobState::kDone;
    const store::JobAttempt* attempt = job.reused ? nullptr : job.last_attempt();
    const auto from = attempt != nullptr && attempt->started_at ? attempt->started_at : job.created_at;
    Object action{{"@id", id},
                  {"@type", "CreateAction"},
                  {"name", "Run of " + job.job.text()},
                  {"description", description_of(job)},
                  {"instrument", reference(tool.id)},
                  {"startTime", iso_time(from.value_or(run_.last_record_at))},
                  {"endTime", iso_time(job.finished_at.value_or(run_.last_record_at))}};
    append_agent(action);
    append_references(action, "object", values_of(job.inputs, tool, tool.inputs));
    append_references(action, "result", values_of(job.outputs, tool, tool.outputs));
    append_outcome(action, failed, job.state == JobState::kFailed ? job.failure : "It was interrupted.");
    const std::string image = attempt == nullptr ? "" : attempt->container;
    if (!image.empty()) {
      action.append("containerImage", reference("#image/" + fragment(image)));
      images_.insert(image);
    }
    if (attempt != nullptr && attempt->outcome) append_usage(action, id, *attempt);
    graph_.add(action);
  }

  static std::string description_of(const store::JobHistory& job) {
    if (job.reused) {
      return "Not run: the result of " + job.reused_job.text() + " of run " + job.reused_run.text() +
             " was taken from the cache.";
    }
    std::string text = job.attempts.empty() ? "Evaluated by the engine." : "Exit code ";
    const store::JobAttempt* attempt = job.last_attempt();
    if (attempt == nullptr) return text;
    text = attempt->outcome ? text + std::to_string(attempt->outcome->exit_code) + "." : "Its command did not end.";
    if (attempt->cores > 0) {
      text += fmt::format(" Given {} {} and {:.0f} MiB.", attempt->cores, attempt->cores == 1 ? "core" : "cores",
                          attempt->ram_mib);
    }
    if (job.attempts.size() > 1) {
      const store::JobAttempt& before = *(job.attempts.rbegin() + 1);
      const std::string end = before.outcome ? "it ended with exit code " + std::to_string(before.outcome->exit_code)
                                             : std::string("it was interrupted");
      text += fmt::format(" Attempt {}; the one before it: {}.", job.attempts.size(),
                          before.retry_reason.empty() ? end : before.retry_reason);
    }
    return text;
  }

  void append_usage(Object& action, const std::string& id, const store::JobAttempt& attempt) {
    const std::string cpu = id + "#cpu-time";
    const std::string memory = id + "#memory";
    const auto local = [](std::string text) {
      std::replace(text.begin() + 1, text.end(), '#', '-');
      return text;
    };
    std::vector<std::string> known;
    if (attempt.cpu_time) {
      known.push_back(local(cpu));
      graph_.add(Object{{"@id", local(cpu)},
                        {"@type", "PropertyValue"},
                        {"name", "processor time"},
                        {"propertyID", std::string(kUsage) + "ru_utime"},
                        {"unitCode", "https://qudt.org/vocab/unit/SEC"},
                        {"value", fmt::format("{:.6f}", std::chrono::duration<double>(*attempt.cpu_time).count())}});
    }
    if (attempt.resident_max_bytes) {
      known.push_back(local(memory));
      graph_.add(Object{{"@id", local(memory)},
                        {"@type", "PropertyValue"},
                        {"name", "peak memory"},
                        {"propertyID", std::string(kUsage) + "ru_maxrss"},
                        {"unitCode", "https://qudt.org/vocab/unit/BYTE"},
                        {"value", std::to_string(*attempt.resident_max_bytes)}});
    }
    if (!known.empty()) action.append("resourceUsage", references(known));
  }

  /// Workflows inside the main one. What came out of them is told by the jobs in them.
  void add_workflow_actions() {
    for (const auto& [name, workflow] : entered_) {
      const std::string step = parent_of(name);
      const auto tool = tools_by_step_.find(step);
      if (step == "/" || tool == tools_by_step_.end()) continue;
      const std::string id = "#workflow" + fragment(name);
      const auto end = workflow_ends_.find(name);
      const auto to = end == workflow_ends_.end() ? workflow->entered_at : std::max(end->second, workflow->entered_at);
      const auto failure = failed_workflows_.find(name);
      const bool failed = failure != failed_workflows_.end() || workflow_failures_.contains(name);
      Object action{{"@id", id},
                    {"@type", "CreateAction"},
                    {"name", "Run of the workflow " + name},
                    {"instrument", reference(description_.tools[tool->second].id)},
                    {"startTime", iso_time(workflow->entered_at)},
                    {"endTime", iso_time(to)}};
      append_agent(action);
      const CrateTool& described = description_.tools[tool->second];
      append_references(action, "object", values_of(workflow->inputs, described, described.inputs));
      append_outcome(action, failed,
                     failure != failed_workflows_.end() ? failure->second
                     : failed                           ? "A job in it failed."
                                                        : "");
      graph_.add(action);
      note_execution(step, last_of(name), id, failed, workflow->entered_at, to);
    }
  }

  Value root_inputs() const {
    if (const auto found = entered_.find("/0"); found != entered_.end() && found->second->inputs.is_object()) {
      return found->second->inputs;
    }
    if (root_job_inputs_.is_object()) return root_job_inputs_;
    const Value* given = run_.started ? run_.started->description.find("inputs") : nullptr;
    return given == nullptr ? Value() : *given;
  }

  bool failed() const { return !run_.ended || run_.ended->status != store::RunStatus::kDone; }
  std::string failure() const {
    if (!run_.ended) return "The run did not end: its controller was lost.";
    if (!run_.ended->reason.empty()) return run_.ended->reason;
    return run_.ended->status == store::RunStatus::kCancelled ? "The run was cancelled." : "The run failed.";
  }
  std::string run_id() const { return run_.started ? run_.started->run.text() : std::string("run"); }
  std::string main_action_id() const { return "#run-" + fragment(run_id()); }

  std::string resumptions() const {
    std::string text;
    for (const auto& gap : run_.interruptions) {
      text += " Nothing worked on it from " + iso_time(gap.from) + " to " + iso_time(gap.to) + "; then it was resumed.";
    }
    return text;
  }

  void add_main_action() {
    const CrateTool& root = description_.tools[description_.root];
    Object action{{"@id", main_action_id()},
                  {"@type", "CreateAction"},
                  {"name", "Run " + run_id() + " of " + root.name},
                  {"description", "Run by alveus " + options_.program_version + "." + resumptions()},
                  {"instrument", reference(root.id)},
                  {"startTime", iso_time(run_.started_at.value_or(run_.last_record_at))},
                  {"endTime", iso_time(run_.last_record_at)}};
    append_agent(action);
    append_references(action, "object", values_of(root_inputs(), root, root.inputs));
    if (run_.ended) append_references(action, "result", values_of(run_.ended->outputs, root, root.outputs));
    append_outcome(action, failed(), failure());
    graph_.add(action);
  }

  void add_step_actions() {
    for (const auto& [name, execution] : executions_) {
      const std::string id = "#step" + fragment(name);
      control_actions_.push_back(id);
      Object action{{"@id", id},
                    {"@type", "ControlAction"},
                    {"name", "Execution of step " + execution.step},
                    {"instrument", reference(step_ids_.at(execution.step))},
                    {"object", references(execution.actions)},
                    {"startTime", iso_time(execution.from)},
                    {"endTime", iso_time(execution.to)}};
      append_outcome(action, execution.failed, "A job of it failed.");
      graph_.add(action);
    }
  }

  void add_engine() {
    graph_.add(Object{{"@id", kEngine},
                      {"@type", "SoftwareApplication"},
                      {"name", "alveus"},
                      {"description", "Workflow engine for the Common Workflow Language"},
                      {"softwareVersion", options_.program_version}});
    Object action{{"@id", "#engine-" + fragment(run_id())},
                  {"@type", "OrganizeAction"},
                  {"name", "Run of alveus " + options_.program_version},
                  {"instrument", reference(kEngine)},
                  {"object", references(control_actions_)},
                  {"result", reference(main_action_id())},
                  {"startTime", iso_time(run_.started_at.value_or(run_.last_record_at))},
                  {"endTime", iso_time(run_.last_record_at)}};
    append_agent(action);
    append_outcome(action, failed(), failure());
    graph_.add(action);
  }

  void add_contexts() {
    for (const std::string& image : images_) graph_.add(image_entity("#image/" + fragment(image), image));
    graph_.add(Object{{"@id", kCwl},
                      {"@type", "ComputerLanguage"},
                      {"name", "Common Workflow Language"},
                      {"alternateName", "CWL"},
                      {"identifier", reference("https://w3id.org/cwl/" + description_.cwl_version + "/")},
                      {"url", reference("https://www.commonwl.org/")},
                      {"version", description_.cwl_version}});
    const auto profile = [this](const char* id, const char* name, const char* version) {
      graph_.add(Object{{"@id", id}, {"@type", "CreativeWork"}, {"name", name}, {"version", version}});
    };
    profile(kProcessProfile, "Process Run Crate", "0.5");
    profile(kWorkflowProfile, "Workflow Run Crate", "0.5");
    profile(kProvenanceProfile, "Provenance Run Crate", "0.5");
    profile(kWorkflowCrate, "Workflow RO-Crate", "1.0");
    if (has_author()) {
      graph_.add(Object{{"@id", author_id()},
                        {"@type", "Person"},
                        {"name", options_.author_name.empty() ? options_.author_id : options_.author_name}});
    }
    if (options_.license.empty()) {
      graph_.add(Object{{"@id", kLicense},
                        {"@type", "CreativeWork"},
                        {"name", "No license stated"},
                        {"description", "Whoever made this crate did not say under which license it may be used."}});
    } else {
      graph_.add(Object{{"@id", options_.license}, {"@type", "CreativeWork"}, {"name", options_.license}});
    }
  }

  void add_root() {
    std::vector<std::string> parts;
    for (const CrateDocument& document : description_.documents) parts.push_back(document.id);
    parts.insert(parts.end(), data_.parts().begin(), data_.parts().end());
    std::vector<std::string> mentions{main_action_id()};
    mentions.insert(mentions.end(), data_.mentions().begin(), data_.mentions().end());
    const CrateTool& root = description_.tools[description_.root];
    graph_.add(Object{{"@id", "ro-crate-metadata.json"},
                      {"@type", "CreativeWork"},
                      {"about", reference("./")},
                      {"conformsTo", references({kRoCrate, kWorkflowCrate})}});
    graph_.add(
        Object{{"@id", "./"},
               {"@type", "Dataset"},
               {"name", "Run " + run_id() + " of " + root.name},
               {"description", "What run " + run_id() + " of the workflow " + root.name +
                                   " did: its steps, jobs, inputs and outputs, told by alveus."},
               {"datePublished", iso_time(run_.last_record_at)},
               {"license", reference(options_.license.empty() ? kLicense : options_.license)},
               {"conformsTo", references({kProcessProfile, kWorkflowProfile, kProvenanceProfile, kWorkflowCrate})},
               {"mainEntity", reference(root.id)},
               {"hasPart", references(parts)},
               {"mentions", references(mentions)}});
  }

  const WorkflowDescription& description_;
  const CrateOptions& options_;
  store::RunHistory run_;
  GraphFile graph_;
  CrateData data_;
  std::map<std::string, std::size_t> tools_by_step_;
  std::map<std::string, std::string> step_ids_;
  std::map<std::string, std::size_t> tag_sizes_;  ///< numbers in the tags of a workflow's instances, by its step
  std::map<std::string, const store::WorkflowHistory*> entered_;
  std::map<std::string, sys::WallTime> workflow_ends_;
  std::map<std::string, std::string> failed_workflows_;
  std::set<std::string> workflow_failures_;
  std::map<std::string, StepExecution> executions_;
  std::vector<std::string> control_actions_;
  std::set<std::string> images_;
  Value root_job_inputs_;
};

}  // namespace

core::Status write_run_crate(const std::filesystem::path& journal_file, const WorkflowDescription& description,
                             const CrateOptions& options, const std::filesystem::path& folder) {
  // Where outputs went stands behind the jobs in the journal, so it is read before them.
  ALVEUS_TRY_ASSIGN(auto run, store::read_history(journal_file, store::Values::kRead, [](const auto&) {}));
  ALVEUS_TRY(sys::make_directories(folder));
  ALVEUS_TRY_ASSIGN(auto graph, GraphFile::create(folder / "ro-crate-metadata.json"));
  CrateWriter writer(description, options, std::move(run), std::move(graph), folder);
  ALVEUS_TRY(store::read_history(journal_file, store::Values::kRead,
                                 [&](const store::JobHistory& job) { writer.add_job(job); }));
  for (const CrateDocument& document : description.documents) {
    const auto file = folder / core::decode_uri(document.id);
    ALVEUS_TRY(sys::make_directories(file.parent_path()));
    ALVEUS_TRY(sys::write_file(file, document.text));
  }
  return writer.finish();
}

}  // namespace alveus::report
