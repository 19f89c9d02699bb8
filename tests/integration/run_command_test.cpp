// SPDX-License-Identifier: Apache-2.0
// The program as a person meets it: arguments, exit status, what goes to which stream, what lies in the folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kEcho = R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  number: {type: int, inputBinding: {}}
  file: File?
outputs: {said: stdout}
stdout: said.txt
)";

class RunCommandTest : public ::testing::Test {
 protected:
  fs::path jobs_of_last_run() const { return program_.journals().back().parent_path() / "jobs"; }
  AlveusProgram program_;
};

TEST_F(RunCommandTest, AFailureBeginsWithThePlaceOfItsStep) {
  program_.write("tool.cwl",
                 "{cwlVersion: v1.2, class: CommandLineTool, baseCommand: 'false', inputs: {}, outputs: {}}");
  program_.write("main.cwl",
                 "cwlVersion: v1.2\nclass: Workflow\ninputs: {}\noutputs: {}\nsteps:\n"
                 "  broken: {run: tool.cwl, in: {}, out: []}\n");
  const auto said = program_.run({"run", "main.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("error: main.cwl:6:3: job '/broken/0' failed: its command ended with exit code 1"));
  EXPECT_THAT(said.err, HasSubstr("warning: main.cwl:6:3: broken failed: its command ended"));
  EXPECT_THAT(program_.run({"run", "tool.cwl"}).err, HasSubstr("error: tool.cwl:1:1: job '/0' failed: its command"));
}

TEST_F(RunCommandTest, OutputsGoToTheFolderAndTheirObjectToStandardOutput) {
  program_.write("echo.cwl", kEcho);
  const auto said =
      program_.run({"run", "--outdir", "results/deep", "echo.cwl", program_.write("in.yml", "number: 4")});
  ASSERT_EQ(said.status, 0) << said.err;
  const auto object = core::parse_json(said.out);
  ASSERT_TRUE(object) << said.out;
  EXPECT_EQ(object->find("said")->string_or("path", ""), fs::canonical(program_.path("results/deep/said.txt")));
  EXPECT_EQ(program_.read("results/deep/said.txt"), "4\n");
  EXPECT_THAT(said.err, AllOf(HasSubstr("journal and jobs in"), HasSubstr("done")));
  EXPECT_TRUE(fs::is_empty(jobs_of_last_run()));
}

TEST_F(RunCommandTest, QuietLeavesStandardErrorEmpty) {
  program_.write("echo.cwl", kEcho);
  const auto said = program_.run({"run", "--quiet", "echo.cwl", program_.write("in.yml", "number: 4")});
  EXPECT_EQ(said.status, 0);
  EXPECT_EQ(said.err, "");
  EXPECT_TRUE(core::parse_json(said.out));
}

TEST_F(RunCommandTest, TheRunnerOfTheSuitesNeedsNoCommandWord) {
  program_.write("echo.cwl", kEcho);
  const auto said =
      program_.run({"--quiet", "--outdir", "o", "echo.cwl", program_.write("in.yml", "number: 4")}, "cwl-runner");
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/said.txt"), "4\n");
}

TEST_F(RunCommandTest, JobFoldersAreKeptOnRequest) {
  program_.write("echo.cwl", kEcho);
  ASSERT_EQ(program_.run({"run", "--keep-job-folders", "echo.cwl", program_.write("in.yml", "number: 4")}).status, 0);
  EXPECT_FALSE(fs::is_empty(jobs_of_last_run()));
}

TEST_F(RunCommandTest, AFailedJobEndsInStatus1WithItsLogAndWhereItLies) {
  program_.write("fail.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c, 'echo the reason >&2; exit 3']
inputs: []
outputs: {o: {type: "File?", outputBinding: {glob: nothing}}}
)");
  const auto said = program_.run({"run", "fail.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err,
              AllOf(HasSubstr("exit code 3"), HasSubstr("the reason"), HasSubstr("its log lies at file:///"),
                    HasSubstr("the folders of its jobs are kept in " + fs::canonical(jobs_of_last_run()).string())));
  EXPECT_FALSE(fs::is_empty(jobs_of_last_run()));
}

TEST_F(RunCommandTest, WithContinueAllThatDoesNotDependOnAFailureIsDone) {
  program_.write("two.cwl", R"(cwlVersion: v1.2
class: Workflow
inputs: []
steps:
  bad: {in: [], out: [o], run: {class: CommandLineTool, baseCommand: "false", inputs: [], outputs: {o: stdout}}}
  good:
    in: []
    out: [o]
    run: {class: CommandLineTool, baseCommand: [echo, fine], inputs: [], outputs: {o: stdout}, stdout: good.txt}
outputs:
  bad: {type: File, outputSource: bad/o}
  good: {type: File, outputSource: good/o}
)");
  const auto said = program_.run({"run", "--on-error", "continue", "--outdir", "o", "two.cwl"});
  EXPECT_EQ(said.status, 1);
  const auto object = core::parse_json(said.out);
  ASSERT_TRUE(object) << said.out;
  EXPECT_TRUE(object->find("bad")->is_null());
  EXPECT_EQ(program_.read("o/good.txt"), "fine\n");
}

TEST_F(RunCommandTest, WhatIsNotSupportedEndsInStatus33) {
  program_.write("abstract.cwl", R"(cwlVersion: v1.2
class: Operation
inputs: []
outputs: []
)");
  const auto said = program_.run({"run", "abstract.cwl"});
  EXPECT_EQ(said.status, 33);
  EXPECT_THAT(said.err, AllOf(HasSubstr("abstract.cwl:1:"), HasSubstr("^")));
  EXPECT_THAT(program_.journals(), IsEmpty());
}

TEST_F(RunCommandTest, ARequiredContainerThatIsSwitchedOffEndsInStatus33BeforeAnythingRuns) {
  program_.write("docker.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
requirements: {DockerRequirement: {dockerPull: debian}}
baseCommand: "true"
inputs: []
outputs: []
)");
  const auto said = program_.run({"run", "--no-container", "docker.cwl"});
  EXPECT_EQ(said.status, 33);
  EXPECT_THAT(said.err, AllOf(HasSubstr("docker.cwl:3:"), HasSubstr("requires the container 'debian'"),
                              HasSubstr("--container auto")));
  EXPECT_THAT(program_.journals(), IsEmpty());
}

TEST_F(RunCommandTest, AllErrorsOfADocumentAreShownAtTheirPlaces) {
  program_.write("bad.cwl", R"(cwlVersion: v1.2
class: Workflow
inputs: {number: int}
steps:
  first: {run: {class: CommandLineTool, baseCommand: echo, inputs: {x: int}, outputs: {y: stdout}}, in: {x: numbre}, out: [y]}
outputs:
  o: {type: File, outputSource: frist/y}
)");
  const auto said = program_.run({"run", "bad.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, AllOf(HasSubstr("bad.cwl:5:"), HasSubstr("'numbre'"), HasSubstr("bad.cwl:7:"),
                              HasSubstr("'frist'"), HasSubstr("^"), HasSubstr("2 errors")));
}

TEST_F(RunCommandTest, AllErrorsOfTheInputsAreShownAtTheirPlaces) {
  program_.write("echo.cwl", kEcho);
  const auto said = program_.run({"run", "echo.cwl", program_.write("in.yml", "number: twelve\nfile: 3\nfiel: x\n")});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("in.yml:1:9: input 'number' is of type string"), HasSubstr("in.yml:2:7:"),
                              HasSubstr("        ^"), HasSubstr("no input 'fiel'"), HasSubstr("did you mean 'file'?")));
  EXPECT_THAT(program_.journals(), IsEmpty()) << "nothing was run";
}

TEST_F(RunCommandTest, AMissingInputIsNamed) {
  program_.write("echo.cwl", kEcho);
  const auto said = program_.run({"run", "echo.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("echo.cwl:5:3:"), HasSubstr("input 'number' (int) is missing")));
}

TEST_F(RunCommandTest, AMissingFileIsNamed) {
  program_.write("echo.cwl", kEcho);
  const auto said =
      program_.run({"run", "echo.cwl", program_.write("in.yml", "number: 1\nfile: {class: File, path: gone}")});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("gone"));
}

TEST_F(RunCommandTest, AMissingDocumentIsNamed) {
  const auto said = program_.run({"run", "gone.cwl"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("gone.cwl"), HasSubstr("there is no file")));
}

TEST_F(RunCommandTest, WrongUseEndsInStatus2) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "Usage"},
      {{"rnu"}, "did you mean 'run'?"},
      {{"run"}, "<workflow> is missing"},
      {{"run", "--quite", "a.cwl"}, "did you mean '--quiet'?"},
      {{"run", "--retries", "many", "a.cwl"}, "--retries"},
      {{"run", "--retries", "101", "a.cwl"}, "--retries takes 0 to 100"},
      {{"run", "--on-error", "pray", "a.cwl"}, "--on-error"},
      {{"study", "rum"}, "did you mean 'study run'?"},
      {{"study", "run"}, "name the data"},
      {{"study", "run", "--data", "gone"}, "there is no folder 'gone'"},
      {{"study", "run", "--phantom", "--positive", "x"}, "--positive goes with --data"},
      {{"study", "run", "--phantom", "--preset", "quick", "--study", "x.json"}, "both name the variants"},
      {{"study", "run", "--phantom", "--folds", "three"}, "--folds"},
  };
  for (const auto& [arguments, words] : cases) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    const auto said = program_.run(arguments);
    EXPECT_EQ(said.status, 2);
    EXPECT_THAT(said.err, HasSubstr(words));
    EXPECT_EQ(said.out, "");
  }
}

TEST_F(RunCommandTest, AStudyLeavesAFolderAloneThatHoldsSomething) {
  program_.write("study.json", R"({"network": "resnet18"})");
  const auto said = program_.run({"study", "run", "--phantom", "--study", "study.json", "--outdir", "."});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("is not an empty folder"));
  EXPECT_FALSE(fs::exists(program_.path("inputs.json")));
  EXPECT_THAT(program_.journals(), IsEmpty());
}

}  // namespace
}  // namespace alveus
