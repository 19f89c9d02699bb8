// SPDX-License-Identifier: Apache-2.0
#include "cli/workflow_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stop_token>
#include <thread>

#include "cli/containers.hpp"
#include "cli/interrupt.hpp"
#include "cli/run_cache.hpp"
#include "cli/run_watch.hpp"
#include "cli/secrets_file.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "deploy/gpus.hpp"
#include "deploy/local_connector.hpp"
#include "engine/run.hpp"
#include "expr/javascript.hpp"
#include "store/journal.hpp"
#include "store/recovery.hpp"
#include "store/run_folder.hpp"
#include "store/run_lock.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

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
  core::Object description = description_of(options);
  description.set("document", request.name);
  description.set("inputs", request.document.inputs);
  return {.run = folder.run,
          .document_hash = request.document.hash,
          .inputs_hash = core::hash_text(core::HashKind::kSha256, core::to_json(request.document.inputs)),
          .description = std::move(description)};
}

/// The command line that goes on with the run.
std::string resume_command(const store::RunFolder& folder, const WorkflowRunOptions& options) {
  const auto usual = state_directory_of(cmdline::Flags());
  const bool is_usual = usual && *usual == options.state_directory;
  return "alveus resume " + (is_usual ? std::string() : "--state '" + options.state_directory.string() + "' ") +
         folder.run.text();
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

/// What all jobs may use together, whatever they asked for.
std::int64_t memory_total_of(const WorkflowRunOptions& options) {
  constexpr double kMib = 1024.0 * 1024;
  if (options.memory_limit == engine::MemoryLimit::kNone) return 0;
  return static_cast<std::int64_t>(kMib *
                                   (options.ram_mib > 0 ? options.ram_mib : deploy::detect_capacity("local").ram_mib));
}

/// A run with its journal open, new or to go on with.
struct OpenRun {
  const store::RunFolder& folder;
  store::Journal& journal;
  store::RunStarted header;
  std::optional<store::Recovery> recovery;
  RunWatch& watch;
};

deploy::ContainerOptions container_options(const WorkflowRunOptions& options, const OpenRun& open,
                                           const Interrupt& interrupt, cmdline::Terminal& terminal) {
  return {.choice = options.container,
          .run = open.folder.run.text(),
          .environment = sys::current_environment(),
          .image_directory = core::RemotePath((options.state_directory / "images").string()),
          .tell = [&terminal](const std::string& text) { terminal.message(text); },
          .stop = interrupt.token(),
          .is_resumed = open.recovery.has_value()};
}

/// How the run ended, for the person.
void tell_ending(const engine::Ending& ending, const store::RunFolder& folder, const WorkflowRunOptions& options,
                 cmdline::Terminal& terminal) {
  tell_failures(ending, terminal);
  if (ending.status == store::RunStatus::kDone) return;
  terminal.message("the folders of its jobs are kept in " + folder.jobs().string());
  terminal.message("what is done stays done; go on with: " + resume_command(folder, options));
}

/// What only a run that is not done needs.
core::Status remove_private_files(const store::RunFolder& folder, const WorkflowRunOptions& options) {
  ALVEUS_TRY(remove_secrets(folder.secrets_file()));
  return options.keep_job_folders ? core::Status() : sys::remove_tree(folder.downloads());
}

core::Result<WorkflowRunResult> carry_out(OpenRun open, const LoadedDocument& document,
                                          const WorkflowRunOptions& options, const Interrupt& interrupt,
                                          cmdline::Terminal& terminal) {
  const sys::RealClock clock;
  ALVEUS_TRY_ASSIGN(const auto runner, sys::LocalProcessRunner::make({.folders = open.folder.jobs(),
                                                                      .memory_total_bytes = memory_total_of(options)}));
  ALVEUS_TRY_ASSIGN(
      const auto connector,
      deploy::LocalConnector::make(*runner, {.jobs_directory = open.folder.jobs(),
                                             .capacity = site_capacity(options, *document.loaded.model, *runner),
                                             .containers = container_options(options, open, interrupt, terminal)}));
  if (auto possible = check_containers(*document.loaded.process, *connector); !possible) {
    // Nothing was run that the folder of a new run could tell of.
    if (!open.recovery) static_cast<void>(sys::remove_tree(open.folder.path));
    return core::fail(std::move(possible).error());
  }
  engine::RunOptions run;
  run.machine.on_error = options.on_error;
  run.machine.retry = {.retries_max = options.retries_max, .delay = options.retry_delay};
  run.memory_limit = options.memory_limit;
  run.machine.ready_jobs_max = engine::ready_jobs_for(connector->capacity());
  run.thread_count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), kThreadsMin, kThreadsMax);
  ALVEUS_TRY_ASSIGN(run.base_environment, job_environment());
  run.keep_job_folders = options.keep_job_folders;
  run.header = std::move(open.header);
  run.secrets = document.secrets;
  run.stop = interrupt.token();

  std::unique_ptr<RunCache> cache;
  if (!options.cache.empty()) {
    ALVEUS_TRY_ASSIGN(cache, RunCache::open(options.cache, open.folder, *document.loaded.process, clock, terminal,
                                            RunCache::Use::kTakeAndKeep));
  }
  const transfer::WebFiles web(open.folder.downloads(), {.stop = interrupt.token()});
  engine::FolderDelivery delivery(*connector, core::RemotePath(options.outdir.string()));
  open.watch.begin(*document.loaded.process, [&connector] { return connector->usage(); });
  const std::stop_callback told(interrupt.token(), [&terminal] {
    terminal.message("stopping; what runs is asked to end (interrupt again to kill it at once)");
  });
  auto ending =
      engine::run_process(*document.loaded.process, document.inputs, run,
                          {.connector = *connector,
                           .journal = open.journal,
                           .clock = clock,
                           .delivery = &delivery,
                           .observer = &open.watch,
                           .web = &web,
                           .reuse = cache ? &cache->reuse() : nullptr,
                           .on_trouble = [&terminal](const core::Error& trouble) { terminal.warning(trouble.text()); }},
                          std::move(open.recovery));
  open.watch.finish();
  if (cache) cache->finish(ending && ending->status == store::RunStatus::kDone);
  if (!ending) {
    return core::fail(std::move(ending).error().with(
        "what is done is on record; once the cause is mended, go on with: " + resume_command(open.folder, options)));
  }
  if (ending->status == store::RunStatus::kDone) ALVEUS_TRY(remove_private_files(open.folder, options));
  tell_ending(*ending, open.folder, options, terminal);
  return WorkflowRunResult{
      .outputs = std::move(ending->outputs), .status = status_of(*ending), .outputs_told = options.json_events == "-"};
}

