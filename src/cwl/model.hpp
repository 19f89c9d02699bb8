// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/value.hpp"
#include "cwl/requirements.hpp"
#include "cwl/type.hpp"
#include "flow/process.hpp"

namespace alveus::cwl {

enum class Version { kV10, kV11, kV12 };

struct InputParameter : Parameter {
  std::optional<CommandLineBinding> binding;
  /// Absent when the document names none (a `default: null` is the same). Locations of Files are resolved.
  std::optional<core::Value> fallback;
};

/// Where values come from: `source` or `outputSource` with its merging, in the names of the workflow.
struct Source {
  std::vector<std::string> names;  ///< "step/output" or "input"
  std::vector<document::Mark> marks;
  bool is_list = false;
  flow::LinkMerge merge = flow::LinkMerge::kNested;
  flow::PickValue pick = flow::PickValue::kNone;
};

struct OutputParameter : Parameter {
  std::optional<CommandOutputBinding> binding;  ///< of a CommandLineTool
  Source source;                                ///< of a Workflow
};

/// A CommandLineTool. An output of type stdout or stderr has become a File whose glob is `stdout_name` or
/// `stderr_name` (made up, where the document names none); an input of type stdin has set `stdin_path`.
struct CommandLineTool {
  std::vector<std::string> base_command;
  std::vector<CommandLineBinding> arguments;  ///< a plain string is a binding with value_from alone
  std::optional<Expression> stdin_path;
  std::optional<Expression> stdout_name;
  std::optional<Expression> stderr_name;
  std::vector<int> success_codes;  ///< empty: {0}
  std::vector<int> temporary_fail_codes;
  std::vector<int> permanent_fail_codes;
};

struct ExpressionTool {
  Expression expression;
};

/// A place holder without an implementation.
struct Operation {};

struct Process;

struct StepInput {
  std::string name;  ///< short
  Source source;
  std::optional<core::Value> fallback;
  std::optional<Expression> value_from;
  bool load_contents = false;
  LoadListing load_listing = LoadListing::kNone;
  document::Mark mark;
};

/// How one input of a step changes from iteration to iteration.
struct LoopInput {
  std::string name;  ///< of the step's input
  Source source;     ///< short names of the step's own outputs
  std::optional<core::Value> fallback;
  std::optional<Expression> value_from;
};

/// `cwltool:Loop`: the step runs again and again, each time with what the time before yielded.
struct Loop {
  Expression condition;           ///< loopWhen
  std::vector<LoopInput> inputs;  ///< inputs that are not listed stay as they are
  flow::LoopOutputs outputs = flow::LoopOutputs::kLast;
};

struct WorkflowStep {
  std::string name;  ///< short
  std::vector<StepInput> inputs;
  std::vector<std::string> outputs;  ///< short
  std::vector<document::Mark> output_marks;
  std::vector<std::string> scatter;  ///< short names of inputs
  flow::ScatterMethod scatter_method = flow::ScatterMethod::kDotProduct;
  std::optional<Expression> when;
  std::optional<Loop> loop;  ///< then neither `when` nor `scatter`
  std::shared_ptr<const Process> run;
  Requirements requirements;  ///< of the step: for its own expressions
  document::Mark mark;
};

struct Workflow {
  std::vector<WorkflowStep> steps;
};

/// Which format is a kind of which, from the documents of `$schemas`: URI to the URIs of its direct parents.
using Ontology = std::map<std::string, std::vector<std::string>>;

/// One process with all that it inherits resolved. Immutable once loaded.
struct Process {
  std::string id;   ///< fragment, or "" for a document's only process
  std::string uri;  ///< of the document it was read from
  Version version = Version::kV12;
  std::string label;
  std::string doc;
  std::vector<InputParameter> inputs;
  std::vector<OutputParameter> outputs;
  Requirements requirements;
  std::map<std::string, std::string> namespaces;  ///< prefix to URI, for formats of Files
  std::shared_ptr<const Ontology> ontology;       ///< null: none was named
  std::variant<CommandLineTool, ExpressionTool, Workflow, Operation> body;
  document::Mark mark;
};

}  // namespace alveus::cwl
