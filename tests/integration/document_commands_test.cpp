// SPDX-License-Identifier: Apache-2.0
// `alveus validate`, `inputs`, `graph` and `completion` as a person calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;

constexpr const char* kTool =
    "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\n"
    "inputs: {message: {type: string, doc: Words}, count: int?}\noutputs: {said: stdout}\n";

class DocumentCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    program_.write("tool.cwl", kTool);
    program_.write("bad.cwl",
                   "cwlVersion: v1.2\nclass: CommandLineTool\nbasecommand: echo\ninputs: {a: Fil}\noutputs: []\n");
  }
  AlveusProgram program_;
};

TEST_F(DocumentCommandsTest, ValidateTellsAllErrorsOfDocumentAndInputs) {
  EXPECT_EQ(program_.run({"validate", "tool.cwl"}).out, "tool.cwl: valid\n");
  const auto bad = program_.run({"validate", "bad.cwl"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.out, "bad.cwl: 2 errors\n");
  EXPECT_THAT(bad.err, AllOf(HasSubstr("bad.cwl:3:1:"), HasSubstr("bad.cwl:4:13:")));
  const auto inputs = program_.run({"validate", "tool.cwl", program_.write("in.yml", "{mesage: hi, count: x}")});
  EXPECT_EQ(inputs.status, 1);
  EXPECT_EQ(inputs.out, "tool.cwl: 2 errors, 1 warning\n");
  EXPECT_THAT(inputs.err, HasSubstr("did you mean 'message'?"));
}

TEST_F(DocumentCommandsTest, ValidateWritesItsFindingsForPrograms) {
  const auto said = program_.run({"validate", "--json", "bad.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.err, "");
  const auto object = core::parse_json(said.out);
  ASSERT_TRUE(object) << said.out;
  EXPECT_EQ(*object->find("valid"), core::Value(false));
  const core::Value& first = object->find("errors")->as_array().front();
  EXPECT_EQ(first.string_or("file", ""), "bad.cwl");
  EXPECT_EQ(*first.find("line"), core::Value(3));
  EXPECT_EQ(*first.find("column"), core::Value(1));
  EXPECT_THAT(first.string_or("message", ""), HasSubstr("'baseCommand'"));
}

TEST_F(DocumentCommandsTest, ValidateTellsUnsupportedFeaturesFromMistakes) {
  program_.write("op.cwl", "cwlVersion: v1.2\nclass: Operation\ninputs: []\noutputs: []\n");
  EXPECT_EQ(program_.run({"validate", "op.cwl"}).status, 33);
}

TEST_F(DocumentCommandsTest, ATemplateFilledInRuns) {
  const auto made = program_.run({"inputs", "--template", "-o", "in.yml", "tool.cwl"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(program_.run({"validate", "tool.cwl", "in.yml"}).status, 1);
  std::string text = program_.read("in.yml");
  text.replace(text.find("message:"), 8, "message: hi");
  EXPECT_EQ(program_.run({"run", "--outdir", "o", "tool.cwl", program_.write("full.yml", text)}).status, 0);
}

TEST_F(DocumentCommandsTest, InputsAreListed) {
  EXPECT_EQ(program_.run({"inputs", "tool.cwl"}).out, "message  string  required  Words\ncount    int?    optional\n");
  EXPECT_TRUE(core::parse_json(program_.run({"inputs", "--json", "tool.cwl"}).out));
}

TEST_F(DocumentCommandsTest, GraphWritesTheFormatThatTheFilesNameSays) {
  ASSERT_EQ(program_.run({"graph", "-o", "a.dot", "tool.cwl"}).status, 0);
  ASSERT_EQ(program_.run({"graph", "-o", "a.svg", "tool.cwl"}).status, 0);
  EXPECT_THAT(program_.read("a.dot"), HasSubstr("\"/\" -> \"output:said\""));
  EXPECT_THAT(program_.read("a.svg"), HasSubstr("<svg"));
}

TEST_F(DocumentCommandsTest, CompletionKnowsCommandsFlagsAndChoices) {
  program_.write("completion.bash", program_.run({"completion", "bash"}).out);
  const auto complete = [&](const std::string& words) {
    program_.write("ask.bash",
                   "source completion.bash\nCOMP_WORDS=(" + words +
                       ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_alveus\necho \"${COMPREPLY[*]}\" > answer\n");
    std::system(("cd '" + program_.path().string() + "' && bash ask.bash").c_str());
    return program_.read("answer");
  };
  EXPECT_EQ(complete("alveus val"), "validate\n");
  EXPECT_EQ(complete("alveus graph --form"), "--format\n");
  EXPECT_EQ(complete("alveus run --on-error c"), "continue\n");
  EXPECT_EQ(complete("cwl-runner --on-err"), "--on-error\n");
  EXPECT_EQ(complete("alveus run tool"), "tool.cwl\n");
}

}  // namespace
}  // namespace alveus
