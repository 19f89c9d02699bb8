// SPDX-License-Identifier: Apache-2.0
#include "cwl/graph.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "cwl/detail/check.hpp"
#include "cwl/file_value.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl {
namespace {

using Kind = GraphNode::Kind;

/// A workflow where it is run: the steps of the whole tree are told apart by `path`.
struct Scope {
  const Process& workflow;
  const Scope* outer = nullptr;
  const WorkflowStep* step = nullptr;  ///< of `outer`, that runs this
  std::string path;
  std::optional<std::size_t> group;
  std::map<std::string, std::unique_ptr<Scope>> inner;  ///< by the step's name
};

/// Where a value comes from.
struct Origin {
  std::size_t node;
  std::string port;
};

const Workflow& body_of(const Process& process) { return std::get<Workflow>(process.body); }

std::string file_of(const Process& process) {
  const std::string file = basename_of(process.uri);
  return process.id.empty() ? file : file + "#" + process.id;
}

Kind kind_of(const Process& process) {
  if (std::holds_alternative<ExpressionTool>(process.body)) return Kind::kExpression;
  return std::holds_alternative<Operation>(process.body) ? Kind::kOperation : Kind::kTool;
}

GraphMarks marks_of(const WorkflowStep& step) {
  constexpr std::array<std::string_view, 3> kMethods = {"dotproduct", "nested_crossproduct", "flat_crossproduct"};
  GraphMarks marks;
  for (const std::string& name : step.scatter) marks.scatter += (marks.scatter.empty() ? "" : ", ") + name;
  if (step.scatter.size() > 1) {
    marks.scatter += " (" + std::string(kMethods[static_cast<std::size_t>(step.scatter_method)]) + ")";
  }
  if (step.when) marks.when = expr::value_text(step.when->value);
  if (step.loop) marks.loop = expr::value_text(step.loop->condition.value);
  return marks;
}

class Builder {
 public:
  Graph build(const Process& process) {
    for (const InputParameter& input : process.inputs) {
      add({.kind = Kind::kInput, .id = "input:" + input.name, .name = input.name, .note = name_of(input.type)});
    }
    if (std::holds_alternative<Workflow>(process.body)) {
      Scope root{.workflow = process, .outer = nullptr, .step = nullptr, .path = {}, .group = {}, .inner = {}};
      add_steps(root);
      link_steps(root);
      for (const OutputParameter& output : process.outputs) {
        const std::size_t node = add_output(output);
        link(root, output.source.names, node);
      }
    } else {
      add_tool(process);
    }
    return std::move(graph_);
  }

 private:
  std::size_t add(GraphNode node) {
    graph_.nodes.push_back(std::move(node));
    index_[graph_.nodes.back().id] = graph_.nodes.size() - 1;
    return graph_.nodes.size() - 1;
  }

  std::size_t add_output(const OutputParameter& output) {
    return add(
        {.kind = Kind::kOutput, .id = "output:" + output.name, .name = output.name, .note = name_of(output.type)});
  }

  void add_tool(const Process& process) {
    const std::string file = file_of(process);
    const std::string name = process.label.empty() ? file : process.label;
    const std::size_t tool =
        add({.kind = kind_of(process), .id = "/", .name = name, .note = process.label.empty() ? std::string() : file});
    for (std::size_t input = 0; input < process.inputs.size(); ++input) connect(input, tool, {});
    for (const OutputParameter& output : process.outputs) connect(tool, add_output(output), output.name);
  }

