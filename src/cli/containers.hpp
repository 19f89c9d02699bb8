// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "deploy/container.hpp"
#include "deploy/local_connector.hpp"
#include "flow/process.hpp"

namespace alveus::cli {

/// --container ENGINE and --no-container, and what they choose.
std::vector<cmdline::Flag> container_flags();
deploy::EngineChoice engine_choice(const cmdline::Flags& flags);
/// The word of --container, and back; kAuto for any other word.
std::string_view name_of(deploy::EngineChoice choice);
deploy::EngineChoice engine_choice_of(std::string_view name);

/// Fails at once where a tool anywhere in the process requires a container and none can be had, rather than hours into
/// the run. Looks for an engine only when one is required. kUnsupported, kUnavailable, kDenied.
core::Status check_containers(const flow::Process& process, deploy::LocalConnector& connector);

}  // namespace alveus::cli
