// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/process.hpp"

namespace alveus::testing {

using ProcessPointer = std::shared_ptr<const flow::Process>;
/// What a tool computes. A failure becomes exit code 1 of its command.
using Compute = std::function<core::Result<core::Value>(const core::Value& inputs)>;

/// A tool whose command is {"exit", code} and whose outputs are those that `compute` gives.
class ComputeTool final : public flow::Tool {
 public:
  explicit ComputeTool(Compute compute) : compute_(std::move(compute)) {}

  flow::ResourceRequest request;
  bool is_expression = false;
  std::vector<int> temporary_fail_codes;
  int fail_code = 1;
  std::string refusal;  ///< not empty: why its results are not reused

  bool has_command() const override { return !is_expression; }
  core::Result<core::Value> evaluate(const core::Value& inputs, const flow::DataAccess& access) const override;
  core::Result<flow::ResourceRequest> resources(const core::Value& inputs) const override;
  core::Result<flow::JobPlan> plan(const core::Value& inputs, const flow::JobSite& site,
                                   const flow::DataAccess& access) const override;
  core::Result<core::Value> collect(const flow::JobPlan& plan, const flow::JobExit& exit, const core::Location& outdir,
                                    const flow::DataAccess& access) const override;
  core::Result<flow::Reusability> reusability(const core::Value&) const override {
    return flow::Reusability{.is_reusable = refusal.empty(), .reason = refusal};
  }

 private:
  Compute compute_;
};

/// A process with one output "out", computed from its inputs.
ProcessPointer tool(const std::function<core::Value(const core::Value& inputs)>& compute);
/// The same from a tool made up by the caller.
ProcessPointer process_of(std::shared_ptr<const flow::Tool> made);
/// out = x + 1.
ProcessPointer add_one();
/// Ends with exit code 1.
ProcessPointer failing();

/// Builds a workflow line by line:
///   Graph().step("a", add_one()).from("x", "n").step("b", add_one()).from("x", "a/out").output("y", "b/out").build()
/// A source is "input" or "step/output". `from`, `scatter`, `when` and the like speak of the step before them.
class Graph {
 public:
  Graph& step(std::string name, ProcessPointer process);
  Graph& from(std::string input, std::string source);
  Graph& from_all(std::string input, std::vector<std::string> sources, flow::LinkMerge merge = flow::LinkMerge::kNested,
                  flow::PickValue pick = flow::PickValue::kNone);
  Graph& constant(std::string input, core::Value value);
  Graph& scatter(std::vector<std::string> inputs, flow::ScatterMethod method = flow::ScatterMethod::kDotProduct);
  /// Runs where the input of that name is true.
  Graph& when(std::string input);
  /// Runs again and again while the input is below `limit`; the input of the next iteration is output "out".
  Graph& loop_below(std::string input, std::int64_t limit, flow::LoopOutputs outputs = flow::LoopOutputs::kLast);
  Graph& output(std::string name, std::string source);
  Graph& output_all(std::string name, std::vector<std::string> sources, flow::PickValue pick);
  ProcessPointer build() const;

 private:
  flow::LinkSource source_of(const std::string& source) const;
  flow::Link link_of(const std::vector<std::string>& sources) const;

  flow::Workflow workflow_;
};

}  // namespace alveus::testing
