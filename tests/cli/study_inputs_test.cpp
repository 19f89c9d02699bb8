// SPDX-License-Identifier: Apache-2.0
#include "cli/study_inputs.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace alveus::cli {
namespace {

core::Result<StudyRequest> request(const std::vector<std::string>& arguments) {
  const cmdline::Command command{.name = "study run", .flags = study_flags()};
  auto parsed = cmdline::parse_flags(command, arguments);
  if (!parsed) return core::fail(parsed.error());
  return study_request(parsed->flags);
}

TEST(StudyInputsTest, NamesTheDataAndTheQuickPresetByDefault) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto study = request({"--data", folder.string()});
  ASSERT_TRUE(study) << study.error().text();
  EXPECT_EQ(study->workflow, "universal.cwl");
  EXPECT_EQ(study->inputs.string_or("preset", ""), "quick");
  EXPECT_EQ(study->inputs.find("data")->string_or("class", ""), "Directory");
  EXPECT_EQ(study->inputs.as_object().size(), 2U);
}

TEST(StudyInputsTest, PassesOnlyWhatWasGiven) {
  const auto study = request({"--phantom", "--epochs", "3", "--patients", "12"});
  ASSERT_TRUE(study) << study.error().text();
  EXPECT_EQ(study->workflow, "phantom-study.cwl");
  EXPECT_EQ(study->inputs, core::Value(core::Object{{"preset", "quick"}, {"epochs", 3}, {"patients", 12}}));
}

TEST(StudyInputsTest, HandsOnHowVariantsArePacked) {
  const auto study = request({"--phantom", "--pack", "3", "--memory", "8192"});
  ASSERT_TRUE(study) << study.error().text();
  EXPECT_EQ(study->inputs, core::Value(core::Object{{"preset", "quick"}, {"pack", "3"}, {"memory", 8192}}));
  EXPECT_TRUE(request({"--phantom", "--pack", "auto"}));
}

TEST(StudyInputsTest, HandsAFolderOfStartWeightsOn) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto study = request({"--phantom", "--weights", folder.string()});
  ASSERT_TRUE(study) << study.error().text();
  EXPECT_EQ(study->inputs.find("start_weights")->string_or("class", ""), "Directory");
}

TEST(StudyInputsTest, RefusesWhatDoesNotGoTogether) {
  const auto folder = std::filesystem::temp_directory_path().string();
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "name the data"},
      {{"--phantom", "--data", folder}, "name the data"},
      {{"--phantom", "--positive", "covid"}, "--positive goes with --data"},
      {{"--data", folder, "--patients", "3"}, "--patients goes with --phantom"},
      {{"--data", "/no/such/folder"}, "there is no folder '/no/such/folder'"},
      {{"--data", folder, "--weights", "/no/such/folder"}, "--weights: there is no folder"},
      {{"--data", folder, "--study", "/no/such/file"}, "there is no file '/no/such/file'"},
      {{"--phantom", "--pack", "0"}, "--pack must be 'auto' or from 1 to 999, not '0'"},
      {{"--phantom", "--pack", "many"}, "not 'many'"},
      {{"--phantom", "--memory", "-1"}, "--memory must be at least 1 MiB"},
      {{"--phantom", "--preset", "quick", "--study", "x"}, "both name the variants"},
  };
  for (const auto& [arguments, words] : cases) {
    const auto study = request(arguments);
    ASSERT_FALSE(study) << words;
    EXPECT_EQ(study.error().code, core::ErrorCode::kInvalidInput);
    EXPECT_NE(study.error().message.find(words), std::string::npos) << study.error().message;
  }
}

}  // namespace
}  // namespace alveus::cli
