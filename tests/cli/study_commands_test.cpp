// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "study/score_tables.hpp"
#include "sys/file.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using ::testing::HasSubstr;

class StudyCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sys::make_directories(tensors()).has_value()); }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string tensors() const { return path("tensors").string(); }
  std::string read(const std::string& name) const { return sys::read_file(path(name)).value_or(""); }
  core::Value json(const std::string& name) const { return core::parse_json(read(name)).value_or(core::Value()); }
  std::string write(const std::string& name, const std::string& content) const {
    EXPECT_TRUE(sys::write_file(path(name), content).has_value());
    return path(name).string();
  }

  /// Runs the command on its arguments; what it says is in `terminal`.
  core::Result<ExitStatus> run(const cmdline::Command& command, const std::vector<std::string>& arguments) {
    ALVEUS_TRY_ASSIGN(const auto parsed, cmdline::parse_flags(command, arguments));
    return command.run(parsed.flags, parsed.rest, terminal);
  }

  /// samples.csv of `count` patients with two slices each, every second positive.
  void write_samples(int count, const std::string& last_hash = "") {
    std::string text = "index,sample_id,patient_id,label,target,split,pixel_sha256\n";
    for (int i = 0; i < 2 * count; ++i) {
      const std::string patient = "P" + std::to_string(100 + i / 2);
      const std::string hash = i == 2 * count - 1 && !last_hash.empty() ? last_hash : "h" + std::to_string(i);
      text += std::to_string(i) + "," + patient + "_" + std::to_string(i % 2) + "," + patient + ",x," +
              std::to_string((i / 2) % 2) + ",," + hash + "\n";
    }
    write("tensors/samples.csv", text);
  }

  /// Writes the score tables of a study and gives the arguments that name them.
  std::vector<std::string> scores() {
    const study::SyntheticStudy synthetic{.patients = 40, .folds = 2};
    std::vector<std::string> arguments = {"--scores"};
    for (const auto& file : study::joined(synthetic.tables("good", 0.3), synthetic.tables("poor", 0.05))) {
      arguments.push_back(write(file.name, file.text));
    }
    return arguments;
  }

  static std::vector<std::string> with(std::vector<std::string> left, const std::vector<std::string>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("study-commands");
  testing::RecordingTerminal terminal;
};

TEST_F(StudyCommandsTest, SplitWritesFoldsWithTheirHash) {
  write_samples(12);
  const auto status =
      run(make_split_command(), {"--tensors", tensors(), "--out", path("folds").string(), "--folds", "3"});
  ASSERT_TRUE(status.has_value()) << status.error().text();
  const auto summary = json("folds/folds.json");
  EXPECT_EQ(summary.string_or("method", ""), "grouped");
  EXPECT_EQ(summary.string_or("sha256", ""), core::hash_text(core::HashKind::kSha256, read("folds/folds.csv")));
  EXPECT_THAT(terminal.said(), HasSubstr("grouped, 3 folds of 12 patients, no leaks"));
}

TEST_F(StudyCommandsTest, SplitWritesNothingWhenAPictureStandsInTwoRoles) {
  write_samples(12, "h2");
  const auto status =
      run(make_split_command(), {"--tensors", tensors(), "--out", path("folds").string(), "--folds", "3"});
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("'P101_0' (patient 'P101'"));
  EXPECT_THAT(status.error().message, HasSubstr("'P111_1' (patient 'P111'"));
  EXPECT_FALSE(std::filesystem::exists(path("folds")));
}

TEST_F(StudyCommandsTest, VariantsExpandAPresetOnTheFolds) {
  const auto folds = write("folds.csv", "fold,patient_id,role\n0,P1,test\n1,P1,val\n");
  const auto status =
      run(make_variants_command(), {"--folds", folds, "--out", path("variants").string(), "--epochs", "2"});
  ASSERT_TRUE(status.has_value()) << status.error().text();
  const auto table = core::CsvTable::parse("variants.csv", read("variants/variants.csv"));
  ASSERT_EQ(table->row_count(), 6U);
  for (std::size_t row = 0; row < 6; ++row) {
    EXPECT_EQ(table->cell(row, "epochs"), "2");
    const auto variant = json("variants/" + std::string(table->cell(row, "id")) + ".json");
    EXPECT_EQ(variant.string_or("network", ""), table->cell(row, "network"));
  }
}

TEST_F(StudyCommandsTest, VariantsTakeAStudyFileAndFlagsOverIt) {
  const auto folds = write("folds.csv", "fold,patient_id,role\n0,P1,test\n");
  const auto file = write("study.json", R"({"network": "vgg11", "learning_rate": [0.1, 0.01], "epochs": 9})");
  const auto status = run(make_variants_command(), {"--folds", folds, "--study", file, "--out", path("v").string(),
                                                    "--network", "resnet18", "resnet34", "--batch-size", "8"});
  ASSERT_TRUE(status.has_value()) << status.error().text();
  EXPECT_THAT(terminal.said(), HasSubstr("4 configurations on 1 fold, 4 variants"));
  EXPECT_THAT(read("v/variants.csv"), HasSubstr(",9,10,8,"));
}

