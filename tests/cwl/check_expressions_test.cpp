// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cwl/load.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

/// The findings of a tool, a line each, warnings last with their word.
std::string findings_of(const std::string& tool) {
  MemorySource source;
  source.document("main.cwl", "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\n" + tool);
  expr::Javascript javascript({});
  const auto outcome = load_process(source, "file:///w/main.cwl", {}, javascript);
  EXPECT_TRUE(outcome.errors.empty()) << outcome.errors.front().text();
  if (outcome.model == nullptr) return "";
  const auto findings = check_expressions(*outcome.model, javascript);
  std::string text;
  for (const auto& error : findings.errors) text += error.where + ": " + error.message + "\n";
  for (const auto& warning : findings.warnings) text += "warning: " + warning.where + ": " + warning.message + "\n";
  return text;
}

const std::string kJavascript = "requirements: {InlineJavascriptRequirement: {}}\n";

TEST(CheckExpressionsTest, FindsNoFaultInWhatIsRight) {
  EXPECT_EQ(findings_of(kJavascript + R"x(inputs: {text: string, file: File}
arguments: [$(inputs.text), "$(inputs.file.path + 1)", $(runtime.cores), "${return inputs.text;}", "$(self)"]
outputs: []
)x"),
            "");
}

TEST(CheckExpressionsTest, PlacesAScriptsMistakeInTheDocument) {
  EXPECT_EQ(findings_of(kJavascript + R"(inputs: []
outputs:
  sum:
    type: int
    outputBinding:
      outputEval: |
        ${
          var x = 1;
          return x +;
        }
)"),
            "main.cwl:13:21: the expression failed: SyntaxError: expected expression, got ';'\n");
}

TEST(CheckExpressionsTest, PlacesALibrarysMistakeInTheDocument) {
  EXPECT_EQ(findings_of(R"(inputs: []
outputs: []
requirements:
  InlineJavascriptRequirement:
    expressionLib:
      - |
        function fine() { return 1; }
        function bad( { return 1; }
)"),
            "main.cwl:11:32: the expression failed: SyntaxError: missing : after property id\n");
}

TEST(CheckExpressionsTest, SaysWhichNameIsMeant) {
  const std::string body = "inputs: {message: string}\narguments: [$(inputs.mesage)]\noutputs: []\n";
  const std::string fault = "$(inputs.mesage) has no value: inputs has no member 'mesage'; did you mean 'message'?\n";
  EXPECT_EQ(findings_of(body), "main.cwl:5:13: " + fault);
  EXPECT_EQ(findings_of(kJavascript + body), "warning: main.cwl:6:13: " + fault);
}

TEST(CheckExpressionsTest, MissesTheRequirementOfJavascript) {
  EXPECT_EQ(findings_of("inputs: []\narguments: [\"$(1 + 1)\", \"${return 1;}\"]\noutputs: []\n"),
            "main.cwl:5:13: $(1 + 1) has no value: it is no parameter reference; JavaScript needs "
            "InlineJavascriptRequirement in the requirements\n"
            "main.cwl:5:25: a JavaScript expression ${…} needs InlineJavascriptRequirement in the requirements\n");
}

TEST(CheckExpressionsTest, LooksIntoStepsWithTheirOwnInputs) {
  MemorySource source;
  source.document("main.cwl", R"(cwlVersion: v1.2
class: Workflow
requirements: {StepInputExpressionRequirement: {}}
inputs: {text: string}
outputs: []
steps:
  say:
    run: {class: CommandLineTool, baseCommand: echo, inputs: {word: string}, outputs: []}
    in:
      word: {source: text, valueFrom: $(inputs.wrod)}
    when: $(inputs.word)
    out: []
)");
  expr::Javascript javascript({});
  const auto outcome = load_process(source, "file:///w/main.cwl", {}, javascript);
  ASSERT_NE(outcome.model, nullptr);
  const auto findings = check_expressions(*outcome.model, javascript);
  ASSERT_EQ(findings.errors.size(), 1U);
  EXPECT_EQ(findings.errors.front().where, "main.cwl:10:39");
}

}  // namespace
}  // namespace alveus::cwl
