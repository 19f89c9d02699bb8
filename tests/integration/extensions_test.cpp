// SPDX-License-Identifier: Apache-2.0
// Extensions of cwltool, as a person meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "core/hash.hpp"
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

constexpr const char* kSecret = "it's-hunter2-42";

class ExtensionsTest : public ::testing::Test {
 protected:
  /// Files below the test's folder that hold the text, but for the input object and `except`.
  std::vector<std::string> files_with(const std::string& text, const std::string& except = "in.yml") const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(program_.path())) {
      if (!entry.is_regular_file() || entry.path().filename() == except) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::stringstream content;
      content << file.rdbuf();
      const bool in_name = entry.path().filename().string().find(text) != std::string::npos;
      if (in_name || content.str().find(text) != std::string::npos) found.push_back(entry.path().string());
    }
    return found;
  }
  void write_inputs() { program_.write("in.yml", "password: \"" + std::string(kSecret) + "\"\n"); }
  AlveusProgram program_;
};

/// The command gets the secret by argument, by the shell's text, by environment and in a file, and yields its digest.
constexpr const char* kSecretTool = R"cwl(cwlVersion: v1.2
class: CommandLineTool
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  ShellCommandRequirement: {}
  EnvVarRequirement: {envDef: {PASSWORD: $(inputs.password)}}
  InitialWorkDirRequirement: {listing: [{entryname: conf.ini, entry: "password=$(inputs.password)"}]}
  cwltool:Secrets: {secrets: [password]}
inputs: {password: string}
baseCommand: [sh, -c, 'stat -c %a "$PWD/.." >mode.txt; (echo "$1"; echo "$PASSWORD"; cat conf.ini) | sha256sum', sh]
arguments: [{valueFrom: $(inputs.password), position: 1}]
outputs:
  digest: {type: stdout}
  mode: {type: File, outputBinding: {glob: mode.txt}}
stdout: digest.txt
)cwl";

TEST_F(ExtensionsTest, ASecretReachesTheJobAndNothingElse) {
  program_.write("tool.cwl", kSecretTool);
  write_inputs();
  const auto said = program_.run({"run", "--outdir", "o", "tool.cwl", "in.yml"});
  ASSERT_EQ(said.status, 0) << said.err;
  const std::string text = std::string(kSecret) + "\n" + kSecret + "\npassword=" + kSecret;
  EXPECT_EQ(program_.read("o/digest.txt"), core::hash_text(core::HashKind::kSha256, text) + "  -\n");
  EXPECT_EQ(program_.read("o/mode.txt"), "700\n");
  EXPECT_THAT(said.out + said.err, Not(HasSubstr(kSecret)));
  EXPECT_THAT(files_with(kSecret), IsEmpty());
}

TEST_F(ExtensionsTest, AFailureShowsNoSecret) {
  program_.write("tool.cwl", R"(cwlVersion: v1.2
class: Workflow
inputs: {password: string}
outputs: []
steps:
  fails:
    in: {word: password}
    out: []
    run:
      class: CommandLineTool
      hints: {"http://commonwl.org/cwltool#Secrets": {secrets: [word]}}
      requirements:
        InitialWorkDirRequirement: {listing: [{entryname: conf.ini, entry: $(inputs.word)}]}
      inputs: {word: {type: string, inputBinding: {}}}
      baseCommand: [sh, -c, 'echo "wrong password $0" >&2; exit 1']
      outputs: []
)");
  write_inputs();
  const auto said = program_.run({"run", "tool.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("wrong password (secret-"), Not(HasSubstr(kSecret))));
  // The log is the job's own, and the run may be resumed.
  for (const std::string& file : files_with(kSecret)) {
    EXPECT_THAT(file, ::testing::AnyOf(::testing::EndsWith("/log"), ::testing::EndsWith("/secrets.json")));
  }
}

TEST_F(ExtensionsTest, WhileARunGoesOnItsSecretsLieInOnePrivateFile) {
  program_.write("tool.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
requirements: {"http://commonwl.org/cwltool#Secrets": {secrets: [password]}}
inputs: {password: {type: string, inputBinding: {}}}
baseCommand: [sh, -c, 'touch began; exec sleep 100']
outputs: []
)");
  write_inputs();
  program_.start({"run", "tool.cwl", "in.yml"});
  ASSERT_TRUE(AlveusProgram::comes_true([&] {
    const auto log = program_.log();
    return log && !log->jobs.empty() && log->jobs.front().state == store::JobState::kRunning;
  }));
  const auto files = files_with(kSecret);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_THAT(files[0], ::testing::EndsWith("/secrets.json"));
  EXPECT_EQ(fs::status(files[0]).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  program_.signal(SIGINT);
  EXPECT_EQ(program_.wait().status, 130);
}

TEST_F(ExtensionsTest, AWrongSecretIsNotShown) {
  program_.write("tool.cwl", kSecretTool);
  program_.write("in.yml", "password: [" + std::string(kSecret) + "]\n");
  const auto said = program_.run({"run", "tool.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, AllOf(HasSubstr("in.yml:1:11: input 'password' must be string"), Not(HasSubstr(kSecret))));
}

constexpr const char* kGpuTool = R"(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {n: 'int[]'}
outputs: {said: {type: 'File[]', outputSource: each/said}}
steps:
  each:
    scatter: n
    in: {n: n}
    out: [said]
    run:
      class: CommandLineTool
      $namespaces: {cwltool: "http://commonwl.org/cwltool#"}
      requirements:
        http://commonwl.org/cwltool#CUDARequirement: {cudaVersionMin: "11.4", cudaComputeCapability: "3.0", cudaDeviceCountMax: 2}
      inputs: {n: int}
      arguments: [sh, -c, 'sleep 0.3; echo "$CUDA_VISIBLE_DEVICES $0"', $(runtime.cudaDeviceCount)]
      stdout: said-$(inputs.n).txt
      outputs: {said: stdout}
)";

TEST_F(ExtensionsTest, JobsGetDevicesOfTheirOwn) {
  program_.write("gpus.cwl", kGpuTool);
  program_.write("in.yml", "n: [0, 1]");
  const auto said = program_.run({"run", "--gpus", "4", "--cores", "2", "--outdir", "o", "gpus.cwl", "in.yml"});
  ASSERT_EQ(said.status, 0) << said.err;
  // Either may be ready to start first.
  const std::vector<std::string> devices = {program_.read("o/said-0.txt"), program_.read("o/said-1.txt")};
  EXPECT_THAT(devices, ::testing::UnorderedElementsAre("0,1 2\n", "2,3 2\n"));
}

TEST_F(ExtensionsTest, JobsWaitForDevices) {
  program_.write("gpus.cwl", kGpuTool);
  program_.write("in.yml", "n: [0, 1]");
  const auto said = program_.run({"run", "--gpus", "3", "--cores", "2", "--outdir", "o", "gpus.cwl", "in.yml"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("o/said-1.txt"), "0,1 2\n") << "it waited for the first job";
}

TEST_F(ExtensionsTest, TooFewDevicesAreAFailureThatSaysSo) {
  program_.write("gpus.cwl", kGpuTool);
  program_.write("in.yml", "n: [0]");
  const auto said = program_.run({"run", "--gpus", "1", "gpus.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("the job needs 2 GPUs (CUDARequirement) of compute capability 3.0 or higher, but the "
                                  "site 'local' has 1; it can never run there"));
}

}  // namespace
}  // namespace alveus
