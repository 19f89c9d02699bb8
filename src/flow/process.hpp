// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/data.hpp"
#include "flow/job.hpp"

namespace alveus::flow {

/// What a document language says about the values that enter a process: types, defaults, listings, formats.
/// Implementations are immutable and safe from several threads; so are StepLogic, LoopLogic and Tool. None is called on
/// the engine's thread.
class InputContract {
 public:
  virtual ~InputContract() = default;
  /// Fills defaults, completes File and Directory objects (location, basename, nameroot, nameext, size, secondaryFiles,
  /// contents, listing as far as asked for) and checks types. kInvalidInput names the input and what it should be.
  virtual core::Result<core::Value> accept(const core::Value& inputs, const DataAccess& access) const = 0;
};

/// What a step says about its inputs.
class StepLogic {
 public:
  virtual ~StepLogic() = default;
  /// `inputs` holds every input of the step after links were merged, defaults filled and, when the step is scattered,
  /// the element chosen. Returns them after valueFrom, each of which sees them as they were before.
  virtual core::Result<core::Value> evaluate_inputs(const core::Value& inputs, const DataAccess& access) const = 0;
  /// The step's `when`; true without one. `inputs` are those after valueFrom.
  virtual core::Result<bool> runs(const core::Value& inputs) const = 0;
};

/// What a step that loops says about its iterations.
class LoopLogic {
 public:
  virtual ~LoopLogic() = default;
  /// Whether an iteration runs with these inputs of the step; asked before each, the first too.
  virtual core::Result<bool> continues(const core::Value& inputs) const = 0;
  /// The step's inputs of the next iteration, from its inputs and the outputs of the process in the one that ended.
  virtual core::Result<core::Value> next_inputs(const core::Value& inputs, const core::Value& outputs,
                                                const DataAccess& access) const = 0;
};

/// What the step of a loop yields: the outputs of the last iteration (null without any), or a list of those of all.
enum class LoopOutputs { kLast, kAll };

/// What a tool is made of, as far as what it yields depends on it: not its names and comments, nor where it is written.
struct Definition {
  core::Value parts = core::Object{};  ///< "baseCommand", "arguments", "container", …; the names are for messages
  // Which numbers of its JobSite the tool can see.
  bool sees_cores = false;
  bool sees_ram = false;
  bool sees_tmpdir_size = false;
  bool sees_outdir_size = false;
};

/// Whether what a job yields may stand for every job of the same definition and inputs.
struct Reusability {
  bool is_reusable = false;
  std::string reason;  ///< when it is not: "WorkReuse is off"
};

/// A leaf: something that turns inputs into outputs, by a command or by itself.
class Tool {
 public:
  virtual ~Tool() = default;

  /// False for a tool that is evaluated without a command (ExpressionTool): then only `evaluate` is called, else only
  /// the other three.
  virtual bool has_command() const = 0;
  virtual core::Result<core::Value> evaluate(const core::Value& inputs, const DataAccess& access) const = 0;

  /// The container that jobs ask for, whatever their inputs. Known before a plan is made, since paths depend on it.
  virtual std::optional<ContainerRequest> container() const { return std::nullopt; }
  /// What the job of these inputs asks for. Inputs are those the contract accepted.
  virtual core::Result<ResourceRequest> resources(const core::Value& inputs) const = 0;
  virtual core::Result<JobPlan> plan(const core::Value& inputs, const JobSite& site,
                                     const DataAccess& access) const = 0;
  /// The outputs of a job that ended with a success code. `outdir` is where the job's output directory lies; File
  /// objects in the result carry locations. kInvalidInput when an output is missing or of a wrong type.
  virtual core::Result<core::Value> collect(const JobPlan& plan, const JobExit& exit, const core::Location& outdir,
                                            const DataAccess& access) const = 0;

  // Of a tool with a command. One that says nothing is not reused.
  virtual Definition definition() const { return {}; }
  virtual core::Result<Reusability> reusability(const core::Value&) const {
    return Reusability{.is_reusable = false, .reason = "the tool does not say what it is made of"};
  }
  /// True when its command may change data that it was given, where they lie.
  virtual bool changes_inputs() const { return false; }
};

enum class LinkMerge { kNested, kFlattened };
enum class PickValue { kNone, kFirstNonNull, kTheOnlyNonNull, kAllNonNull };
enum class ScatterMethod { kDotProduct, kNestedCrossProduct, kFlatCrossProduct };

/// Where a value comes from inside one workflow: an output of a step, or an input of the workflow itself.
struct LinkSource {
  std::optional<std::size_t> step;  ///< index in Workflow::steps; empty: the workflow's own input
  std::string port;                 ///< name of the output or input
};

/// The sources of one sink, and how several become one value.
struct Link {
  std::vector<LinkSource> sources;
  /// True when `source` was written as a list: then one source too is merged. A single plain source is passed as it is.
  bool is_list = false;
  LinkMerge merge = LinkMerge::kNested;
  PickValue pick = PickValue::kNone;
  /// Where a document says `pick`, with the line and its caret, for messages; empty without a document.
  std::string where = {};
  std::vector<std::string> excerpt = {};
};

/// Where a document says something, for messages. Empty without a document.
struct DocumentPlace {
  std::string where;                 ///< "main.cwl:12:3"
  std::vector<std::string> excerpt;  ///< the line and its caret
};

struct StepInput {
  std::string name;
  Link link;
  core::Value fallback;  ///< taken when the link yields null or there is none
};

struct Process;

struct Step {
  std::string name;  ///< without its workflow's path
  std::vector<StepInput> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> scatter;  ///< names of the inputs scattered over; empty: none
  ScatterMethod scatter_method = ScatterMethod::kDotProduct;
  bool has_when = false;
  std::shared_ptr<const StepLogic> logic;  ///< null: neither valueFrom nor when
  std::shared_ptr<const LoopLogic> loop;   ///< null: runs once; a step that loops neither scatters nor has a `when`
  LoopOutputs loop_outputs = LoopOutputs::kLast;
  std::shared_ptr<const Process> process;
  DocumentPlace place = {};
};

struct WorkflowOutput {
  std::string name;
  Link link;
};

/// A graph of steps. Links point to steps of the same workflow and close no cycle (checked by who builds it).
struct Workflow {
  std::vector<Step> steps;
  std::vector<WorkflowOutput> outputs;
};

/// What can be run: the root of a run, or what a step runs.
struct Process {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::shared_ptr<const InputContract> contract;  ///< null: anything goes
  std::variant<std::shared_ptr<const Tool>, Workflow> body;
  DocumentPlace place = {};
};

}  // namespace alveus::flow
