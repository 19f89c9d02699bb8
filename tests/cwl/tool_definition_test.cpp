// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/json.hpp"
#include "cwl/detail/definition.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

constexpr const char* kTool = R"(cwlVersion: v1.2
class: CommandLineTool
requirements:
  InlineJavascriptRequirement: {expressionLib: ["function f() { return 1; }"]}
inputs:
  n: {type: int, inputBinding: {position: 1}}
  file: File?
baseCommand: [cut, -c]
arguments: [a, {valueFrom: $(inputs.n), prefix: -x}]
stdout: out.txt
outputs: {out: stdout}
)";

class ToolDefinitionTest : public ::testing::Test {
 protected:
  std::shared_ptr<const flow::Tool> load(const std::string& text) {
    bench_.document("main.cwl", text).load();
    EXPECT_EQ(bench_.errors(), "");
    return std::get<std::shared_ptr<const flow::Tool>>(bench_.process().body);
  }
  flow::Definition definition(const std::string& text) { return load(text)->definition(); }
  static std::string edited(const std::string& from, const std::string& to) {
    std::string text = kTool;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  LoadBench bench_;
};

TEST_F(ToolDefinitionTest, DoesNotDependOnWordsAndPlaces) {
  const auto plain = definition(kTool).parts;
  EXPECT_EQ(definition(edited("class: Comm", "# a comment\nid: tool\nlabel: l\ndoc: d\n\n\nclass: Comm")).parts, plain);
  EXPECT_EQ(definition(edited("file: File?", "file: {type: File?, label: l, doc: d}")).parts, plain);
  EXPECT_EQ(definition(edited("n: {type: int", "n: {type: int, default: 4")).parts, plain);
}

TEST_F(ToolDefinitionTest, DependsOnWhatRuns) {
  const auto plain = definition(kTool).parts;
  for (const auto& [from, to] : {std::pair{"[cut, -c]", "[cut, -d]"},
                                 {"arguments: [a,", "arguments: [b,"},
                                 {"prefix: -x", "prefix: -y"},
                                 {"position: 1", "position: 2"},
                                 {"stdout: out.txt", "stdout: other.txt"},
                                 {"type: int", "type: long"},
                                 {"return 1", "return 2"},
                                 {"v1.2", "v1.1"},
                                 {"stdout: out.txt", "successCodes: [3]\nstdout: out.txt"},
                                 {"requirements:", "requirements:\n  EnvVarRequirement: {envDef: {A: b}}"},
                                 {"requirements:", "requirements:\n  ShellCommandRequirement: {}"},
                                 {"requirements:", "hints:\n  DockerRequirement: {dockerPull: a}\nrequirements:"}}) {
    EXPECT_NE(definition(edited(from, to)).parts, plain) << to;
  }
}

TEST_F(ToolDefinitionTest, AnUnnamedStreamHasANameOfItsCommand) {
  const std::string unnamed = edited("stdout: out.txt\n", "");
  std::string described = unnamed;
  described.replace(described.find("out: stdout"), 11, "out: {type: stdout, doc: all of it}");
  EXPECT_EQ(definition(unnamed).parts, definition(described).parts);
}

TEST_F(ToolDefinitionTest, NamesTheNumbersOfItsSiteThatItSees) {
  const auto sees = [&](const std::string& argument) {
    const auto found = definition(edited("[a,", "['" + argument + "',"));
    return std::string(found.sees_cores ? "c" : "") + (found.sees_ram ? "r" : "") +
           (found.sees_tmpdir_size ? "t" : "") + (found.sees_outdir_size ? "o" : "");
  };
  EXPECT_EQ(sees("a"), "");
  EXPECT_EQ(sees("runtime.cores"), "");  // no expression
  EXPECT_EQ(sees("$(runtime.outdir)/x"), "");
  EXPECT_EQ(sees("-j$(runtime.cores)"), "c");
  EXPECT_EQ(sees("$(runtime[\"ram\"])"), "r");
  EXPECT_EQ(sees("${ return runtime.tmpdirSize + runtime.outdirSize; }"), "to");
  EXPECT_EQ(sees("${ var r = runtime; return r.cores; }"), "crto");
}

TEST_F(ToolDefinitionTest, SaysWhetherItsResultsMayBeReused) {
  const auto reason = [&](const std::string& requirements, const char* inputs = R"({"n":1})") {
    const auto tool = load(edited("requirements:", "requirements:" + requirements));
    const auto found = tool->reusability(*core::parse_json(inputs));
    return !found ? found.error().message : found->is_reusable ? "yes" : found->reason;
  };
  EXPECT_EQ(reason(""), "yes");
  EXPECT_EQ(reason("\n  WorkReuse: {enableReuse: false}"), "WorkReuse is off for it");
  EXPECT_EQ(reason("\n  WorkReuse: {enableReuse: $(inputs.n == 1)}"), "yes");
  EXPECT_EQ(reason("\n  WorkReuse: {enableReuse: $(inputs.n == 1)}", R"({"n":2})"), "WorkReuse is off for it");
  EXPECT_EQ(reason("\n  NetworkAccess: {networkAccess: false}"), "yes");
  EXPECT_NE(reason("\n  NetworkAccess: {networkAccess: true}").find("network"), std::string::npos);
  EXPECT_EQ(reason("\n  NetworkAccess: {networkAccess: true}\n  WorkReuse: {enableReuse: true}"), "yes");
  EXPECT_NE(reason("\n  InplaceUpdateRequirement: {inplaceUpdate: true}").find("InplaceUpdate"), std::string::npos);
}

}  // namespace
}  // namespace alveus::cwl
