// SPDX-License-Identifier: Apache-2.0
#include "cli/workflow_run_options.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "cli/containers.hpp"
#include "cli/run_cache.hpp"
#include "sys/process.hpp"

namespace alveus::cli {
namespace {

constexpr std::int64_t kRetriesMax = 100;
constexpr std::int64_t kGpusMax = 64;

core::Status set_retries(WorkflowRunOptions& options, std::int64_t retries) {
  if (retries < 0 || retries > kRetriesMax) {
    return core::fail(core::ErrorCode::kInvalidInput, "--retries takes 0 to " + std::to_string(kRetriesMax));
  }
  options.retries_max = static_cast<int>(retries);
  return {};
}

constexpr std::array kMemoryLimits{std::pair{engine::MemoryLimit::kStrict, "strict"},
                                   std::pair{engine::MemoryLimit::kMachine, "machine"},
                                   std::pair{engine::MemoryLimit::kNone, "none"}};

std::string name_of(engine::MemoryLimit limit) {
  for (const auto& [rule, name] : kMemoryLimits) {
    if (rule == limit) return name;
  }
  return "";
}

/// The default where the word is none of them: an older run's.
engine::MemoryLimit memory_limit_of(std::string_view word) {
  for (const auto& [rule, name] : kMemoryLimits) {
    if (name == word) return rule;
  }
  return engine::MemoryLimit::kMachine;
}

/// Sets what the flags name.
core::Status apply(const cmdline::Flags& flags, WorkflowRunOptions& options) {
  if (flags.has("outdir")) options.outdir = std::filesystem::absolute(flags.text("outdir")).lexically_normal();
  if (flags.has("on-error")) {
    options.on_error = flags.text("on-error") == "continue" ? engine::OnError::kContinue : engine::OnError::kStop;
  }
  if (flags.has("retries")) ALVEUS_TRY(set_retries(options, flags.integer("retries")));
  if (flags.has("retry-delay")) {
    const double seconds = flags.real("retry-delay");
    if (!(seconds >= 0 && seconds <= 86400)) {
      return core::fail(core::ErrorCode::kInvalidInput, "--retry-delay takes 0 to 86400 seconds");
    }
    options.retry_delay = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }
  if (flags.has("json-events")) options.json_events = flags.text("json-events");
  if (flags.has("memory-limit")) options.memory_limit = memory_limit_of(flags.text("memory-limit"));
  if (flags.has("cores")) options.cores = flags.real("cores");
  if (flags.has("ram")) options.ram_mib = flags.real("ram");
  if (flags.on("no-cache") || !cache_directory_of(flags).empty()) options.cache = cache_directory_of(flags);
  if (flags.has("gpus")) {
    const std::int64_t gpus = flags.integer("gpus");
    if (gpus < 0 || gpus > kGpusMax) {
      return core::fail(core::ErrorCode::kInvalidInput, "--gpus takes 0 to " + std::to_string(kGpusMax));
    }
    options.gpus = static_cast<std::size_t>(gpus);
  }
  if (flags.has("container") || flags.on("no-container")) options.container = engine_choice(flags);
  if (flags.has("keep-job-folders")) options.keep_job_folders = flags.on("keep-job-folders");
  return {};
}

}  // namespace

std::vector<cmdline::Flag> resume_flags() {
  using Kind = cmdline::Flag::Kind;
  std::vector<cmdline::Flag> flags = {
      {.name = "outdir", .value_name = "DIR", .help = "Where the outputs go."},
      {.name = "quiet", .kind = Kind::kSwitch, .help = "Show errors alone.", .short_name = "q"},
      {.name = "json-events",
       .value_name = "TARGET",
       .help = "Write what happens as lines of JSON to a file, to an open descriptor (3), or to standard output (-), "
               "where the outputs then stand in the last event alone."},
      {.name = "on-error",
       .value_name = "RULE",
       .help = "After a failed job: stop, or continue with all that does not depend on it.",
       .choices = {"stop", "continue"}},
      {.name = "retries",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "How often a job is tried again that failed for a passing reason: an exit code that its tool calls "
               "temporary, or a site that is not available."},
      {.name = "retry-delay",
       .kind = Kind::kReal,
       .value_name = "SECONDS",
       .help = "How long to wait before the first retry; each further one waits twice as long."},
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
      {.name = "memory-limit",
       .value_name = "RULE",
       .help = "When a job is ended for its memory: above its ramMax (strict), when memory runs out and it is furthest "
               "above its ramMin (machine), or never (none).",
       .choices = {"strict", "machine", "none"}},
      {.name = "state",
       .value_name = "DIR",
       .help = "Where journals and job folders lie; $ALVEUS_STATE or ~/.local/state/alveus without it."},
      {.name = "keep-job-folders",
       .kind = Kind::kSwitch,
       .help = "Leave the jobs' folders in place; without it only a run that did not get done keeps them."},
  };
  for (auto& flag : cache_flags()) flags.push_back(std::move(flag));
  for (auto& flag : container_flags()) flags.push_back(std::move(flag));
  for (auto& flag : flags) flag.fallback.clear();
  return flags;
}

std::vector<cmdline::Flag> workflow_run_flags(std::string outdir_fallback) {
  auto flags = resume_flags();
  for (auto& flag : flags) {
    if (flag.name == "outdir") flag.fallback = outdir_fallback;
    if (flag.name == "on-error") flag.fallback = "stop";
    if (flag.name == "retries") flag.fallback = "2";
    if (flag.name == "retry-delay") flag.fallback = "1";
    if (flag.name == "memory-limit") flag.fallback = "machine";
    if (flag.name == "container") flag.fallback = std::string(name_of(deploy::EngineChoice::kAuto));
  }
  return flags;
}

core::Result<WorkflowRunOptions> workflow_run_options(const cmdline::Flags& flags) {
  WorkflowRunOptions options;
  ALVEUS_TRY_ASSIGN(options.state_directory, state_directory_of(flags));
  ALVEUS_TRY(apply(flags, options));
  return options;
}

core::Result<WorkflowRunOptions> resume_options(WorkflowRunOptions started, const cmdline::Flags& flags) {
  ALVEUS_TRY_ASSIGN(started.state_directory, state_directory_of(flags));
  ALVEUS_TRY(apply(flags, started));
  return started;
}

core::Object description_of(const WorkflowRunOptions& options) {
  core::Object description{{"outdir", options.outdir.string()},
                           {"on_error", options.on_error == engine::OnError::kStop ? "stop" : "continue"},
                           {"retries", options.retries_max},
                           {"retry_delay_ms", std::int64_t{options.retry_delay.count()}},
                           {"memory_limit", name_of(options.memory_limit)},
                           {"cores", options.cores},
                           {"ram_mib", options.ram_mib},
                           {"keep_job_folders", options.keep_job_folders},
                           {"cache", options.cache.string()},
                           {"container", std::string(name_of(options.container))}};
  if (options.gpus) description.set("gpus", static_cast<std::int64_t>(*options.gpus));
  return description;
}

WorkflowRunOptions options_of(const core::Value& description) {
  const auto member = [&](std::string_view name, auto fallback) {
    const core::Value* found = description.find(name);
    return found == nullptr ? core::Value(fallback) : *found;
  };
  const auto number = [&](std::string_view name, double fallback) {
    const core::Value found = member(name, fallback);
    return found.is_number() ? found.as_real() : fallback;
  };
  WorkflowRunOptions options;
  options.outdir = description.string_or("outdir", ".");
  options.on_error =
      description.string_or("on_error", "stop") == "continue" ? engine::OnError::kContinue : engine::OnError::kStop;
  options.retries_max = static_cast<int>(number("retries", options.retries_max));
  options.retry_delay = std::chrono::milliseconds(
      static_cast<std::int64_t>(number("retry_delay_ms", static_cast<double>(options.retry_delay.count()))));
  options.memory_limit = memory_limit_of(description.string_or("memory_limit", ""));
  options.cores = number("cores", 0);
  options.ram_mib = number("ram_mib", 0);
  if (description.find("gpus") != nullptr) options.gpus = static_cast<std::size_t>(number("gpus", 0));
  options.cache = description.string_or("cache", "");
  options.container = engine_choice_of(description.string_or("container", ""));
  options.keep_job_folders = member("keep_job_folders", false) == core::Value(true);
  return options;
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

}  // namespace alveus::cli
