// SPDX-License-Identifier: Apache-2.0
// Jobs that change their inputs where they lie, ended in the middle.
#include <gtest/gtest.h>

#include <csignal>

#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using testing::AlveusProgram;

/// Adds two lines to a file, and in between does what it is told for the first time.
constexpr const char* kTool = R"CWL(cwlVersion: v1.2
class: CommandLineTool
requirements:
  InplaceUpdateRequirement: {inplaceUpdate: true}
  InitialWorkDirRequirement: {listing: [{entry: $(inputs.file), writable: true}]}
inputs: {file: File, once: string, mark: string}
baseCommand: [sh, -c]
arguments:
  - |
    echo half >> "$0"
    if [ ! -e "$1" ]; then touch "$1"; eval "$2"; fi
    echo done >> "$0"
  - $(inputs.file.basename)
  - $(inputs.mark)
  - $(inputs.once)
temporaryFailCodes: [75]
outputs: {lines: {type: File, outputBinding: {glob: $(inputs.file.basename)}}}
)CWL";

class InplaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    program_.write("tool.cwl", kTool);
    program_.set_environment("ASAN_OPTIONS", "verify_asan_link_order=0");
    reset();
  }

  void reset() {
    for (const char* name : {"state", "results", "mark"}) fs::remove_all(program_.path(name));
    program_.write("data.txt", "begin\n");
  }

  AlveusProgram::Said run(const std::string& once, std::vector<std::string> flags = {}) {
    program_.write("in.yml", "file: {class: File, path: data.txt}\nmark: " + program_.path("mark").string() +
                                 "\nonce: '" + once + "'\n");
    std::vector<std::string> words = {"run", "--outdir", "results"};
    words.insert(words.end(), flags.begin(), flags.end());
    words.insert(words.end(), {"tool.cwl", "in.yml"});
    return program_.run(words);
  }

  AlveusProgram program_;
};

constexpr const char* kDone = "begin\nhalf\ndone\n";

TEST_F(InplaceTest, AResumedRunFindsWhatTheKilledOneFound) {
  const auto killed = run("sleep 60 & kill -9 $PPID; wait");
  ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
  ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
  ASSERT_EQ(program_.read("data.txt"), "begin\nhalf\n");
  const auto resumed = program_.run({"resume", "last"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(program_.read("data.txt"), kDone);
}

TEST_F(InplaceTest, AnotherAttemptFindsWhatTheFirstOneFound) {
  const auto said = run("exit 75", {"--retries", "1"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.read("data.txt"), kDone);
}

TEST_F(InplaceTest, WhatFailedAndGoesOnFindsItToo) {
  ASSERT_EQ(run("exit 1").status, 1);
  const auto resumed = program_.run({"resume", "last"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(program_.read("data.txt"), kDone);
  EXPECT_EQ(program_.run({"resume", "last"}).status, 0);
  EXPECT_EQ(program_.read("data.txt"), kDone) << "what is done is not undone";
}

TEST_F(InplaceTest, TheFormerContentStandsWhereverTheRunAndItsResumptionAreKilled) {
  program_.set_environment("LD_PRELOAD", ALVEUS_KILL_AT_CHANGE);
  program_.set_environment("KILL_WHEN", "before");
  int kills = 0;
  for (const char* counts : {"journal", "files"}) {
    program_.set_environment("KILL_COUNTS", counts);
    for (int number = 1;; ++number) {
      SCOPED_TRACE(std::string("killed before change ") + std::to_string(number) + " of " + counts);
      reset();
      ASSERT_EQ(run("sleep 60 & kill -9 $PPID; wait").status, 128 + SIGKILL);
      ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
      program_.set_environment("KILL_AT", std::to_string(number));
      const auto killed = program_.run({"resume", "last"});
      program_.set_environment("KILL_AT", "");
      if (killed.status != 0) {
        ++kills;
        ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
        ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
        const auto resumed = program_.run({"resume", "last"});
        ASSERT_EQ(resumed.status, 0) << resumed.err;
      }
      ASSERT_EQ(program_.read("data.txt"), kDone);
      if (killed.status == 0) break;  // so many changes there are not
    }
  }
  EXPECT_GT(kills, 10);
  for (const auto& entry : fs::directory_iterator(program_.path("data.txt").parent_path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".alveus-part")) << entry.path();
  }
}

}  // namespace
}  // namespace alveus
