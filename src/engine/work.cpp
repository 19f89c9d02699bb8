// SPDX-License-Identifier: Apache-2.0
#include "engine/work.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/container_job.hpp"
#include "engine/staging.hpp"

namespace alveus::engine {
namespace {

constexpr std::uint64_t kLogReadBytesMax = std::uint64_t{1} << 20;
constexpr std::size_t kLogTailBytesMax = 4096;
constexpr std::size_t kLogTailLinesMax = 20;

/// The last lines of a text, without its final newline.
std::string tail_of(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  std::size_t begin = text.size() > kLogTailBytesMax ? text.size() - kLogTailBytesMax : 0;
  std::size_t lines = 0;
  for (std::size_t i = text.size(); i-- > begin;) {
    if (text[i] == '\n' && ++lines == kLogTailLinesMax) begin = i + 1;
  }
  return text.substr(begin);
}

/// Whether files or directories are among the outputs.
bool names_data(const core::Value& value) {
  if (value.is_array()) return std::ranges::any_of(value.as_array(), names_data);
  if (!value.is_object()) return false;
  const std::string kind = value.string_or("class", "");
  return kind == "File" || kind == "Directory" ||
         std::ranges::any_of(value.as_object(), [](const auto& member) { return names_data(member.second); });
}

/// A name for a standard stream, which must lie in the job's output directory.
core::Result<core::RemotePath> stream_path(const core::RemotePath& outdir, const std::string& name) {
  const auto parts = core::split(name, '/');
  if (name.empty() || name.starts_with('/') || std::ranges::find(parts, "..") != parts.end()) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "'" + name + "' cannot take a standard stream: it lies outside the output directory");
  }
  return join(outdir, name);
}

}  // namespace

Work::Work(deploy::Connector& connector, const std::map<std::string, std::string>& base_environment, Post post,
           ResultReuse* reuse, JobFolders folders)
    : connector_(connector),
      sites_(connector),
      access_(connector),
      post_(std::move(post)),
      reuse_(reuse),
      folders_(folders) {
  if (const auto path = base_environment.find("PATH"); path != base_environment.end()) environment_.insert(*path);
}

InputsEvaluated Work::perform(const EvaluateInputs& effect) const {
  return {.activity = effect.activity, .result = evaluate(effect)};
}

core::Result<Evaluation> Work::evaluate(const EvaluateInputs& effect) const {
  Evaluation evaluation;
  evaluation.inputs = effect.inputs;
  if (effect.step != nullptr && effect.step->loop != nullptr) {
    ALVEUS_TRY_ASSIGN(evaluation.step_inputs, iteration_inputs(effect));
    ALVEUS_TRY_ASSIGN(const bool continues, effect.step->loop->continues(evaluation.step_inputs));
    if (!continues) return Evaluation{.loop_ended = true};
    evaluation.inputs = evaluation.step_inputs;
  } else if (effect.step != nullptr && effect.step->logic != nullptr) {
    const flow::StepLogic& logic = *effect.step->logic;
    ALVEUS_TRY_ASSIGN(evaluation.inputs, logic.evaluate_inputs(effect.inputs, access_));
    if (effect.step->has_when) {
      ALVEUS_TRY_ASSIGN(const bool runs, logic.runs(evaluation.inputs));
      if (!runs) return Evaluation{.skipped = true};
    }
  }
  if (effect.process->contract != nullptr) {
    ALVEUS_TRY_ASSIGN(evaluation.inputs, effect.process->contract->accept(evaluation.inputs, access_));
  }
  evaluation.fingerprint = core::hash_text(core::HashKind::kSha256, core::to_json(evaluation.inputs));
  if (const auto* tool = std::get_if<std::shared_ptr<const flow::Tool>>(&effect.process->body)) {
    if ((*tool)->has_command()) {
      ALVEUS_TRY_ASSIGN(evaluation.request, (*tool)->resources(evaluation.inputs));
      if (reuse_ != nullptr) evaluation.reuse = reuse_->look_up(effect.name, **tool, evaluation);
    } else {
      ALVEUS_TRY_ASSIGN(evaluation.outputs, (*tool)->evaluate(evaluation.inputs, access_));
    }
  }
  return evaluation;
}

core::Result<core::Value> Work::iteration_inputs(const EvaluateInputs& effect) const {
  const flow::Step& step = *effect.step;
  if (effect.last_outputs) return step.loop->next_inputs(effect.inputs, *effect.last_outputs, access_);
  if (step.logic == nullptr) return effect.inputs;
  return step.logic->evaluate_inputs(effect.inputs, access_);
}

JobPrepared Work::perform(const PrepareJob& effect) const {
  return {.activity = effect.activity, .result = prepare(effect)};
}

