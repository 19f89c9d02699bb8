// SPDX-License-Identifier: Apache-2.0
#include "cli/workflow_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "cli/containers.hpp"
#include "cli/interrupt.hpp"
#include "cli/live_view.hpp"
#include "cli/run_cache.hpp"
#include "cli/secrets_file.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "deploy/gpus.hpp"
#include "deploy/local_connector.hpp"
#include "engine/run.hpp"
#include "store/journal.hpp"
#include "store/run_folder.hpp"
#include "store/run_lock.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "transfer/delivery.hpp"

namespace alveus::cli {
namespace {

constexpr std::size_t kThreadsMin = 2;
constexpr std::size_t kThreadsMax = 8;

/// This program's environment, with its own folder at the end of PATH: the pipeline's tools call `alveus`.
core::Result<std::map<std::string, std::string>> job_environment() {
  auto environment = sys::current_environment();
  ALVEUS_TRY_ASSIGN(const auto own, sys::executable_directory());
  std::string& path = environment["PATH"];
  path += (path.empty() ? "" : ":") + own.string();
  return environment;
}

core::Result<store::RunFolder> new_run_folder(const WorkflowRunOptions& options, const sys::Clock& clock) {
  const auto runs = options.state_directory / "runs";
  ALVEUS_TRY(sys::make_directories(runs));
  // Runs of one microsecond on one machine differ by their process.
  const std::string seed = std::to_string(clock.steady().time_since_epoch().count()) + ":" + std::to_string(::getpid());
  return store::make_run_folder(runs, store::make_run_id(clock.wall(), core::mix_text(seed)));
}

store::RunStarted header_of(const WorkflowRequest& request, const store::RunFolder& folder,
                            const WorkflowRunOptions& options) {
  core::Value description = core::Object{{"document", request.name},
                                         {"inputs", request.document.inputs},
                                         {"outdir", options.outdir.string()},
                                         {"on_error", options.on_error == engine::OnError::kStop ? "stop" : "continue"},
                                         {"container", std::string(name_of(options.container))}};
  return {.run = folder.run,
          .document_hash = request.document.hash,
          .inputs_hash = core::hash_text(core::HashKind::kSha256, core::to_json(request.document.inputs)),
          .description = std::move(description)};
}

deploy::ContainerOptions container_options(const WorkflowRunOptions& options, const store::RunFolder& folder,
                                           const Interrupt& interrupt, cmdline::Terminal& terminal) {
  return {.choice = options.container,
          .run = folder.run.text(),
          .environment = sys::current_environment(),
          .image_directory = core::RemotePath((options.state_directory / "images").string()),
          .tell = [&terminal](const std::string& text) { terminal.message(text); },
          .stop = interrupt.token()};
}

void tell_failures(const engine::Ending& ending, cmdline::Terminal& terminal) {
  for (const auto& failure : ending.failures) {
    terminal.error({.code = core::ErrorCode::kInternal, .message = failure.text()});
  }
  if (ending.failure_count > ending.failures.size()) {
    terminal.message(std::to_string(ending.failure_count - ending.failures.size()) +
                     " more failures are in the journal");
  }
}

/// A document may ask for what only shows when its jobs are planned: that too is status 33.
cmdline::ExitStatus status_of(const engine::Ending& ending) {
  switch (ending.status) {
    case store::RunStatus::kDone: return cmdline::ExitStatus::kDone;
    case store::RunStatus::kCancelled: return cmdline::ExitStatus::kInterrupted;
    case store::RunStatus::kFailed: break;
  }
  const bool unsupported = std::ranges::any_of(ending.failures, [](const engine::Failure& failure) {
    return failure.error.code == core::ErrorCode::kUnsupported;
  });
  return unsupported ? cmdline::ExitStatus::kUnsupported : cmdline::ExitStatus::kFailed;
}

}  // namespace

deploy::SiteCapacity site_capacity(const WorkflowRunOptions& options, const cwl::Process& process,
                                   sys::ProcessRunner& runner) {
  auto capacity = deploy::detect_capacity("local");
  if (options.cores > 0) capacity.cores = options.cores;
  if (options.ram_mib > 0) capacity.ram_mib = options.ram_mib;
  // nvidia-smi takes its time: GPUs are looked for only where a tool asks for them.
  if (options.gpus) {
    capacity.gpus = deploy::numbered_gpus(*options.gpus);
  } else if (cwl::asks_for_gpus(process)) {
    auto found = deploy::detect_gpus(runner, sys::current_environment());
    capacity.gpus = std::move(found.gpus);
    capacity.cuda_version = std::move(found.cuda_version);
  }
  return capacity;
}

std::vector<cmdline::Flag> workflow_run_flags(std::string outdir_fallback) {
  using Kind = cmdline::Flag::Kind;
  std::vector<cmdline::Flag> flags = {
      {.name = "outdir", .value_name = "DIR", .help = "Where the outputs go.", .fallback = std::move(outdir_fallback)},
      {.name = "quiet", .kind = Kind::kSwitch, .help = "Show errors alone.", .short_name = "q"},
      {.name = "on-error",
       .value_name = "RULE",
       .help = "After a failed job: stop, or continue with all that does not depend on it.",
       .fallback = "stop",
       .choices = {"stop", "continue"}},
      {.name = "retries",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "How often a job is tried again that failed for a passing reason.",
       .fallback = "0"},
      {.name = "cores",
       .kind = Kind::kReal,
       .value_name = "N",
       .help = "Cores that jobs may use together; the machine's without it."},
      {.name = "ram",
       .kind = Kind::kReal,
       .value_name = "MIB",
       .help = "Memory that jobs may ask for together; the machine's without it."},
      {.name = "gpus",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "CUDA devices that jobs may use, numbered from 0; those of the machine without it."},
      {.name = "state",
       .value_name = "DIR",
       .help = "Where journals and job folders lie; $ALVEUS_STATE or ~/.local/state/alveus without it."},
      {.name = "keep-job-folders",
       .kind = Kind::kSwitch,
       .help = "Leave the jobs' folders in place; without it only a run that failed keeps them."},
  };
  for (auto& flag : cache_flags()) flags.push_back(std::move(flag));
  for (auto& flag : container_flags()) flags.push_back(std::move(flag));
  return flags;
}

core::Result<std::filesystem::path> state_directory_of(const cmdline::Flags& flags) {
  if (flags.has("state")) return std::filesystem::absolute(flags.text("state"));
  const auto environment = sys::current_environment();
  const auto value = [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const auto own = value("ALVEUS_STATE"); !own.empty()) return std::filesystem::absolute(own);
  if (const auto xdg = value("XDG_STATE_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "alveus";
  if (const auto home = value("HOME"); !home.empty()) return std::filesystem::path(home) / ".local/state/alveus";
  return core::fail(core::ErrorCode::kInvalidInput, "there is no place for the journal: give --state DIR or set HOME");
}

core::Result<WorkflowRunOptions> workflow_run_options(const cmdline::Flags& flags) {
  ALVEUS_TRY_ASSIGN(auto state, state_directory_of(flags));
  if (flags.integer("retries") < 0 || flags.integer("retries") > 100) {
    return core::fail(core::ErrorCode::kInvalidInput, "--retries takes 0 to 100");
  }
  if (flags.has("gpus") && (flags.integer("gpus") < 0 || flags.integer("gpus") > 64)) {
    return core::fail(core::ErrorCode::kInvalidInput, "--gpus takes 0 to 64");
  }
  return WorkflowRunOptions{
      .outdir = std::filesystem::absolute(flags.text("outdir")).lexically_normal(),
      .state_directory = std::move(state),
      .on_error = flags.text("on-error") == "continue" ? engine::OnError::kContinue : engine::OnError::kStop,
      .retries_max = static_cast<int>(flags.integer("retries")),
      .cores = flags.has("cores") ? flags.real("cores") : 0,
      .ram_mib = flags.has("ram") ? flags.real("ram") : 0,
      .gpus = flags.has("gpus") ? std::optional(static_cast<std::size_t>(flags.integer("gpus"))) : std::nullopt,
      .keep_job_folders = flags.on("keep-job-folders"),
      .cache = cache_directory_of(flags),
      .container = engine_choice(flags),
  };
}

core::Result<WorkflowRunResult> run_workflow(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                             cmdline::Terminal& terminal) {
  const Interrupt interrupt;
  const sys::RealClock clock;
  ALVEUS_TRY_ASSIGN(const auto folder, new_run_folder(options, clock));
  ALVEUS_TRY_ASSIGN(const auto lock, store::RunLock::take(folder.path));
  ALVEUS_TRY(request.document.snapshot.write(folder.documents_file()));
  ALVEUS_TRY(write_secrets(folder.secrets_file(), request.document.secrets));
  ALVEUS_TRY_ASSIGN(const auto journal, store::SqliteJournal::create(folder.journal_file()));
  ALVEUS_TRY_ASSIGN(const auto runner, sys::LocalProcessRunner::make());
  ALVEUS_TRY_ASSIGN(const auto connector,
                    deploy::LocalConnector::make(
                        *runner, {.jobs_directory = folder.jobs(),
                                  .capacity = site_capacity(options, *request.document.loaded.model, *runner),
                                  .containers = container_options(options, folder, interrupt, terminal)}));
  if (auto possible = check_containers(*request.document.loaded.process, *connector); !possible) {
    static_cast<void>(sys::remove_tree(folder.path));  // nothing was run that it could tell of
    return core::fail(std::move(possible).error());
  }
  const transfer::Sites sites(*connector);
  engine::RunOptions run;
  run.machine.on_error = options.on_error;
  run.machine.retry.retries_max = options.retries_max;
  run.machine.ready_jobs_max = engine::ready_jobs_for(connector->capacity());
  run.thread_count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), kThreadsMin, kThreadsMax);
  ALVEUS_TRY_ASSIGN(run.base_environment, job_environment());
  run.deliver = [&](const core::Value& outputs) {
    return transfer::deliver(outputs, sites, *connector, {.outdir = core::RemotePath(options.outdir.string())});
  };
  run.keep_job_folders = options.keep_job_folders;
  run.header = header_of(request, folder, options);
  run.secrets = request.document.secrets;
  run.stop = interrupt.token();

  std::unique_ptr<RunCache> cache;
  if (!options.cache.empty()) {
    ALVEUS_TRY_ASSIGN(cache, RunCache::open(options.cache, folder, *request.document.loaded.process, clock, terminal,
                                            RunCache::Use::kTakeAndKeep));
  }

  const transfer::WebFiles web(folder.downloads(), {.stop = interrupt.token()});
  LiveView view(terminal, clock);
  const std::stop_callback told(interrupt.token(), [&terminal] {
    terminal.message("stopping; what runs is asked to end (interrupt again to kill it at once)");
  });
  terminal.message("run " + folder.run.text() + ", journal and jobs in " + folder.path.string());
  auto ending = engine::run_process(*request.document.loaded.process, request.document.inputs, run,
                                    {.connector = *connector,
                                     .journal = *journal,
                                     .clock = clock,
                                     .observer = &view,
                                     .web = &web,
                                     .reuse = cache ? &cache->reuse() : nullptr});
  terminal.clear_status();
  if (cache) cache->finish(ending && ending->status == store::RunStatus::kDone);
  if (!ending) return core::fail(std::move(ending).error());
  // A run that is not done may be resumed, and needs them then.
  if (ending->status == store::RunStatus::kDone) {
    ALVEUS_TRY(remove_secrets(folder.secrets_file()));
    if (!options.keep_job_folders) ALVEUS_TRY(sys::remove_tree(folder.downloads()));
  }
  tell_failures(*ending, terminal);
  if (ending->status == store::RunStatus::kFailed) {
    terminal.message("the folders of its jobs are kept in " + folder.jobs().string());
  }
  return WorkflowRunResult{.outputs = std::move(ending->outputs), .status = status_of(*ending)};
}

}  // namespace alveus::cli
