// SPDX-License-Identifier: Apache-2.0
// Inputs as flags behind the document, as a person gives them to `alveus run` and `cwl-runner`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;

constexpr const char* kEcho = R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  message: {type: string, doc: What to say., inputBinding: {position: 1}}
  count: {type: int, default: 1, inputBinding: {prefix: -c}}
  items: {type: "int[]?", inputBinding: {prefix: -i}}
  outdir: {type: string?, inputBinding: {prefix: -o}}
outputs: {said: stdout}
stdout: said.txt
)";

class CommandLineInputsTest : public ::testing::Test {
 protected:
  void SetUp() override { program_.write("echo.cwl", kEcho); }
  AlveusProgram program_;
};

TEST_F(CommandLineInputsTest, StandBehindTheDocumentWithEngineFlagsOnEitherSide) {
  const auto said =
      program_.run({"run", "--quiet", "echo.cwl", "--message", "hi", "--items", "1", "--outdir", "o", "--items", "2"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/said.txt"), "-c 1 -i 1 2 hi\n");
}

TEST_F(CommandLineInputsTest, WinOverTheFileOfInputs) {
  program_.write("in.yml", "{message: filed, count: 7}");
  const auto said = program_.run({"--outdir", "o", "echo.cwl", "in.yml", "--message", "hi"}, "cwl-runner");
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/said.txt"), "-c 7 hi\n");
  const auto behind = program_.run({"run", "echo.cwl", "--count", "8", "in.yml", "--outdir", "p"});
  ASSERT_EQ(behind.status, 0) << behind.err;
  EXPECT_EQ(program_.read("p/said.txt"), "-c 8 filed\n");
}

TEST_F(CommandLineInputsTest, ComeFromStandardInputRelativeToTheWorkingDirectory) {
  for (const char* folder : {"tools", "elsewhere"}) std::filesystem::create_directory(program_.path(folder));
  program_.write("tools/cat.cwl",
                 "{cwlVersion: v1.2, class: CommandLineTool, baseCommand: cat, stdout: o.txt, outputs: {o: stdout},\n"
                 " inputs: {file: {type: File, inputBinding: {}}, more: {type: File?, inputBinding: {}}}}");
  program_.write("data.txt", "data\n");
  program_.write("elsewhere/piped", "file: {class: File, path: data.txt}\n");
  program_.set_standard_input("elsewhere/piped");
  const auto said = program_.run({"run", "--outdir", "o", "tools/cat.cwl", "-"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/o.txt"), "data\n");
  EXPECT_EQ(program_.run({"run", "--outdir", "o", "tools/cat.cwl", "-", "--more", "data.txt"}).status, 0);
  EXPECT_EQ(program_.read("o/o.txt"), "data\ndata\n");
}

TEST_F(CommandLineInputsTest, OfStandardInputHaveAPlaceInMessages) {
  program_.write("piped", "{\"message\": 4}\n");
  program_.set_standard_input("piped");
  const auto said = program_.run({"run", "echo.cwl", "-"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("standard input:1:13: input 'message'"));
}

TEST_F(CommandLineInputsTest, ReachAnInputNamedLikeAnEngineFlagBehindDashes) {
  const auto said = program_.run({"run", "echo.cwl", "--outdir", "o", "--message", "hi", "--", "--outdir", "in"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/said.txt"), "-c 1 -o in hi\n");
}

TEST_F(CommandLineInputsTest, FindSecondaryFiles) {
  program_.write("cat.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs:
  file:
    type: File
    secondaryFiles: .idx
    inputBinding:
      valueFrom: $(self.secondaryFiles[0].path)
outputs: {said: stdout}
stdout: said.txt
)");
  program_.write("a.txt", "a");
  program_.write("a.txt.idx", "index");
  const auto said = program_.run({"run", "cat.cwl", "--file", "a.txt"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("said.txt"), "index");
}

TEST_F(CommandLineInputsTest, AreListedByHelp) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"echo.cwl", "--help"}, {"echo.cwl", "--message", "hi", "--help"}}) {
    const auto said = program_.run(arguments, "cwl-runner");
    EXPECT_EQ(said.status, 0);
    EXPECT_THAT(said.out, AllOf(HasSubstr("--message TEXT  What to say. (required)"), HasSubstr("(default: 1)")));
  }
}

TEST_F(CommandLineInputsTest, AreRefusedWithAWordOnWhatIsExpected) {
  const auto misspelt = program_.run({"run", "echo.cwl", "--mesage", "hi"});
  EXPECT_EQ(misspelt.status, 2);
  EXPECT_THAT(misspelt.err, HasSubstr("unknown flag '--mesage'; did you mean '--message'?"));
  const auto wrong = program_.run({"run", "echo.cwl", "--message", "hi", "--count", "many"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--count takes a whole number, not 'many'"));
}

TEST_F(CommandLineInputsTest, AreNamedWhenTheyAreMissing) {
  const auto said = program_.run({"run", "echo.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("give what is missing as '--message TEXT'"));
}

}  // namespace
}  // namespace alveus
