// SPDX-License-Identifier: Apache-2.0
#include "deploy/container_runtime.hpp"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "deploy/container_engine.hpp"
#include "deploy/detail/container_images.hpp"

namespace alveus::deploy {
namespace {

using Engine = std::shared_ptr<const ContainerEngine>;

/// What a shell or an engine adds to the number of the signal that ended a program.
constexpr int kSignalBase = 128;
/// The engine itself failed: the container may have been made, or not.
constexpr int kEngineFailure = 125;

/// A command that runs in a container.
struct Running {
  Engine engine;
  std::string container;
  core::RemotePath place;  ///< for the little that the engine's programs say
  Connector::OnEnd on_end;
  std::optional<CommandHandle> handle;  ///< empty until the start is through
  core::RemotePath id_file;             ///< empty: it is not measured
  core::RemotePath process_file;
  sys::ContainerMeter::Number measurement = 0;
  bool was_cancelled = false;
  bool has_ended = false;
};

}  // namespace

/// Shared with the callbacks of commands, which may come after the runtime is gone.
class ContainerRuntime::State : public std::enable_shared_from_this<State> {
 public:
  State(Connector& site, ContainerOptions options, Watch watch, sys::ContainerMeter* meter)
      : site_(site),
        run_(options.run),
        watch_(std::move(watch)),
        meter_(meter),
        images_(std::in_place, site, std::move(options)) {}

  detail::ContainerImages& images() { return *images_; }

  core::Result<CommandHandle> start(const SiteCommand& command, Connector::OnEnd on_end) {
    ALVEUS_TRY(watch_once(*command.container->image.engine));
    auto job = std::make_shared<Running>(Running{.engine = command.container->image.engine,
                                                 .container = container_name(run_, command.container->name),
                                                 .place = command.log_path,
                                                 .on_end = std::move(on_end),
                                                 .handle = {}});
    auto self = shared_from_this();
    auto handle = site_.start(engine_command(measured(command, *job), run_),
                              [self, job](core::Result<CommandEnd> end) { self->ended(job, std::move(end)); });
    if (!handle) {
      if (!job->id_file.empty()) meter_->end(job->measurement);
      return handle;
    }
    const std::scoped_lock lock(mutex_);
    job->handle = *handle;
    if (!job->has_ended) running_.emplace(*handle, job);
    return handle;
  }

  bool cancel(const CommandHandle& handle) {
    std::shared_ptr<Running> job;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = running_.find(handle);
      if (found == running_.end()) return false;
      job = found->second;
      if (std::exchange(job->was_cancelled, true)) return true;
    }
    if (!has_detached_containers(job->engine->kind)) {
      site_.cancel(handle);
      return true;
    }
    // The client ends when its container does. One that does not is ended like any command.
    then(*job, stop_arguments(*job->engine, job->container),
         [self = shared_from_this(), handle] { self->with_site([&](Connector& site) { site.cancel(handle); }); });
    return true;
  }

  std::optional<sys::ContainerUsage> usage(const CommandHandle& handle) const {
    const std::scoped_lock lock(mutex_);
    const auto found = running_.find(handle);
    if (found == running_.end() || !has_detached_containers(found->second->engine->kind)) return std::nullopt;
    return found->second->id_file.empty() ? sys::ContainerUsage{} : meter_->usage(found->second->measurement);
  }

  bool has_running() const {
    const std::scoped_lock lock(mutex_);
    return !running_.empty();
  }

  void close() {
    std::unique_lock lock(mutex_);
    is_closed_ = true;
    idle_.wait(lock, [this] { return users_ == 0; });
    lock.unlock();
    images_.reset();
  }

 private:
  core::Status watch_once(const ContainerEngine& engine) {
    const std::scoped_lock lock(watch_busy_);
    if (!watch_ || !has_detached_containers(engine.kind)) return {};
    ALVEUS_TRY(watch_(engine));
    watch_ = nullptr;
    return {};
  }

  /// The command with what it takes to measure its container.
  SiteCommand measured(const SiteCommand& command, Running& job) {
    SiteCommand asked = command;
    if (meter_ == nullptr || command.folder.empty() || !has_detached_containers(job.engine->kind)) return asked;
    job.id_file = core::RemotePath(command.folder.text() + "/container-id");
    if (job.engine->kind == EngineKind::kPodman) {
      job.process_file = core::RemotePath(command.folder.text() + "/container-process");
    }
    asked.container->id_file = job.id_file;
    asked.container->process_file = job.process_file;
    job.measurement = meter_->begin({.id_file = job.id_file.text(), .process_file = job.process_file.text()});
    return asked;
  }

