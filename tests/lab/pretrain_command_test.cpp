// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/pretraining_report.hpp"
#include "sys/file.hpp"
#include "tensorfile/safetensors.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class PretrainCommandTest : public ::testing::Test {
 protected:
  PretrainCommandTest()
      : directory_(std::move(*sys::TemporaryDirectory::make("pretrain"))),
        folder_{.path = path() / "tensors", .patients = 20, .side = 32} {
    folder_.write();
  }

  fs::path path() const { return directory_.path(); }
  int pretrain(const std::string& out, const std::vector<std::string>& more) {
    terminal_.errors.clear();
    terminal_.messages.clear();
    std::vector<std::string> arguments = {
        "pretrain",           "--out", (path() / out).string(), "--folds", folder_.folds_file().string(), "--tensors",
        folder_.path.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::vector<cmdline::Command> commands = {make_pretrain_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  static std::vector<std::string> few(const std::string& method) {
    return {"--method", method, "--network", "resnet18", "--epochs", "2", "--batch-size", "8"};
  }
  std::string read(const fs::path& file) const { return sys::read_file(path() / file).value_or("absent"); }
  std::string said() const { return terminal_.said(); }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  testing::RecordingTerminal terminal_;
};

TEST_F(PretrainCommandTest, WritesWeightsAndWhatTheyAre) {
  ASSERT_EQ(pretrain("p", few("autoencoder")), 0) << said();
  const auto report = parse_pretraining_json("pretraining.json", read("p/pretraining.json"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->pretraining.method, "autoencoder");
  EXPECT_EQ(report->slices, 24);
  EXPECT_LT(report->last_loss, report->first_loss);
  EXPECT_EQ(report->weights_sha256, core::hash_text(core::HashKind::kSha256, read("p/model.safetensors")));
  EXPECT_EQ(core::CsvTable::parse("history.csv", read("p/history.csv"))->row_count(), 2U);
  EXPECT_FALSE(fs::exists(path() / "p" / "checkpoint"));
  const auto file = tensorfile::SafetensorsFile::open(path() / "p" / "model.safetensors");
  EXPECT_EQ(file->metadata().at("pretraining"), report->pretraining.id);
  EXPECT_EQ(file->metadata().at("pretraining_folds_sha256"), report->origin.folds_sha256);
}

TEST_F(PretrainCommandTest, GivesTheSameBytesAgainAndFromAFile) {
  ASSERT_EQ(pretrain("a", few("simclr")), 0) << said();
  const auto report = parse_pretraining_json("pretraining.json", read("a/pretraining.json"));
  ASSERT_TRUE(sys::write_file(path() / "p.json", core::to_json(study::to_value(report->pretraining))));
  ASSERT_EQ(pretrain("b", {"--pretraining", (path() / "p.json").string(), "--loader-threads", "3"}), 0) << said();
  for (const std::string file : {"model.safetensors", "pretraining.json", "history.csv"}) {
    EXPECT_EQ(read("a/" + file), read("b/" + file)) << file;
  }
}

TEST_F(PretrainCommandTest, LeavesWhatIsLearnedAloneAndRefusesAnother) {
  ASSERT_EQ(pretrain("p", few("rotation")), 0) << said();
  const auto before = fs::last_write_time(path() / "p" / "model.safetensors");
  ASSERT_EQ(pretrain("p", few("rotation")), 0) << said();
  EXPECT_THAT(said(), HasSubstr("is learned already"));
  EXPECT_EQ(fs::last_write_time(path() / "p" / "model.safetensors"), before);
  EXPECT_EQ(pretrain("p", few("mae")), 1);
  EXPECT_THAT(said(), HasSubstr("the folder holds another pre-training"));
}

TEST_F(PretrainCommandTest, NamesWhatIsWrong) {
  EXPECT_EQ(pretrain("p", {"--network", "resnet18"}), 1);
  EXPECT_THAT(said(), HasSubstr("say what to learn"));
  EXPECT_EQ(pretrain("p", {"--pretraining", "p.json", "--method", "mae"}), 1);
  EXPECT_THAT(said(), HasSubstr("give one"));
  EXPECT_EQ(pretrain("p", {"--method", "mae", "--network", "resnet19"}), 1);
  EXPECT_THAT(said(), HasSubstr("did you mean"));
  EXPECT_FALSE(fs::exists(path() / "p"));
}

}  // namespace
}  // namespace alveus::lab
