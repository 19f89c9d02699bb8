// SPDX-License-Identifier: Apache-2.0
#include "engine/work.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "engine/former_content.hpp"
#include "engine/staging.hpp"

namespace alveus::engine {
namespace {

constexpr std::uint64_t kLogReadBytesMax = std::uint64_t{1} << 20;
constexpr std::size_t kLogTailBytesMax = 4096;
constexpr std::uint64_t kStreamReadBytesMax = std::uint64_t{64} << 20;  // of a longer stream nothing is kept
constexpr std::size_t kStreamKeptBytesMax = std::size_t{64} << 10;
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

/// Whether files of the web are in the value.
bool names_web(const core::Value& value) {
  if (value.is_array()) return std::ranges::any_of(value.as_array(), names_web);
  if (!value.is_object()) return false;
  return (value.string_or("class", "") == "File" && sys::is_web_url(value.string_or("location", ""))) ||
         std::ranges::any_of(value.as_object(), [](const auto& member) { return names_web(member.second); });
}

/// What the input object says of a file that was fetched must be true.
core::Status check_promises(const core::Value& file, const core::Location& here, const flow::DataAccess& access) {
  const std::string name = "'" + file.string_or("location", "") + "'";
  if (const core::Value* size = file.find("size"); size != nullptr && size->is_integer()) {
    ALVEUS_TRY_ASSIGN(const auto status, access.status(here));
    if (std::cmp_not_equal(status.size_bytes, size->as_integer())) {
      return core::fail(core::ErrorCode::kCorrupt, name + " has " + std::to_string(status.size_bytes) +
                                                       " bytes, but its size is given as " +
                                                       std::to_string(size->as_integer()));
    }
  }
  if (const std::string wanted = file.string_or("checksum", ""); wanted.starts_with("sha1$")) {
    ALVEUS_TRY_ASSIGN(const auto checksum, access.checksum(here));
    if (checksum != wanted) {
      return core::fail(core::ErrorCode::kCorrupt,
                        name + " has the checksum " + checksum + ", but " + wanted + " is given");
    }
  }
  return {};
}

std::int64_t bytes_of(double mib) {
  constexpr double kMib = 1024.0 * 1024;
  constexpr double kMibMax = 1e12;
  return static_cast<std::int64_t>(std::min(mib, kMibMax) * kMib);
}

/// The last bytes of a text, from the begin of a line or at least of a character.
std::string end_of(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t begin = text.size() - bytes_max;
  if (const auto line = text.find('\n', begin); line != std::string::npos && line - begin < kLogTailBytesMax) {
    begin = line + 1;
  } else {
    while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  }
  return text.substr(begin);
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
           WorkOptions options)
    : connector_(connector),
      sites_(connector),
      access_(connector, options.web),
      post_(std::move(post)),
      reuse_(options.reuse),
      folders_(options.folders),
      secrets_(std::move(options.secrets)),
      memory_limit_(options.memory_limit),
      missing_images_(options.missing_images) {
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
  const std::string inputs_json = core::to_json(evaluation.inputs);
  evaluation.fingerprint = core::hash_text(core::HashKind::kSha256, inputs_json);
  evaluation.noted = note_inputs(evaluation.inputs, inputs_json);
  // The fingerprint names what the web calls them: where they lie here differs from run to run.
  ALVEUS_TRY(fetch_from_web(evaluation.inputs));
  if (const auto* tool = std::get_if<std::shared_ptr<const flow::Tool>>(&effect.process->body)) {
    if ((*tool)->has_command()) {
      ALVEUS_TRY_ASSIGN(evaluation.request, (*tool)->resources(evaluation.inputs));
      // A job with secrets is of no use to other runs, whose markers differ: nothing of it is kept for them.
      const bool has_secrets = !secrets_.empty() && secrets_.stands_in(core::to_json(evaluation.inputs));
      if (reuse_ != nullptr && !has_secrets && effect.lookup == ResultLookup::kYes) {
        evaluation.reuse = look_up(effect.name, **tool, evaluation);
      }
    } else {
      ALVEUS_TRY_ASSIGN(evaluation.outputs, (*tool)->evaluate(evaluation.inputs, access_));
      ALVEUS_TRY(fetch_from_web(*evaluation.outputs));
    }
  }
  return evaluation;
}

/// A result depends on the image itself, which a name with a tag does not tell: it may move.
ReuseAnswer Work::look_up(const core::JobId& job, const flow::Tool& tool, Evaluation& evaluation) const {
  const auto refused = [](std::string reason) {
    return ReuseAnswer{.ticket = nullptr, .refusal = std::move(reason), .found = {}};
  };
  // Before its image is obtained, which may be large.
  const auto reusability = tool.reusability(evaluation.inputs);
  if (!reusability) return refused(reusability.error().text());
  if (!reusability->is_reusable) return refused(reusability->reason);
  auto image = image_identity_for(tool.container(), connector_, access_, missing_images_);
  if (!image) return refused(image.error().message);
  evaluation.image = *std::move(image);
  return reuse_->look_up(job, tool, evaluation);
}

core::Status Work::fetch_from_web(core::Value& value) const {
  if (value.is_array() && std::ranges::any_of(value.as_array(), names_web)) {
    for (core::Value& item : value.mutable_array()) ALVEUS_TRY(fetch_from_web(item));
  }
  if (!value.is_object() || !names_web(value)) return {};
  const std::string url = value.string_or("location", "");
  if (value.string_or("class", "") == "File" && sys::is_web_url(url)) {
    ALVEUS_TRY_ASSIGN(const core::RemotePath path, access_.path_of(core::Location(url)));
    const core::Location here = connector_.location_of(path);
    ALVEUS_TRY(check_promises(value, here, access_));
    value.set("location", here.text());
  }
  for (auto& [name, member] : value.mutable_object()) ALVEUS_TRY(fetch_from_web(member));
  return {};
}

core::Result<core::Value> Work::iteration_inputs(const EvaluateInputs& effect) const {
  const flow::Step& step = *effect.step;
  if (effect.last_outputs) return step.loop->next_inputs(effect.inputs, *effect.last_outputs, access_);
  if (step.logic == nullptr) return effect.inputs;
  return step.logic->evaluate_inputs(effect.inputs, access_);
}

JobPrepared Work::perform(const PrepareJob& effect) const {
  auto prepared = prepare(effect);
  if (!prepared) return {.activity = effect.activity, .result = core::fail(secrets_.conceal(prepared.error()))};
  return {.activity = effect.activity, .result = *std::move(prepared)};
}

std::vector<std::string> Work::gpu_ids(GpuSet gpus) const {
  std::vector<std::string> ids;
  if (gpus == 0) return ids;
  const deploy::SiteCapacity capacity = connector_.capacity();
  for (std::size_t i = 0; i < capacity.gpus.size() && i < 64; ++i) {
    if (((gpus >> i) & 1U) != 0) ids.push_back(capacity.gpus[i].id);
  }
  return ids;
}

/// What is written into the job's folder is the job's own: there the secrets stand.
std::vector<flow::StageEntry> Work::revealed(std::vector<flow::StageEntry> entries) const {
  for (flow::StageEntry& entry : entries) {
    if (secrets_.stands_in(entry.contents)) entry.contents = secrets_.reveal(entry.contents);
  }
  return entries;
}

/// Files that were made with secrets in them go when the command has ended, but for those that are outputs.
void Work::remove_secret_files(const PreparedJob& job, const core::Value& outputs) const {
  const std::string kept = secrets_.empty() ? std::string() : core::to_json(outputs);
  for (const flow::StageEntry& entry : job.plan.stage) {
    if (entry.kind != flow::StageEntry::Kind::kLiteral || !secrets_.stands_in(entry.contents)) continue;
    const auto& container = job.command.container;
    const core::RemotePath place = container ? container->site_path_of(entry.target) : entry.target;
    if (place.empty()) continue;
    const std::string location = connector_.location_of(place).text();
    if (kept.find("\"" + location + "\"") == std::string::npos) static_cast<void>(connector_.remove(place));
  }
}

core::Result<std::shared_ptr<const PreparedJob>> Work::prepare(const PrepareJob& effect) const {
  auto job = std::make_shared<PreparedJob>();
  ALVEUS_TRY(restore_former(effect.former, connector_));
  const auto request = effect.tool->container();
  ALVEUS_TRY_ASSIGN(auto image, image_for(request, connector_, access_));
  ALVEUS_TRY_ASSIGN(job->folder, connector_.make_job_folder(effect.job));
  flow::JobSite site{.outdir = job->folder.outdir,
                     .tmpdir = job->folder.tmpdir,
                     .inputs_directory = job->folder.inputs_directory,
                     .cores = std::ceil(effect.allotment.cores),
                     .ram_mib = effect.allotment.ram_mib,
                     .tmpdir_mib = effect.allotment.tmpdir_mib,
                     .outdir_mib = effect.allotment.outdir_mib,
                     .gpus = gpu_ids(effect.allotment.gpus)};
  if (image) {
    ALVEUS_TRY_ASSIGN(site, site_inside(std::move(site), *request));
  }
  ALVEUS_TRY_ASSIGN(job->plan, effect.tool->plan(effect.inputs, site, access_));
  ALVEUS_TRY_ASSIGN(job->former, keep_former(job->plan.stage, job->folder, sites_, connector_));
  if (image) {
    ALVEUS_TRY_ASSIGN(job->command.container, contain(*job, *std::move(image)));
  } else {
    ALVEUS_TRY(secrets_.empty() ? stage(job->plan.stage, job->folder, sites_, connector_)
                                : stage(revealed(job->plan.stage), job->folder, sites_, connector_));
  }
  ALVEUS_TRY_ASSIGN(job->command, make_command(*job, effect.allotment));
  return std::shared_ptr<const PreparedJob>(std::move(job));
}

core::Result<deploy::JobContainer> Work::contain(const PreparedJob& job, deploy::ContainerImage image) const {
  const auto entries = revealed(job.plan.stage);
  ALVEUS_TRY_ASSIGN(auto mounts,
                    stage_inside(entries, {.outside = job.folder, .inside = job.plan.site}, sites_, connector_));
  const std::string& root = job.folder.root.text();
  return deploy::JobContainer{.image = std::move(image),
                              .name = root.substr(root.rfind('/') + 1),
                              .mounts = std::move(mounts),
                              .working_directory = job.plan.site.outdir,
                              .has_network = job.plan.network,
                              .shm_size = job.plan.shm_size,
                              .gpus = job.plan.site.gpus};
}

core::Result<deploy::SiteCommand> Work::make_command(const PreparedJob& job, const Allotment& allotment) const {
  const core::RemotePath& outdir = job.folder.outdir;
  deploy::SiteCommand command{.arguments = job.plan.command,
                              .environment = {},
                              .working_directory = outdir,
                              .stdin_path = job.plan.stdin_path,
                              .stdout_path = std::nullopt,
                              .stderr_path = std::nullopt,
                              .log_path = join(job.folder.root, "log"),
                              .time_limit = job.plan.time_limit,
                              .container = job.command.container,
                              .folder = job.folder.root};
  const double limit_mib = allotment.ram_limit_mib > 0 ? allotment.ram_limit_mib : allotment.ram_mib;
  if (memory_limit_ == MemoryLimit::kStrict) command.memory_limit_bytes = bytes_of(limit_mib);
  if (memory_limit_ != MemoryLimit::kNone) command.memory_expected_bytes = bytes_of(allotment.ram_mib);
  if (!command.container) {
    command.environment = environment_;
  } else if (command.stdin_path) {
    command.stdin_path = command.container->site_path_of(*command.stdin_path);
  }
  command.environment["HOME"] = job.plan.site.outdir.text();
  command.environment["TMPDIR"] = job.plan.site.tmpdir.text();
  if (!job.plan.site.gpus.empty()) {
    std::string& visible = command.environment["CUDA_VISIBLE_DEVICES"];
    for (const std::string& gpu : job.plan.site.gpus) visible += (visible.empty() ? "" : ",") + gpu;
  }
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
  if (secrets_.empty()) return {.activity = effect.activity, .result = connector_.start(effect.job->command, on_end)};
  deploy::SiteCommand command = effect.job->command;
  command.arguments = secrets_.reveal(command.arguments);
  for (auto& [name, value] : command.environment) value = secrets_.reveal(value);
  auto started = connector_.start(command, on_end);
  if (!started) return {.activity = effect.activity, .result = core::fail(secrets_.conceal(started.error()))};
  return {.activity = effect.activity, .result = *std::move(started)};
}

/// Adds the end of what was written to a stream.
void Work::add_stream(std::vector<StreamEnd>& ends, std::string_view stream, const core::RemotePath& path) const {
  if (path.empty()) return;
  const auto found = connector_.status(path);
  if (!found || found->kind != deploy::EntryKind::kFile || found->size_bytes == 0) return;
  StreamEnd end{.stream = std::string(stream), .bytes = static_cast<std::int64_t>(found->size_bytes), .text = {}};
  if (found->size_bytes <= kStreamReadBytesMax) {
    auto text = connector_.read(path, kStreamReadBytesMax);
    if (!text) return;
    end.text = end_of(secrets_.conceal(*std::move(text)), kStreamKeptBytesMax);
  }
  ends.push_back(std::move(end));
}

std::vector<StreamEnd> Work::streams_of_failed(const AttemptStreams& streams) const {
  std::vector<StreamEnd> ends;
  add_stream(ends, "log", streams.log);
  add_stream(ends, "stdout", streams.stdout_path);
  add_stream(ends, "stderr", streams.stderr_path);
  return ends;
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
  if (!secrets_.empty()) {
    remove_secret_files(*effect.job, collected.result ? *collected.result : core::Value());
    if (!collected.result) collected.result = core::fail(secrets_.conceal(collected.result.error()));
    if (collected.result) collected.result = secrets_.conceal(*collected.result);
  }
  if (!collected.result) return collected;  // its streams are read when it is inspected
  const deploy::SiteCommand& command = job.command;
  add_stream(collected.logs, "log", command.log_path);
  add_stream(collected.logs, "stderr", command.stderr_path.value_or(core::RemotePath()));
  // A hint whose image could not be had: with it the result may be another.
  const std::string ran_in = job.command.container ? job.command.container->image.identity().text : std::string();
  const bool is_as_expected = effect.ticket && effect.ticket->image == ran_in;
  if (is_as_expected && reuse_ != nullptr) reuse_->keep(*effect.ticket, *collected.result);
  const bool is_needed = folders_ == JobFolders::kKept || !job.former.empty() || names_data(*collected.result);
  connector_.retire_job_folder(effect.job->folder,
                               is_needed ? deploy::JobRemains::kOutputs : deploy::JobRemains::kNothing);
  return collected;
}

JobInspected Work::perform(const InspectJob& effect) const {
  if (!secrets_.empty()) remove_secret_files(*effect.job, {});
  const deploy::SiteCommand& command = effect.job->command;
  JobInspected inspected{.activity = effect.activity,
                         .log_tail = {},
                         .log = {},
                         .logs = streams_of_failed({.log = command.log_path,
                                                    .stdout_path = command.stdout_path.value_or(core::RemotePath()),
                                                    .stderr_path = command.stderr_path.value_or(core::RemotePath())})};
  for (const auto& path : {command.stderr_path, std::optional(command.log_path), command.stdout_path}) {
    if (!path) continue;
    auto text = connector_.read(*path, kLogReadBytesMax);
    if (!text || text->empty()) continue;
    inspected.log = connector_.location_of(*path);
    inspected.log_tail = tail_of(secrets_.conceal(std::move(*text)));
    return inspected;
  }
  inspected.log = connector_.location_of(command.log_path);
  return inspected;
}

void Work::perform(const CancelJob& effect) const { connector_.cancel(effect.handle); }

}  // namespace alveus::engine
