// SPDX-License-Identifier: Apache-2.0
#include "cli/run_document.hpp"

#include <string>
#include <utility>

#include "document/node.hpp"
#include "expr/javascript.hpp"

namespace alveus::cli {
namespace {

std::string below(const std::string& path, const std::string& step) { return (path == "/" ? path : path + "/") + step; }

void add_steps(report::StepGraph& graph, const cwl::Process& process, const std::string& path) {
  const auto* workflow = std::get_if<cwl::Workflow>(&process.body);
  if (workflow == nullptr) return;
  for (const cwl::WorkflowStep& step : workflow->steps) {
    const std::string place = below(path, step.name);
    auto& sources = graph.sources[place];
    for (const cwl::StepInput& input : step.inputs) {
      for (const std::string& name : input.source.names) {
        // "step/output"; a plain name is an input of the workflow itself.
        if (const auto slash = name.find('/'); slash != std::string::npos) {
          sources.push_back(below(path, name.substr(0, slash)));
        }
      }
    }
    if (step.loop) graph.loops.insert(place);
    if (step.run) add_steps(graph, *step.run, place);
  }
}

}  // namespace

core::Result<RunDocument> load_run_document(const std::filesystem::path& snapshot_file) {
  ALVEUS_TRY_ASSIGN(auto snapshot, DocumentSnapshot::read(snapshot_file));
  SnapshotSource texts(snapshot);
  RecordingSource source(texts);
  expr::Javascript javascript({});
  auto outcome = cwl::load_process(source, snapshot.process, {}, javascript);
  if (!outcome.loaded) {
    return core::fail(std::move(outcome.errors.front()).with("while reading what the run was started from"));
  }
  // The input file is one of the snapshot's texts, and none of the document's.
  snapshot.documents = source.take_documents();
  return RunDocument{.snapshot = std::move(snapshot), .process = outcome.loaded->model};
}

report::StepGraph step_graph_of(const cwl::Process& process) {
  report::StepGraph graph;
  add_steps(graph, process, "/");
  return graph;
}

}  // namespace alveus::cli
