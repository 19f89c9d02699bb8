// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cwl/model.hpp"

namespace alveus::cwl {

/// What a step adds to the process it runs, in words: "over reads", "$(inputs.n > 1)".
struct GraphMarks {
  std::string scatter;  ///< the inputs scattered over, and the method where there are several
  std::string when;
  std::string loop;
};

struct GraphNode {
  enum class Kind { kInput, kTool, kExpression, kOperation, kCondition, kOutput };
  Kind kind = Kind::kTool;
  std::string id;    ///< "input:reads", "/align/sort", "/align:when" or "output:bam"; unique
  std::string name;  ///< without the path
  std::string note;  ///< the type of an input or output, the file of what a step runs
  GraphMarks marks;
  std::optional<std::size_t> group;  ///< index in `groups`
};

/// A step that runs a workflow, drawn around the steps of that.
struct GraphGroup {
  std::string id;  ///< "/align"
  std::string name;
  std::string note;
  GraphMarks marks;
  std::optional<std::size_t> parent;
};

/// Everything that goes from one node to another.
struct GraphEdge {
  std::size_t from = 0;
  std::size_t to = 0;
  std::vector<std::string> ports;  ///< names of the outputs of `from`, sorted; empty from an input
};

/// What a process looks like: links lead from inputs and steps to steps and outputs, through the borders of
/// sub-workflows. A tool is one node between its inputs and outputs. In the document's order.
struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphGroup> groups;
  std::vector<GraphEdge> edges;
};
Graph graph_of(const Process& process);

}  // namespace alveus::cwl
