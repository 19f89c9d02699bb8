// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kTool =
    "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\n"
    "$namespaces: {cwltool: 'http://commonwl.org/cwltool#'}\ninputs: {word: string}\noutputs: []\n";

TEST(ExtensionsTest, GpusAreCounted) {
  LoadBench bench;
  bench
      .document("main.cwl", kTool + R"(
requirements:
  cwltool:CUDARequirement: {cudaVersionMin: "11.4", cudaComputeCapability: ["8.0", "9.0"], cudaDeviceCountMax: 2}
)")
      .load();
  ASSERT_EQ(bench.errors(), "");
  EXPECT_TRUE(asks_for_gpus(bench.model()));
  const auto& tool = std::get<std::shared_ptr<const flow::Tool>>(bench.process().body);
  const auto request = tool->resources(core::Object{});
  ASSERT_TRUE(request && request->gpus);
  EXPECT_EQ(request->gpus->count_min, 2) << "one bound stands for the other";
  EXPECT_FALSE(request->gpus->is_capability_minimum);
  EXPECT_THAT(request->gpus->capabilities, ElementsAre("8.0", "9.0"));
  EXPECT_TRUE(request->gpus->required);
}

TEST(ExtensionsTest, WhatTheRequirementForGpusLacksIsReported) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: {cwltool:CUDARequirement: {cudaVersionMn: 11}}\n").load();
  EXPECT_THAT(bench.errors(),
              HasSubstr("'cudaVersionMn' is not known in CUDARequirement; did you mean 'cudaVersionMin'?"));
  EXPECT_THAT(bench.errors(), HasSubstr("CUDARequirement needs the field 'cudaComputeCapability'"));
}

TEST(ExtensionsTest, SecretsNameInputs) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: {cwltool:Secrets: {secrets: [wrod]}}\n").load();
  EXPECT_THAT(bench.errors(), HasSubstr("'Secrets' names 'wrod', which is no input here; did you mean 'word'?"));
}

TEST(ExtensionsTest, WhatFeedsASecretIsASecret) {
  LoadBench bench;
  bench.document("tool.cwl", kTool + "hints: {cwltool:Secrets: {secrets: [word]}}\n")
      .document("main.cwl", R"(cwlVersion: v1.2
class: Workflow
requirements: {SubworkflowFeatureRequirement: {}}
inputs: {a: string, b: string, c: string}
outputs: []
steps:
  one: {run: tool.cwl, in: {word: a}, out: []}
  two:
    in: {x: b, y: c}
    out: []
    run:
      class: Workflow
      inputs: {x: string, y: string}
      outputs: []
      steps:
        three: {run: tool.cwl, in: {word: y}, out: []}
)")
      .load();
  ASSERT_EQ(bench.errors(), "");
  EXPECT_THAT(secret_inputs(bench.model()), ElementsAre("a", "c"));
}

TEST(ExtensionsTest, AWrongSecretIsNotShown) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: {cwltool:Secrets: {secrets: [word]}}\n").load();
  bench.source.document("in.yml", "word: [hunter2]\n");
  const auto object = load_inputs(bench.source, "file:///w/in.yml");
  const auto findings = check_inputs(bench.model(), *object);
  ASSERT_EQ(findings.errors.size(), 1U);
  EXPECT_EQ(findings.errors[0].text(), "in.yml:1:7: input 'word' must be string, and is not; its value is a secret");
}

TEST(ExtensionsTest, RequirementsOfAnInputObjectHaveItsNamespaces) {
  LoadBench bench;
  bench.document("main.cwl", kTool);
  bench.source.document(
      "in.yml",
      "$namespaces: {tools: 'http://commonwl.org/cwltool#'}\n"
      "https://w3id.org/cwl/cwl#requirements:\n  - {class: tools:TimeLimit, timelimit: 9}\nword: x\n");
  const auto object = load_inputs(bench.source, "file:///w/in.yml");
  ASSERT_TRUE(object && object->requirements);
  bench.load("main.cwl", object->requirements);
  ASSERT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.model().requirements.time_limit->value, 9);
}

TEST(ExtensionsTest, Version10HasNoRequirementsInInputObjects) {
  LoadBench bench;
  bench.document("main.cwl", "cwlVersion: v1.0\nclass: CommandLineTool\nbaseCommand: a\ninputs: []\noutputs: []\n");
  bench.source.document("in.yml", "cwl:requirements: [{class: ShellCommandRequirement}]\n");
  bench.load("main.cwl", load_inputs(bench.source, "file:///w/in.yml")->requirements);
  EXPECT_THAT(bench.errors(), HasSubstr("needs a process of cwlVersion v1.1 or later"));
}

TEST(ExtensionsTest, WhatIsNotSupportedIsRefused) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: {cwltool:MPIRequirement: {processes: 2}}\n").load();
  EXPECT_EQ(bench.outcome.errors.at(0).code, core::ErrorCode::kUnsupported);
  bench.document("main.cwl", "cwlVersion: v1.0\nclass: cwltool:ProcessGenerator\ninputs: []\noutputs: []\n").load();
  EXPECT_EQ(bench.outcome.errors.at(0).code, core::ErrorCode::kUnsupported);
  EXPECT_THAT(bench.errors(), HasSubstr("'cwltool:ProcessGenerator' is not supported"));
}

}  // namespace
}  // namespace alveus::cwl