core::Result<std::shared_ptr<const PreparedJob>> Work::prepare(const PrepareJob& effect) const {
  auto job = std::make_shared<PreparedJob>();
  const auto request = effect.tool->container();
  ALVEUS_TRY_ASSIGN(auto image, image_for(request, connector_));
  ALVEUS_TRY_ASSIGN(job->folder, connector_.make_job_folder(effect.job));
  flow::JobSite site{.outdir = job->folder.outdir,
                     .tmpdir = job->folder.tmpdir,
                     .inputs_directory = job->folder.inputs_directory,
                     .cores = std::ceil(effect.allotment.cores),
                     .ram_mib = effect.allotment.ram_mib,
                     .tmpdir_mib = effect.allotment.tmpdir_mib,
                     .outdir_mib = effect.allotment.outdir_mib};
  if (image) {
    ALVEUS_TRY_ASSIGN(site, site_inside(std::move(site), *request));
  }
  ALVEUS_TRY_ASSIGN(job->plan, effect.tool->plan(effect.inputs, site, access_));
  if (image) {
    ALVEUS_TRY_ASSIGN(job->command.container, contain(*job, *std::move(image)));
  } else {
    ALVEUS_TRY(stage(job->plan.stage, job->folder, sites_, connector_));
  }
  ALVEUS_TRY_ASSIGN(job->command, make_command(*job));
  return std::shared_ptr<const PreparedJob>(std::move(job));
}

core::Result<deploy::JobContainer> Work::contain(const PreparedJob& job, deploy::ContainerImage image) const {
  ALVEUS_TRY_ASSIGN(auto mounts,
                    stage_inside(job.plan.stage, {.outside = job.folder, .inside = job.plan.site}, sites_, connector_));
  const std::string& root = job.folder.root.text();
  return deploy::JobContainer{.image = std::move(image),
                              .name = root.substr(root.rfind('/') + 1),
                              .mounts = std::move(mounts),
                              .working_directory = job.plan.site.outdir,
                              .has_network = job.plan.network};
}

core::Result<deploy::SiteCommand> Work::make_command(const PreparedJob& job) const {
  const core::RemotePath& outdir = job.folder.outdir;
  deploy::SiteCommand command{.arguments = job.plan.command,
                              .environment = {},
                              .working_directory = outdir,
                              .stdin_path = job.plan.stdin_path,
                              .stdout_path = std::nullopt,
                              .stderr_path = std::nullopt,
                              .log_path = join(job.folder.root, "log"),
                              .time_limit = job.plan.time_limit,
                              .container = job.command.container};
  if (!command.container) {
    command.environment = environment_;
  } else if (command.stdin_path) {
    command.stdin_path = command.container->site_path_of(*command.stdin_path);
  }
  command.environment["HOME"] = job.plan.site.outdir.text();
  command.environment["TMPDIR"] = job.plan.site.tmpdir.text();
  for (const auto& [name, value] : job.plan.environment) command.environment[name] = value;
  const auto stream = [&](const std::optional<std::string>& name,
                          std::optional<core::RemotePath>& path) -> core::Status {
    if (!name) return {};
    ALVEUS_TRY_ASSIGN(path, stream_path(outdir, *name));
    if (parent_of(*path) != outdir) return connector_.make_directory(parent_of(*path));
    return {};
  };
  ALVEUS_TRY(stream(job.plan.stdout_name, command.stdout_path));
  ALVEUS_TRY(stream(job.plan.stderr_name, command.stderr_path));
  return command;
}

JobStarted Work::perform(const StartJob& effect) const {
  const auto on_end = [post = post_, activity = effect.activity](core::Result<deploy::CommandEnd> end) {
    post(JobEnded{.activity = activity, .result = std::move(end)});
  };
  return {.activity = effect.activity, .result = connector_.start(effect.job->command, on_end)};
}

JobCollected Work::perform(const CollectJob& effect) const {
  const PreparedJob& job = *effect.job;
  if (job.command.container) {
    auto settled = settle_outputs(*job.command.container, {.outside = job.folder, .inside = job.plan.site}, connector_);
    if (!settled) return {.activity = effect.activity, .result = core::fail(std::move(settled).error())};
  }
  const core::Location outdir = connector_.location_of(effect.job->folder.outdir);
  JobCollected collected{.activity = effect.activity,
                         .result = effect.tool->collect(effect.job->plan, effect.exit, outdir, access_)};
  if (!collected.result) return collected;
  if (effect.ticket && reuse_ != nullptr) reuse_->keep(*effect.ticket, *collected.result);
  const bool is_needed = folders_ == JobFolders::kKept || names_data(*collected.result);
  connector_.retire_job_folder(effect.job->folder,
                               is_needed ? deploy::JobRemains::kOutputs : deploy::JobRemains::kNothing);
  return collected;
}

JobInspected Work::perform(const InspectJob& effect) const {
  JobInspected inspected{.activity = effect.activity, .log_tail = {}, .log = {}};
  const deploy::SiteCommand& command = effect.job->command;
  for (const auto& path : {command.stderr_path, std::optional(command.log_path), command.stdout_path}) {
    if (!path) continue;
    auto text = connector_.read(*path, kLogReadBytesMax);
    if (!text || text->empty()) continue;
    inspected.log = connector_.location_of(*path);
    inspected.log_tail = tail_of(std::move(*text));
    return inspected;
  }
  inspected.log = connector_.location_of(command.log_path);
  return inspected;
}

void Work::perform(const CancelJob& effect) const { connector_.cancel(effect.handle); }

}  // namespace alveus::engine
