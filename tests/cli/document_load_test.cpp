// SPDX-License-Identifier: Apache-2.0
#include "cli/document_load.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "sys/file.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cli {
namespace {

constexpr const char* kTool = R"(cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs: {text: {type: "File?", inputBinding: {}}, count: int}
outputs: []
)";

class DocumentLoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = sys::TemporaryDirectory::make("document-load");
    ASSERT_TRUE(made);
    folder_ = std::move(*made);
  }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_->path() / name;
    EXPECT_TRUE(sys::write_file(path, text));
    return path.string();
  }
  core::Result<LoadedDocument> load(const std::string& document, const std::string& inputs = {},
                                    const core::Value& extra = {}) {
    return load_document(document, inputs, extra, javascript_, terminal_);
  }

  std::optional<sys::TemporaryDirectory> folder_;
  expr::Javascript javascript_{{}};
  alveus::testing::RecordingTerminal terminal_;
};

TEST_F(DocumentLoadTest, ResolvesFilesAgainstTheInputsFile) {
  const auto document =
      load(write("tool.cwl", kTool), write("in.yml", "text: {class: File, path: a b.txt}\ncount: 1\n"));
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(document->inputs.find("text")->string_or("location", ""),
            "file://" + folder_->path().string() + "/a%20b.txt");
}

TEST_F(DocumentLoadTest, ASnapshotLoadsTheSameAfterTheFilesChangedAndWent) {
  write("tool.cwl", kTool);
  const auto workflow = write("main.cwl", R"(cwlVersion: v1.2
class: Workflow
inputs: {count: int}
outputs: []
steps: {s: {run: tool.cwl, in: {count: count}, out: []}}
)");
  const auto inputs = write("in.yml", R"(count: 1
cwl:requirements: [{class: EnvVarRequirement, envDef: {A: b}}]
)");
  auto document = load(workflow, inputs);
  ASSERT_TRUE(document) << document.error().text();
  const auto file = folder_->path() / "documents.json";
  ASSERT_TRUE(document->snapshot.write(file));
  write("tool.cwl", "no tool");
  std::filesystem::remove(workflow);
  std::filesystem::remove(inputs);

  auto snapshot = DocumentSnapshot::read(file);
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  const auto again = load_snapshot(std::move(*snapshot), javascript_, terminal_);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->hash, document->hash);
  EXPECT_EQ(again->inputs, document->inputs);
  EXPECT_EQ(again->snapshot.requirements, document->snapshot.requirements);
  EXPECT_TRUE(again->snapshot.requirements.has_value());
}

TEST_F(DocumentLoadTest, WhatIsNoSnapshotIsCorrupt) {
  EXPECT_EQ(DocumentSnapshot::read(write("a.json", "{}")).error().code, core::ErrorCode::kCorrupt);
  EXPECT_EQ(DocumentSnapshot::read(write("b.json", R"({"format":99})")).error().code, core::ErrorCode::kUnsupported);
}

TEST_F(DocumentLoadTest, SetsExtraInputsOverTheFile) {
  const auto document = load(write("tool.cwl", kTool), write("in.yml", "count: 1\n"), core::Object{{"count", 2}});
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(*document->inputs.find("count"), core::Value(2));
}

TEST_F(DocumentLoadTest, ReportsAllErrorsOfADocumentTogether) {
  const auto document = load(write("bad.cwl", R"(cwlVersion: v1.2
class: CommandLineTool
basecommand: cat
inputs: {text: Fil}
outputs: []
)"));
  ASSERT_FALSE(document);
  const std::string text = document.error().text();
  EXPECT_NE(text.find("bad.cwl:3:1"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean 'baseCommand'?"), std::string::npos) << text;
  EXPECT_NE(text.find("bad.cwl:4:16"), std::string::npos) << text;
  EXPECT_NE(text.find("2 errors"), std::string::npos) << text;
}

TEST_F(DocumentLoadTest, TakesAnInputObjectThatNamesItsTool) {
  write("tool.cwl", kTool);
  const auto document = load(write("job.yml", "cwl:tool: tool.cwl\ncount: 5\n"));
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(*document->inputs.find("count"), core::Value(5));
}

TEST_F(DocumentLoadTest, SaysWhatThisVersionDoesNotRun) {
  const auto document = load(write("op.cwl", "cwlVersion: v1.2\nclass: Operation\ninputs: []\noutputs: []\n"));
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, core::ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace alveus::cli
