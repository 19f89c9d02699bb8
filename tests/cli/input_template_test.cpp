// SPDX-License-Identifier: Apache-2.0
#include "cli/input_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <regex>

#include "cli/document_load.hpp"
#include "cli/findings.hpp"
#include "sys/file.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTool = R"(cwlVersion: v1.2
class: CommandLineTool
label: Say things
baseCommand: echo
outputs: []
inputs:
  message:
    type: string
    label: What to say
    doc: |
      As many words as you like.

      They stand in one line.
  reads: {type: File, format: "http://example.org/bam", secondaryFiles: [.bai]}
  mode: {type: {type: enum, symbols: [fast, slow]}, default: fast}
  counts: int[]
  sample: {type: {type: record, name: sample, fields: {name: string, depth: int?}}}
  "y": boolean?
)";

constexpr const char* kTemplate = R"(# Inputs of tool.cwl
# Say things
# Fill in what is empty. Take the # from a line to give what is optional.

# What to say
# As many words as you like.
#
# They stand in one line.
# string, required
message:

# File, required; format: http://example.org/bam; with it: .bai
reads:
  class: File
  path:

# enum, optional; one of: fast, slow; default: fast
# mode: "fast"

# int[], required
counts:
  -

# record sample, required
sample:
  # string, required
  name:
  # int, optional
  # depth: 1

# boolean, optional
# "y": true
)";

class InputTemplateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = sys::TemporaryDirectory::make("input-template");
    ASSERT_TRUE(made);
    folder_ = std::move(*made);
    auto model = read_model(write("tool.cwl", kTool), terminal_);
    ASSERT_TRUE(model) << model.error().text();
    process_ = *std::move(model);
  }
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_->path() / name;
    EXPECT_TRUE(sys::write_file(path, text));
    return path.string();
  }
  std::vector<std::string> faults_of(const std::string& inputs) const {
    std::vector<std::string> messages;
    const auto findings = find_faults((folder_->path() / "tool.cwl").string(), write("in.yml", inputs));
    for (const auto& error : findings.errors) messages.push_back(error.message);
    for (const auto& warning : findings.warnings) messages.push_back(warning.message);
    return messages;
  }

  std::optional<sys::TemporaryDirectory> folder_;
  alveus::testing::RecordingTerminal terminal_;
  std::shared_ptr<const cwl::Process> process_;
};

TEST_F(InputTemplateTest, SaysOfEachInputWhatTheDocumentSays) {
  EXPECT_EQ(input_template(*process_, "tool.cwl"), kTemplate);
}

TEST_F(InputTemplateTest, IsValidOnceItIsFilledIn) {
  std::string filled = kTemplate;
  for (const auto& [blank, value] : {std::pair("message:\n", "message: hi\n"),
                                     {"path:\n", "path: a.bam\n"},
                                     {"  -\n", "  - 3\n"},
                                     {"  name:\n", "  name: s\n"}}) {
    ASSERT_NE(filled.find(blank), std::string::npos);
    filled.replace(filled.find(blank), std::string(blank).size(), value);
  }
  EXPECT_THAT(faults_of(filled), ::testing::IsEmpty());
  // The lines that look like entries, without their "#".
  const std::string all = std::regex_replace(filled, std::regex("# (mode|depth|\"y\"):"), "$1:");
  EXPECT_THAT(faults_of(all), ::testing::IsEmpty());
}

TEST_F(InputTemplateTest, IsRefusedAsLongAsSomethingIsEmpty) {
  EXPECT_THAT(faults_of(kTemplate), ::testing::ElementsAre("input 'message' has no value, but must be string",
                                                           "input 'reads': a File needs a location, a path or contents",
                                                           "input 'counts'[0] has no value, but must be int",
                                                           "input 'sample'.name has no value, but must be string"));
}

TEST_F(InputTemplateTest, ListsTheInputsInATable) {
  const std::string table = input_table(*process_);
  EXPECT_THAT(table, HasSubstr("message  string         required      What to say\n"));
  EXPECT_THAT(table, HasSubstr("mode     enum           default fast\n"));
}

TEST_F(InputTemplateTest, ListsTheInputsForPrograms) {
  const auto list = input_list(*process_);
  ASSERT_EQ(list.as_array().size(), 6U);
  EXPECT_EQ(*list.as_array()[2].find("symbols"), core::Value(core::Array{"fast", "slow"}));
  EXPECT_EQ(*list.as_array()[0].find("required"), core::Value(true));
}

}  // namespace
}  // namespace alveus::cli
