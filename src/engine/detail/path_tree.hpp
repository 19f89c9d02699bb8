// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/ids.hpp"
#include "engine/progress.hpp"
#include "flow/process.hpp"

namespace alveus::engine::detail {

/// One place in the tree of processes, whatever its tags: what all invocations there share. Made when first entered.
class PathNode {
 public:
  /// The root. `process` is borrowed and outlives the tree.
  explicit PathNode(const flow::Process& process);

  const core::StepPath& path() const { return path_; }
  const flow::Process& process() const { return *process_; }
  /// Null for a tool.
  const flow::Workflow* workflow() const { return std::get_if<flow::Workflow>(&process_->body); }
  /// Null for the root.
  const flow::Step* step() const { return step_; }
  /// Steps that stand later in their workflow come first, so that what was begun is finished before more is begun.
  int priority() const { return priority_; }
  /// Name of an invocation here: "/train/0.4".
  core::JobId name(const std::string& tag) const;

  PathNode& child(std::size_t step);
  /// The steps that wait for `step`, each once.
  const std::vector<std::size_t>& dependents(std::size_t step) const { return dependents_[step]; }
  /// How many different steps `step` waits for.
  std::size_t source_count(std::size_t step) const { return source_counts_[step]; }

  StepCounts counts;
  bool counts_changed = false;

 private:
  PathNode(PathNode& parent, std::size_t step);
  void read_graph();

  core::StepPath path_;
  const flow::Process* process_;
  const flow::Step* step_ = nullptr;
  int priority_ = 0;
  std::vector<std::unique_ptr<PathNode>> children_;
  std::vector<std::vector<std::size_t>> dependents_;
  std::vector<std::size_t> source_counts_;
  std::vector<int> depths_;
};

}  // namespace alveus::engine::detail
