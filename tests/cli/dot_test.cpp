// SPDX-License-Identifier: Apache-2.0
#include "cli/dot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace alveus::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = cwl::GraphNode::Kind;

cwl::Graph graph() {
  return {.nodes = {{.kind = Kind::kInput, .id = "input:a", .name = "a", .note = "int"},
                    {.kind = Kind::kInput, .id = "input:b", .name = "b<>&\"", .note = "File?"},
                    {.id = "/g/s", .name = "s", .note = "tool.cwl", .marks = {.scatter = "a"}, .group = 0},
                    {.kind = Kind::kOutput, .id = "output:o", .name = "o", .note = "File"}},
          .groups = {{.id = "/g", .name = "g", .note = "sub.cwl", .marks = {.when = "$(inputs.a)"}}},
          .edges = {{.from = 0, .to = 2}, {.from = 1, .to = 2}, {.from = 2, .to = 3, .ports = {"out"}}}};
}

TEST(DotTest, PutsInputsOfTheSameStepsIntoOneBox) {
  const std::string dot = dot_of(graph(), "a \"title\"");
  EXPECT_THAT(dot, AllOf(HasSubstr("digraph \"a \\\"title\\\"\""), HasSubstr("\"input:a\" -> \"/g/s\";"),
                         Not(HasSubstr("\"input:b\" ->")), HasSubstr("b&lt;&gt;&amp;&quot;")));
}

TEST(DotTest, DrawsSubWorkflowsAsClustersWithTheirMarks) {
  const std::string dot = dot_of(graph(), "t");
  const auto cluster = dot.find("subgraph \"cluster_/g\"");
  ASSERT_NE(cluster, std::string::npos);
  EXPECT_GT(dot.find("\"/g/s\" [", cluster), cluster);
  EXPECT_THAT(dot, AllOf(HasSubstr("when $(inputs.a)"), HasSubstr("scatter a"), HasSubstr("peripheries=2")));
}

TEST(DotTest, GivesTheSameBytesForTheSameGraph) { EXPECT_EQ(dot_of(graph(), "t"), dot_of(graph(), "t")); }

TEST(DotTest, MakesAPicture) {
  const auto svg = svg_of(dot_of(graph(), "t"));
  ASSERT_TRUE(svg) << svg.error().text();
  EXPECT_THAT(*svg, AllOf(HasSubstr("<svg"), HasSubstr("tool.cwl")));
  EXPECT_EQ(*svg, svg_of(dot_of(graph(), "t")).value());
}

TEST(DotTest, SaysWhatToInstallWhereGraphvizIsMissing) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  const auto svg = svg_of("digraph {}");
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(svg);
  EXPECT_EQ(svg.error().code, core::ErrorCode::kNotFound);
  EXPECT_THAT(svg.error().message, HasSubstr("install the package graphviz"));
}

}  // namespace
}  // namespace alveus::cli
