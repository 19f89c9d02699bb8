// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "core/csv.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "study/scores.hpp"
#include "sys/file.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

// Networks that look at scans, from the command line.
namespace alveus::lab {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ScanCommandsTest : public ::testing::TestWithParam<std::string> {
 protected:
  ScanCommandsTest()
      : directory_(std::move(*sys::TemporaryDirectory::make("scan-commands"))),
        folder_{.path = path() / "tensors", .patients = 10, .slices = 4, .side = 32} {
    folder_.write();
    EXPECT_TRUE(sys::write_file(path() / "v.json",
                                testing::variant_text({{"network", GetParam()}, {"epochs", "1"}, {"depth", "8"}})));
  }

  fs::path path() const { return directory_.path(); }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--folds", folder_.folds_file().string(), "--tensors", folder_.path.string()});
    const std::vector<cmdline::Command> commands = {make_train_command(), make_predict_command(),
                                                    make_explain_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  std::string at(const std::string& name) const { return (path() / name).string(); }
  core::CsvTable table(const std::string& name) const {
    return *core::CsvTable::parse(name, sys::read_file(path() / name).value_or("absent"));
  }
  std::string said() const { return terminal_.said(); }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  testing::RecordingTerminal terminal_;
};

TEST_P(ScanCommandsTest, TrainScoreAndExplain) {
  ASSERT_EQ(run({"train", "--variant", at("v.json"), "--out", at("m")}), 0) << said();

  ASSERT_EQ(run({"predict", "--model", at("m"), "--out", at("scores.csv")}), 0) << said();
  EXPECT_THAT(said(), HasSubstr("4 scans scored"));
  const auto scores = table("scores.csv");
  ASSERT_EQ(scores.row_count(), 4U) << "two patients validate, two test, each has a scan";
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(scores.cell(row, "unit"), "scan");
    EXPECT_EQ("ct" + std::string(scores.cell(row, "patient_id")).substr(1), scores.cell(row, "sample_id"));
  }

  ASSERT_EQ(run({"explain", "--model", at("m"), "--out", at("e")}), 0) << said();
  EXPECT_THAT(said(), HasSubstr("2 scans explained"));
  const auto explained = table("e/explanations.csv");
  ASSERT_EQ(explained.row_count(), 2U);
  std::map<std::string, std::set<std::string>> seen;
  std::map<std::string, double> attention;
  const auto slices = table("e/slices.csv");
  for (std::size_t row = 0; row < slices.row_count(); ++row) {
    const std::string scan(slices.cell(row, "sample_id"));
    seen[scan].emplace(slices.cell(row, "slice_id"));
    if (!slices.cell(row, "attention").empty()) attention[scan] += *slices.real(row, "attention");
  }
  for (std::size_t row = 0; row < 2; ++row) {
    const std::string scan(explained.cell(row, "sample_id"));
    EXPECT_GE(seen[scan].size(), 3U) << "every slice of the scan was looked at";
    EXPECT_TRUE(seen[scan].contains(std::string(explained.cell(row, "slice_id"))));
    EXPECT_TRUE(fs::exists(path() / "e" / explained.cell(row, "file")));
    if (GetParam().ends_with("_mil")) {
      EXPECT_NEAR(attention[scan], 1, 1e-5);
    }
  }
  EXPECT_EQ(attention.empty(), !GetParam().ends_with("_mil"));
}

INSTANTIATE_TEST_SUITE_P(Networks, ScanCommandsTest,
                         ::testing::Values("r3d_18", "ad3d_mil", "decovnet", "covnet", "attention_mil"));

}  // namespace
}  // namespace alveus::lab
