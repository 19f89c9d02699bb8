// SPDX-License-Identifier: Apache-2.0
#include "cwl/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/load.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;

Graph graph_of_text(const std::string& text) {
  MemorySource source;
  source.document("main.cwl", "cwlVersion: v1.2\n" + text);
  expr::Javascript javascript({});
  const auto outcome = load_process(source, "file:///w/main.cwl", {}, javascript);
  EXPECT_TRUE(outcome.errors.empty()) << outcome.errors.front().text();
  return outcome.model == nullptr ? Graph() : graph_of(*outcome.model);
}

/// "input:a -> /s" or "/s -(out, log)-> output:o".
std::vector<std::string> edges_of(const Graph& graph) {
  std::vector<std::string> lines;
  for (const auto& edge : graph.edges) {
    std::string ports;
    for (const auto& port : edge.ports) ports += (ports.empty() ? "" : ", ") + port;
    lines.push_back(graph.nodes[edge.from].id + (ports.empty() ? " -> " : " -(" + ports + ")-> ") +
                    graph.nodes[edge.to].id);
  }
  return lines;
}

constexpr const char* kTool =
    "{class: CommandLineTool, baseCommand: echo, inputs: {t: string, u: Any?}, outputs: {out: stdout, log: stderr}}";

TEST(GraphTest, ATakesItsPlaceBetweenInputsAndOutputs) {
  const auto graph =
      graph_of_text("class: CommandLineTool\nbaseCommand: echo\ninputs: {a: int, b: File?}\noutputs: {o: stdout}\n");
  EXPECT_THAT(edges_of(graph), ElementsAre("input:a -> /", "input:b -> /", "/ -(o)-> output:o"));
  EXPECT_EQ(graph.nodes[1].note, "File?");
  EXPECT_EQ(graph.nodes[2].name, "main.cwl");
}

TEST(GraphTest, LinksOfOnePairAreOneEdge) {
  const auto graph = graph_of_text(
      "class: Workflow\ninputs: {a: string}\noutputs: []\nsteps:\n  one:\n    run: " + std::string(kTool) +
      "\n    in: {t: a, u: a}\n    out: [out, log]\n  two:\n    run: " + std::string(kTool) +
      "\n    in: {t: {default: x}, u: {source: [one/out, one/log]}}\n    out: []\n"
      "requirements: {MultipleInputFeatureRequirement: {}}\n");
  EXPECT_THAT(edges_of(graph), ElementsAre("input:a -> /one", "/one -(log, out)-> /two"));
}

TEST(GraphTest, LinksGoThroughTheBordersOfSubWorkflows) {
  const auto graph = graph_of_text(R"(class: Workflow
requirements: {SubworkflowFeatureRequirement: {}, ScatterFeatureRequirement: {}, InlineJavascriptRequirement: {}}
inputs: {a: "string[]", go: boolean}
outputs: {o: {type: Any, outputSource: sub/o}}
steps:
  sub:
    scatter: x
    when: $(inputs.go)
    in: {x: a, go: go}
    out: [o]
    run:
      class: Workflow
      inputs: {x: string}
      outputs: {o: {type: File, outputSource: say/out}}
      steps:
        say:
          run: )" + std::string(kTool) +
                                   "\n          in: {t: x}\n          out: [out]\n");
  EXPECT_THAT(edges_of(graph),
              ElementsAre("input:a -> /sub/say", "input:go -> /sub:when", "/sub/say -(out)-> output:o"));
  ASSERT_EQ(graph.groups.size(), 1U);
  EXPECT_EQ(graph.groups[0].marks.scatter, "x");
  EXPECT_EQ(graph.groups[0].marks.when, "$(inputs.go)");
  EXPECT_EQ(graph.nodes[2].group, std::optional<std::size_t>(0));
}

}  // namespace
}  // namespace alveus::cwl