TEST_F(StudyCommandsTest, VariantsRefuseAFolderOfAnotherStudy) {
  const auto folds = write("folds.csv", "fold,patient_id,role\n0,P1,test\n");
  const std::vector<std::string> arguments = {"--folds", folds, "--out", path("v").string()};
  ASSERT_TRUE(run(make_variants_command(), arguments).has_value());
  EXPECT_TRUE(run(make_variants_command(), arguments).has_value()) << "the same study may be written again";
  const auto status = run(make_variants_command(), with(arguments, {"--epochs", "1"}));
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("no variant of this study"));
}

TEST_F(StudyCommandsTest, VariantsExplainWhatIsMisspelt) {
  const auto folds = write("folds.csv", "fold,patient_id,role\n0,P1,test\n");
  const auto file = write("study.json", R"({"netwrok": "vgg11"})");
  const std::vector<std::string> arguments = {"--folds", folds, "--out", path("v").string()};
  EXPECT_THAT(run(make_variants_command(), with(arguments, {"--study", file})).error().text(),
              HasSubstr("there is no setting 'netwrok'; did you mean 'network'?"));
  EXPECT_THAT(run(make_variants_command(), with(arguments, {"--preset", "quik"})).error().text(),
              HasSubstr("did you mean 'quick'?"));
  EXPECT_THAT(run(make_variants_command(), with(arguments, {"--preset", "quick", "--study", file})).error().text(),
              HasSubstr("give one"));
  EXPECT_FALSE(std::filesystem::exists(path("v")));
}

TEST_F(StudyCommandsTest, CompareRanksWhatMetricsMeasured) {
  const auto files = scores();
  const auto failure = write("failure.json", R"({"variant": "bad-f0", "step": "train", "reason": "signal 9"})");
  const auto metrics = path("metrics.json").string();
  const auto measured = run(make_metrics_command(),
                            with(files, {"--failure", failure, "--out", metrics, "--bootstrap", "300", "--seed", "4"}));
  ASSERT_TRUE(measured.has_value()) << measured.error().text();
  const auto compared = run(make_compare_command(), with(files, {"--metrics", metrics, "--out", path("c").string()}));
  ASSERT_TRUE(compared.has_value()) << compared.error().text();

  const auto comparison = json("c/comparison.json");
  EXPECT_EQ(comparison.string_or("best", ""), "good");
  EXPECT_EQ(*comparison.find("settings")->find("bootstrap"), core::Value(300)) << "taken from the metrics";
  EXPECT_EQ(*comparison.find("settings")->find("seed"), core::Value(4));
  EXPECT_EQ(core::to_json(*comparison.find("failures")),
            R"([{"variant":"bad-f0","step":"train","reason":"signal 9"}])");
  const auto configurations = json("metrics.json").find("configurations")->as_array();
  EXPECT_EQ(*configurations[0].find("patient")->find("metrics")->find("auroc"),
            *comparison.find("ranking")->as_array()[0].find("auroc"));
  EXPECT_EQ(core::CsvTable::parse("ranking.csv", read("c/ranking.csv"))->row_count(), 2U);
}

TEST_F(StudyCommandsTest, CompareRefusesOtherScoresThanTheMetricsHad) {
  auto files = scores();
  const auto metrics = path("metrics.json").string();
  ASSERT_TRUE(run(make_metrics_command(), with(files, {"--out", metrics, "--bootstrap", "200"})).has_value());
  files.pop_back();
  const auto status = run(make_compare_command(), with(files, {"--metrics", metrics, "--out", path("c").string()}));
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().text(), HasSubstr("the metrics were made from other scores"));
  EXPECT_FALSE(std::filesystem::exists(path("c")));
}

TEST_F(StudyCommandsTest, MetricsExplainWhatIsMissing) {
  const auto out = path("metrics.json").string();
  EXPECT_THAT(run(make_metrics_command(), {"--out", out}).error().message, HasSubstr("--scores"));
  EXPECT_THAT(run(make_metrics_command(), with(scores(), {"--out", out, "--bootstrap", "10"})).error().message,
              HasSubstr("--bootstrap is 10; it must be from 200"));
  const auto failure = write("failure.json", R"({"variant": "bad-f0", "step": "train", "reason": "signal 9"})");
  EXPECT_THAT(run(make_metrics_command(), {"--out", out, "--failure", failure}).error().message,
              HasSubstr("all 1 variants failed"));
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace alveus::cli
