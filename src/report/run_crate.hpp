// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "store/run_history.hpp"

namespace alveus::report {

/// An input or output of a workflow or tool, in the words of the crate.
struct CrateParameter {
  std::string name;
  std::vector<std::string> types;  ///< "File", "Dataset", "Integer", "Text", "PropertyValue", …
  bool is_list = false;
  bool is_required = true;
  std::string description;
  core::Value fallback;  ///< null: none
};

/// A step of a workflow.
struct CrateStep {
  std::string name;
  std::size_t tool = 0;              ///< index in WorkflowDescription::tools
  std::size_t position = 0;          ///< behind all steps it takes values from
  std::vector<std::string> sources;  ///< "step/output>input" or "input>input": what is connected with what
};

/// A workflow or tool.
struct CrateTool {
  enum class Kind { kWorkflow, kCommandLineTool, kExpressionTool };
  Kind kind = Kind::kCommandLineTool;
  std::string id;           ///< in the crate: its file, or a place in one ("workflow/main.cwl#say/run")
  bool is_file = false;     ///< the id is a file of the crate
  bool is_wrapper = false;  ///< a workflow of one step, made up around a tool that was run by itself
  std::string name;
  std::string description;
  std::string container;  ///< the image that its requirements name
  std::vector<CrateParameter> inputs;
  std::vector<CrateParameter> outputs;
  std::vector<CrateStep> steps;             ///< of a workflow
  std::vector<std::string> output_sources;  ///< of a workflow: "step/output>output"
};

/// A document that goes into the crate.
struct CrateDocument {
  std::string id;  ///< its path in the crate
  std::string text;
};

/// What was run, as far as a crate tells it.
struct WorkflowDescription {
  std::string cwl_version;  ///< "v1.2"
  std::vector<CrateTool> tools;
  std::size_t root = 0;
  std::string main_document;  ///< id of the document that holds the root
  std::vector<CrateDocument> documents;
};

struct CrateOptions {
  std::string program_version;
  bool with_data = false;      ///< copy inputs and outputs into the crate; else they are named where they lie
  std::string license;         ///< URI; empty: none was stated
  std::string author_name;     ///< who ran it; empty: not told
  std::string author_id;       ///< an ORCID URI
  std::filesystem::path jobs;  ///< of the run: what lies in it is gone or goes
};

/// Writes the run as a Workflow Run RO-Crate (profile Provenance Run Crate 0.5) into an empty or new folder. The same
/// run gives the same bytes. kNotFound when data are to be copied and are gone.
core::Status write_run_crate(const std::filesystem::path& journal_file, const WorkflowDescription& description,
                             const CrateOptions& options, const std::filesystem::path& folder);

}  // namespace alveus::report