  void add_steps(Scope& scope) {
    for (const WorkflowStep& step : body_of(scope.workflow).steps) {
      const std::string id = scope.path + "/" + step.name;
      if (step.run != nullptr && std::holds_alternative<Workflow>(step.run->body)) {
        graph_.groups.push_back(
            {.id = id, .name = step.name, .note = file_of(*step.run), .marks = marks_of(step), .parent = scope.group});
        auto inner = std::make_unique<Scope>(
            Scope{.workflow = *step.run, .outer = &scope, .step = &step, .path = id, .group = {}, .inner = {}});
        inner->group = graph_.groups.size() - 1;
        add_steps(*inner);
        scope.inner[step.name] = std::move(inner);
        continue;
      }
      add({.kind = step.run == nullptr ? Kind::kTool : kind_of(*step.run),
           .id = id,
           .name = step.name,
           .note = step.run == nullptr ? "" : file_of(*step.run),
           .marks = marks_of(step),
           .group = scope.group});
    }
  }

  void link_steps(const Scope& scope) {
    for (const WorkflowStep& step : body_of(scope.workflow).steps) {
      if (const auto inner = scope.inner.find(step.name); inner != scope.inner.end()) {
        link_steps(*inner->second);
        link_condition(scope, step, *inner->second);
        continue;
      }
      for (const StepInput& input : step.inputs) {
        link(scope, input.source.names, index_.at(scope.path + "/" + step.name));
      }
    }
  }

  /// Inputs of a sub-workflow's step that nothing inside takes serve its condition: they lead to a node of their own.
  void link_condition(const Scope& scope, const WorkflowStep& step, const Scope& inner) {
    for (const StepInput& input : step.inputs) {
      const bool is_taken =
          std::ranges::find(step.run->inputs, input.name, &InputParameter::name) != step.run->inputs.end();
      if (is_taken || input.source.names.empty() || !(step.when || step.loop)) continue;
      const std::string id = inner.path + ":when";
      const auto found = index_.find(id);
      const std::size_t node =
          found != index_.end()
              ? found->second
              : add({.kind = Kind::kCondition, .id = id, .name = "when", .note = {}, .group = inner.group});
      link(scope, input.source.names, node);
    }
  }

  void link(const Scope& scope, const std::vector<std::string>& names, std::size_t to) {
    for (const std::string& name : names) {
      for (const Origin& origin : origins_of(scope, name)) connect(origin.node, to, origin.port);
    }
  }

  std::vector<Origin> origins_of(const Scope& scope, const std::string& name) const {
    const auto source = find_source(scope.workflow, name);
    if (!source) return {};
    if (!source->step) return origins_of_input(scope, source->port);
    const std::string& step = body_of(scope.workflow).steps[*source->step].name;
    const auto inner = scope.inner.find(step);
    if (inner == scope.inner.end()) return {{index_.at(scope.path + "/" + step), source->port}};
    const auto& outputs = inner->second->workflow.outputs;
    const auto output = std::ranges::find(outputs, source->port, &OutputParameter::name);
    if (output == outputs.end()) return {};
    return origins_of_all(*inner->second, output->source.names);
  }

  std::vector<Origin> origins_of_input(const Scope& scope, const std::string& name) const {
    if (scope.outer == nullptr) return {{index_.at("input:" + name), {}}};
    const auto input = std::ranges::find(scope.step->inputs, name, &StepInput::name);
    if (input == scope.step->inputs.end()) return {};
    return origins_of_all(*scope.outer, input->source.names);
  }

  std::vector<Origin> origins_of_all(const Scope& scope, const std::vector<std::string>& names) const {
    std::vector<Origin> all;
    for (const std::string& name : names) {
      auto some = origins_of(scope, name);
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }

  void connect(std::size_t from, std::size_t to, const std::string& port) {
    const auto [place, is_new] = edges_.try_emplace({from, to}, graph_.edges.size());
    if (is_new) graph_.edges.push_back({.from = from, .to = to, .ports = {}});
    auto& ports = graph_.edges[place->second].ports;
    const auto at = std::ranges::lower_bound(ports, port);
    if (!port.empty() && (at == ports.end() || *at != port)) ports.insert(at, port);
  }

  Graph graph_;
  std::map<std::string, std::size_t> index_;                          ///< of nodes, by id
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> edges_;  ///< by from and to
};

}  // namespace

Graph graph_of(const Process& process) { return Builder().build(process); }

}  // namespace alveus::cwl
