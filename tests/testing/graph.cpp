// SPDX-License-Identifier: Apache-2.0
#include "testing/graph.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace alveus::testing {
namespace {

class WhenTrue final : public flow::StepLogic {
 public:
  explicit WhenTrue(std::string input) : input_(std::move(input)) {}
  core::Result<core::Value> evaluate_inputs(const core::Value& inputs, const flow::DataAccess&) const override {
    return inputs;
  }
  core::Result<bool> runs(const core::Value& inputs) const override { return inputs.find(input_)->as_bool(); }

 private:
  std::string input_;
};

class LoopBelow final : public flow::LoopLogic {
 public:
  LoopBelow(std::string input, std::int64_t limit) : input_(std::move(input)), limit_(limit) {}
  core::Result<bool> continues(const core::Value& inputs) const override {
    return inputs.find(input_)->as_integer() < limit_;
  }
  core::Result<core::Value> next_inputs(const core::Value& inputs, const core::Value& outputs,
                                        const flow::DataAccess&) const override {
    core::Value next = inputs;
    next.set(input_, *outputs.find("out"));
    return next;
  }

 private:
  std::string input_;
  std::int64_t limit_;
};

}  // namespace

core::Result<core::Value> ComputeTool::evaluate(const core::Value& inputs, const flow::DataAccess&) const {
  return compute_(inputs);
}

core::Result<flow::ResourceRequest> ComputeTool::resources(const core::Value&) const { return request; }

core::Result<flow::JobPlan> ComputeTool::plan(const core::Value& inputs, const flow::JobSite& site,
                                              const flow::DataAccess&) const {
  flow::JobPlan plan;
  plan.inputs = inputs;
  plan.site = site;
  plan.command = {"exit", compute_(inputs) ? "0" : std::to_string(fail_code)};
  plan.temporary_fail_codes = temporary_fail_codes;
  return plan;
}

core::Result<core::Value> ComputeTool::collect(const flow::JobPlan& plan, const flow::JobExit&, const core::Location&,
                                               const flow::DataAccess&) const {
  return compute_(plan.inputs);
}

ProcessPointer process_of(std::shared_ptr<const flow::Tool> made) {
  auto process = std::make_shared<flow::Process>();
  process->outputs = {"out"};
  process->body = std::move(made);
  return process;
}

ProcessPointer tool(const std::function<core::Value(const core::Value& inputs)>& compute) {
  return process_of(std::make_shared<ComputeTool>([compute](const core::Value& inputs) -> core::Result<core::Value> {
    return core::Value(core::Object{{"out", compute(inputs)}});
  }));
}

ProcessPointer add_one() {
  return tool([](const core::Value& inputs) { return core::Value(inputs.find("x")->as_integer() + 1); });
}

ProcessPointer failing() {
  return process_of(std::make_shared<ComputeTool>([](const core::Value&) -> core::Result<core::Value> {
    return core::fail(core::ErrorCode::kInvalidInput, "made to fail");
  }));
}

Graph& Graph::step(std::string name, ProcessPointer process) {
  flow::Step step;
  step.name = std::move(name);
  step.outputs = process->outputs;
  step.process = std::move(process);
  workflow_.steps.push_back(std::move(step));
  return *this;
}

flow::LinkSource Graph::source_of(const std::string& source) const {
  const std::size_t slash = source.find('/');
  if (slash == std::string::npos) return {.step = std::nullopt, .port = source};
  const auto found = std::ranges::find(workflow_.steps, source.substr(0, slash), &flow::Step::name);
  ALVEUS_CHECK(found != workflow_.steps.end(), "a source names a step above it");
  return {.step = static_cast<std::size_t>(found - workflow_.steps.begin()), .port = source.substr(slash + 1)};
}

flow::Link Graph::link_of(const std::vector<std::string>& sources) const {
  flow::Link link;
  for (const std::string& source : sources) link.sources.push_back(source_of(source));
  return link;
}

Graph& Graph::from(std::string input, std::string source) {
  flow::StepInput made;
  made.name = std::move(input);
  made.link = link_of({std::move(source)});
  workflow_.steps.back().inputs.push_back(std::move(made));
  return *this;
}

Graph& Graph::from_all(std::string input, std::vector<std::string> sources, flow::LinkMerge merge,
                       flow::PickValue pick) {
  flow::StepInput made;
  made.name = std::move(input);
  made.link = link_of(sources);
  made.link.is_list = true;
  made.link.merge = merge;
  made.link.pick = pick;
  workflow_.steps.back().inputs.push_back(std::move(made));
  return *this;
}

Graph& Graph::constant(std::string input, core::Value value) {
  flow::StepInput made;
  made.name = std::move(input);
  made.fallback = std::move(value);
  workflow_.steps.back().inputs.push_back(std::move(made));
  return *this;
}

Graph& Graph::scatter(std::vector<std::string> inputs, flow::ScatterMethod method) {
  workflow_.steps.back().scatter = std::move(inputs);
  workflow_.steps.back().scatter_method = method;
  return *this;
}

Graph& Graph::when(std::string input) {
  workflow_.steps.back().has_when = true;
  workflow_.steps.back().logic = std::make_shared<WhenTrue>(std::move(input));
  return *this;
}

Graph& Graph::loop_below(std::string input, std::int64_t limit, flow::LoopOutputs outputs) {
  workflow_.steps.back().loop = std::make_shared<LoopBelow>(std::move(input), limit);
  workflow_.steps.back().loop_outputs = outputs;
  return *this;
}

Graph& Graph::output(std::string name, std::string source) {
  workflow_.outputs.push_back({.name = std::move(name), .link = link_of({std::move(source)})});
  return *this;
}

Graph& Graph::output_all(std::string name, std::vector<std::string> sources, flow::PickValue pick) {
  flow::Link link = link_of(sources);
  link.is_list = true;
  link.pick = pick;
  workflow_.outputs.push_back({.name = std::move(name), .link = std::move(link)});
  return *this;
}

ProcessPointer Graph::build() const {
  auto process = std::make_shared<flow::Process>();
  for (const flow::WorkflowOutput& output : workflow_.outputs) process->outputs.push_back(output.name);
  process->body = workflow_;
  return process;
}

}  // namespace alveus::testing
