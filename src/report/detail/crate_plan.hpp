// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/value.hpp"
#include "report/detail/crate_data.hpp"
#include "report/run_crate.hpp"

namespace alveus::report {

/// Ids of what a workflow or tool consists of.
std::string input_id(const CrateTool& tool, const std::string& name);
std::string output_id(const CrateTool& tool, const std::string& name);
std::string step_id(const CrateTool& tool, const CrateStep& step);

/// Sets a member to references; none for no ids.
void append_references(core::Object& object, const char* key, const std::vector<std::string>& ids);

/// A container image as crates tell it, from a name such as "quay.io/biocontainers/samtools:1.9".
core::Object image_entity(const std::string& id, const std::string& image);

/// Writes what was to be done: workflows, tools, steps, parameters, connections, documents.
void write_plan(const WorkflowDescription& description, GraphFile& graph);

}  // namespace alveus::report