/// What came of a run that is done: nothing is left to do but to tidy up what its controller could not.
core::Result<WorkflowRunResult> tell_again(const store::RunFolder& folder, const store::RunEnded& ended,
                                           const WorkflowRunOptions& options, cmdline::Terminal& terminal) {
  ALVEUS_TRY(remove_private_files(folder, options));
  if (!options.keep_job_folders) ALVEUS_TRY(sys::remove_tree(folder.jobs()));
  terminal.message("run " + folder.run.text() + " is done; these are its outputs");
  return WorkflowRunResult{.outputs = ended.outputs, .status = cmdline::ExitStatus::kDone};
}

/// Outputs that were being moved cannot change their destination on the way.
core::Status require_same_destination(const store::Recovery& recovery, const WorkflowRunOptions& options) {
  const std::string started = recovery.description.string_or("outdir", "");
  if (!recovery.moving || options.outdir == started) return {};
  return core::fail(core::ErrorCode::kInvalidInput, "--outdir: the outputs of this run are on their way to '" +
                                                        started + "' already; leave the flag out");
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

core::Result<WorkflowRunResult> run_workflow(const WorkflowRequest& request, const WorkflowRunOptions& options,
                                             cmdline::Terminal& terminal) {
  const Interrupt interrupt([&terminal] { terminal.forget_status(); });
  const sys::RealClock clock;
  ALVEUS_TRY_ASSIGN(const auto watch, RunWatch::make(terminal, clock, options.json_events));
  ALVEUS_TRY_ASSIGN(const auto folder, new_run_folder(options, clock));
  ALVEUS_TRY_ASSIGN(const auto lock, store::RunLock::take(folder.path));
  ALVEUS_TRY(request.document.snapshot.write(folder.documents_file()));
  ALVEUS_TRY(write_secrets(folder.secrets_file(), request.document.secrets));
  ALVEUS_TRY_ASSIGN(const auto journal, store::SqliteJournal::create(folder.journal_file()));
  terminal.message("run " + folder.run.text() + ", journal and jobs in " + folder.path.string());
  return carry_out({.folder = folder,
                    .journal = *journal,
                    .header = header_of(request, folder, options),
                    .recovery = std::nullopt,
                    .watch = *watch},
                   request.document, options, interrupt, terminal);
}

core::Result<WorkflowRunResult> resume_workflow(const store::RunFolder& folder, const cmdline::Flags& flags,
                                                cmdline::Terminal& terminal) {
  const Interrupt interrupt([&terminal] { terminal.forget_status(); });
  ALVEUS_TRY_ASSIGN(const auto lock, store::RunLock::take(folder.path));
  ALVEUS_TRY_ASSIGN(auto recovery, store::read_recovery(folder.journal_file()));
  ALVEUS_TRY_ASSIGN(const auto options, resume_options(options_of(recovery.description), flags));
  if (recovery.ended && recovery.ended->status == store::RunStatus::kDone) {
    return tell_again(folder, *recovery.ended, options, terminal);
  }
  ALVEUS_TRY(require_same_destination(recovery, options));
  const sys::RealClock clock;
  ALVEUS_TRY_ASSIGN(const auto watch, RunWatch::make(terminal, clock, options.json_events));
  ALVEUS_TRY_ASSIGN(auto snapshot, DocumentSnapshot::read(folder.documents_file()));
  expr::Javascript javascript({});
  ALVEUS_TRY_ASSIGN(auto document, load_snapshot(std::move(snapshot), javascript, terminal));
  ALVEUS_TRY_ASSIGN(document.secrets, read_secrets(folder.secrets_file()));
  ALVEUS_TRY_ASSIGN(const auto journal, store::SqliteJournal::open(folder.journal_file()));
  terminal.message("run " + folder.run.text() + " goes on; " + std::to_string(recovery.finished.done.size()) +
                   " jobs are done");
  const WorkflowRequest request{.document = document,
                                .name = recovery.started.description.string_or("document", document.snapshot.process)};
  return carry_out({.folder = folder,
                    .journal = *journal,
                    .header = header_of(request, folder, options),
                    .recovery = std::move(recovery),
                    .watch = *watch},
                   document, options, interrupt, terminal);
}

}  // namespace alveus::cli
