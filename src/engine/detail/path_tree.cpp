// SPDX-License-Identifier: Apache-2.0
#include "engine/detail/path_tree.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "core/check.hpp"

namespace alveus::engine::detail {

PathNode::PathNode(const flow::Process& process) : path_("/"), process_(&process) { read_graph(); }

PathNode::PathNode(PathNode& parent, std::size_t step)
    : step_(&parent.workflow()->steps[step]), priority_(parent.priority_ + 1 + parent.depths_[step]) {
  ALVEUS_CHECK(step_->process != nullptr, "each step runs a process");
  process_ = step_->process.get();
  const std::string& above = parent.path_.text();
  path_ = core::StepPath((above == "/" ? "/" : above + "/") + step_->name);
  read_graph();
}

core::JobId PathNode::name(const std::string& tag) const {
  return core::JobId(path_.text() == "/" ? "/" + tag : path_.text() + "/" + tag);
}

PathNode& PathNode::child(std::size_t step) {
  if (!children_[step]) children_[step].reset(new PathNode(*this, step));
  return *children_[step];
}

void PathNode::read_graph() {
  const flow::Workflow* graph = workflow();
  if (graph == nullptr) return;
  const std::size_t count = graph->steps.size();
  children_.resize(count);
  dependents_.resize(count);
  source_counts_.resize(count);
  depths_.resize(count);
  for (std::size_t step = 0; step < count; ++step) {
    std::set<std::size_t> sources;
    for (const flow::StepInput& input : graph->steps[step].inputs) {
      for (const flow::LinkSource& source : input.link.sources) {
        if (source.step) sources.insert(*source.step);
      }
    }
    source_counts_[step] = sources.size();
    for (const std::size_t source : sources) dependents_.at(source).push_back(step);
  }
  // Depth: the longest way from a step that waits for none (Kahn's order).
  std::vector<std::size_t> left = source_counts_;
  std::vector<std::size_t> order;
  for (std::size_t step = 0; step < count; ++step) {
    if (left[step] == 0) order.push_back(step);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const std::size_t next : dependents_[order[i]]) {
      depths_[next] = std::max(depths_[next], depths_[order[i]] + 1);
      if (--left[next] == 0) order.push_back(next);
    }
  }
  ALVEUS_CHECK(order.size() == count, "links close no cycle");
}

}  // namespace alveus::engine::detail
