// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "deploy/container.hpp"
#include "sys/container_meter.hpp"

namespace alveus::deploy {

/// How the containers of one run are handled.
struct ContainerOptions {
  EngineChoice choice = EngineChoice::kAuto;
  std::string run;                                 ///< its id: part of the containers' names and label
  std::map<std::string, std::string> environment;  ///< of the engine's program on the site: PATH, HOME, DOCKER_HOST …
  core::RemotePath image_directory;                ///< where apptainer's image files lie; made where it is missing
  std::function<void(const std::string&)> tell;    ///< takes what the person should know; from any thread; may be null
  std::stop_token stop;                            ///< a request ends a pull or build that is under way
  bool is_resumed = false;                         ///< the run had a controller before: what that left is ended first
};

/// Runs containers on a site through plain commands of it, so every connector that can start a command can have one.
/// The engine is looked for when the first job asks. Blocks like a connector; safe from several threads.
///
/// Containers of docker and podman outlive their client, so each has a name and is ended by it: when it is cancelled,
/// when its time is up, and when its client ended by a signal.
class ContainerRuntime {
 public:
  /// Called once, before the first container starts: whoever can see to it that no container of the run survives this
  /// program does so then.
  using Watch = std::function<core::Status(const ContainerEngine& engine)>;

  /// `site` is borrowed and outlives this.
  /// `meter` too is borrowed, where the site is this machine; null: what containers use is not known.
  ContainerRuntime(Connector& site, ContainerOptions options, Watch watch = nullptr,
                   sys::ContainerMeter* meter = nullptr);
  /// Afterwards the site is not used any more; commands that run are told to `on_end` as they end.
  ~ContainerRuntime();
  ContainerRuntime(const ContainerRuntime&) = delete;
  ContainerRuntime& operator=(const ContainerRuntime&) = delete;

  /// The engine, found once. kUnsupported where none is installed or wanted, kUnavailable when one does not answer.
  core::Result<std::shared_ptr<const ContainerEngine>> engine();
  /// See Connector::prepare_image.
  core::Result<std::optional<ContainerImage>> prepare_image(const ImageSource& source);
  /// See Connector::can_contain.
  core::Result<bool> can_contain(const ImageSource& source);
  /// See Connector::find_image.
  core::Result<std::optional<ContainerImage>> find_image(const ImageSource& source);
  /// Starts a command that has a container. `on_end` tells what the container used, not what the engine's client did.
  core::Result<CommandHandle> start(const SiteCommand& command, Connector::OnEnd on_end);
  /// False for a handle that `start` did not give, or whose command has ended.
  bool cancel(const CommandHandle& command);
  /// What the container of a running command uses; empty where the command has none, or the engine's client is the job.
  std::optional<sys::ContainerUsage> usage(const CommandHandle& command) const;
  /// Whether commands run whose containers might outlast this program.
  bool has_running() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace alveus::deploy
