// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "core/value.hpp"
#include "flow/process.hpp"

namespace alveus::simulation {

/// What a run must come to when all that does not depend on a failure goes on.
struct ModelResult {
  core::Value outputs;
  std::set<std::string> lost;
  std::size_t failure_count = 0;
};

/// Runs a process the simplest way there is: one step after the other, in the order they are written, each element in a
/// loop. Shares no code with the engine or `flow`. Steps stand behind their sources; tools are testing::ComputeTool.
ModelResult run_in_sequence(const flow::Process& process, const core::Value& inputs);

}  // namespace alveus::simulation