  /// Puts what the container used in the place of what the client did.
  void settle_measures(const Running& job, core::Result<CommandEnd>& end) {
    sys::ContainerUsage usage;
    if (!job.id_file.empty()) {
      usage = meter_->end(job.measurement);
      with_site([&](Connector& site) {
        static_cast<void>(site.remove(job.id_file));
        if (!job.process_file.empty()) static_cast<void>(site.remove(job.process_file));
      });
    }
    if (!end) return;
    end->cpu_time = usage.cpu_time;
    end->resident_max_bytes = usage.resident_max_bytes;
  }

  /// Runs `use` with the site unless it may be gone; false then.
  template <typename Use>
  bool with_site(Use&& use) {
    {
      const std::scoped_lock lock(mutex_);
      if (is_closed_) return false;
      ++users_;
    }
    use(site_);
    const std::scoped_lock lock(mutex_);
    if (--users_ == 0) idle_.notify_all();
    return true;
  }

  /// Runs a program of the engine and goes on with `next`, whatever came of it: what it was to end may have ended.
  void then(const Running& job, std::vector<std::string> arguments, std::function<void()> next) {
    const SiteCommand command{.arguments = std::move(arguments),
                              .environment = job.engine->environment,
                              .working_directory = {},
                              .stdin_path = std::nullopt,
                              .stdout_path = std::nullopt,
                              .stderr_path = std::nullopt,
                              .log_path = {}};
    bool is_started = false;
    with_site([&](Connector& site) {
      is_started = site.start(command, [next](const core::Result<CommandEnd>&) { next(); }).has_value();
    });
    if (!is_started) next();
  }

  void ended(const std::shared_ptr<Running>& job, core::Result<CommandEnd> end) {
    {
      const std::scoped_lock lock(mutex_);
      job->has_ended = true;
      if (end) end->killed = end->killed || (job->was_cancelled && end->exit_code != 0);
    }
    if (!has_detached_containers(job->engine->kind)) return report(*job, std::move(end));
    settle_measures(*job, end);
    const bool may_be_left =
        !end || end->killed || end->timed_out || end->exit_code >= kSignalBase || end->exit_code == kEngineFailure;
    if (!may_be_left) return report(*job, std::move(end));
    auto kill = kill_arguments(*job->engine);
    kill.push_back(job->container);
    then(*job, std::move(kill), [self = shared_from_this(), job, end = std::move(end)] {
      auto remove = remove_arguments(*job->engine);
      remove.push_back(job->container);
      self->then(*job, std::move(remove), [self, job, end] { self->report(*job, end); });
    });
  }

  void report(Running& job, core::Result<CommandEnd> end) {
    {
      const std::scoped_lock lock(mutex_);
      if (job.handle) running_.erase(*job.handle);
    }
    job.on_end(std::move(end));
  }

  Connector& site_;
  std::string run_;
  std::mutex watch_busy_;
  Watch watch_;
  sys::ContainerMeter* meter_;
  std::optional<detail::ContainerImages> images_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable idle_;
  std::unordered_map<CommandHandle, std::shared_ptr<Running>> running_;
  int users_ = 0;
  bool is_closed_ = false;
};

ContainerRuntime::ContainerRuntime(Connector& site, ContainerOptions options, Watch watch, sys::ContainerMeter* meter)
    : state_(std::make_shared<State>(site, std::move(options), std::move(watch), meter)) {}

ContainerRuntime::~ContainerRuntime() { state_->close(); }

core::Result<std::shared_ptr<const ContainerEngine>> ContainerRuntime::engine() { return state_->images().engine(); }

core::Result<std::optional<ContainerImage>> ContainerRuntime::prepare_image(const ImageSource& source) {
  return state_->images().prepare(source);
}

core::Result<bool> ContainerRuntime::can_contain(const ImageSource& source) {
  return state_->images().can_contain(source);
}

core::Result<std::optional<ContainerImage>> ContainerRuntime::find_image(const ImageSource& source) {
  return state_->images().find_only(source);
}

core::Result<CommandHandle> ContainerRuntime::start(const SiteCommand& command, Connector::OnEnd on_end) {
  ALVEUS_CHECK(command.container.has_value(), "the runtime starts commands that have a container");
  return state_->start(command, std::move(on_end));
}

bool ContainerRuntime::cancel(const CommandHandle& command) { return state_->cancel(command); }

std::optional<sys::ContainerUsage> ContainerRuntime::usage(const CommandHandle& command) const {
  return state_->usage(command);
}

bool ContainerRuntime::has_running() const { return state_->has_running(); }

}  // namespace alveus::deploy
