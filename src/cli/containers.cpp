// SPDX-License-Identifier: Apache-2.0
#include "cli/containers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace alveus::cli {
namespace {

using deploy::EngineChoice;

constexpr std::array<std::pair<std::string_view, EngineChoice>, 6> kNames = {{
    {"auto", EngineChoice::kAuto},
    {"podman", EngineChoice::kPodman},
    {"docker", EngineChoice::kDocker},
    {"apptainer", EngineChoice::kApptainer},
    {"singularity", EngineChoice::kSingularity},
    {"none", EngineChoice::kNone},
}};

/// The first container that a tool of the process cannot do without.
std::optional<flow::ContainerRequest> required_container(const flow::Process& process) {
  if (const auto* tool = std::get_if<std::shared_ptr<const flow::Tool>>(&process.body)) {
    auto request = (*tool)->container();
    return request && request->required ? std::move(request) : std::nullopt;
  }
  for (const flow::Step& step : std::get<flow::Workflow>(process.body).steps) {
    if (auto found = required_container(*step.process)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::vector<cmdline::Flag> container_flags() {
  using Kind = cmdline::Flag::Kind;
  std::vector<std::string> choices;
  for (const auto& [name, choice] : kNames) choices.emplace_back(name);
  return {
      {.name = "container",
       .value_name = "ENGINE",
       .help = "What runs tools that ask for a container (DockerRequirement). auto takes the first engine that works, "
               "and runs a tool without where the container is only a hint and cannot be had.",
       .fallback = "auto",
       .choices = std::move(choices)},
      {.name = "no-container", .kind = Kind::kSwitch, .help = "The same as --container none."},
  };
}

EngineChoice engine_choice(const cmdline::Flags& flags) {
  if (flags.on("no-container")) return EngineChoice::kNone;
  return engine_choice_of(flags.text("container"));
}

EngineChoice engine_choice_of(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &decltype(kNames)::value_type::first);
  return found == kNames.end() ? EngineChoice::kAuto : found->second;
}

std::string_view name_of(EngineChoice choice) {
  return std::ranges::find(kNames, choice, &decltype(kNames)::value_type::second)->first;
}

core::Status check_containers(const flow::Process& process, deploy::LocalConnector& connector) {
  const auto request = required_container(process);
  if (!request) return {};
  auto usable = connector.require_container_engine();
  if (usable) return {};
  core::Error error = std::move(usable).error();
  error.message = "a tool requires the container '" + request->image + "', but " + error.message;
  error.where = request->where;
  return core::fail(std::move(error));
}

}  // namespace alveus::cli
