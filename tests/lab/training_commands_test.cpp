// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "lab/trained_model.hpp"
#include "study/scores.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// Runs the three commands on a small tensor folder.
class TrainingCommandsTest : public ::testing::Test {
 protected:
  TrainingCommandsTest()
      : directory_(std::move(*sys::TemporaryDirectory::make("commands"))),
        folder_{.path = path() / "tensors", .patients = 20, .side = 32} {
    folder_.write();
    EXPECT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({{"epochs", "2"}, {"batch_size", "8"}})));
  }

  fs::path path() const { return directory_.path(); }
  const testing::LesionFolder& folder() const { return folder_; }

  int run(std::vector<std::string> arguments) {
    terminal_.errors.clear();
    terminal_.messages.clear();
    const std::vector<cmdline::Command> commands = {make_pretrain_command(), make_train_command(),
                                                    make_predict_command(), make_explain_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  int train(const std::string& out, const std::vector<std::string>& more = {}) {
    return run_on_folder({"train", "--variant", (path() / "v.json").string()}, out, more);
  }
  /// "predict" or "explain".
  int use_model(const std::string& command, const std::string& model, const std::string& out,
                const std::vector<std::string>& more = {}) {
    return run_on_folder({command, "--model", (path() / model).string()}, out, more);
  }
  std::string read(const fs::path& file) const { return sys::read_file(path() / file).value_or("absent"); }
  std::string said() const { return terminal_.said(); }
  std::string results() const { return terminal_.results; }

 private:
  int run_on_folder(std::vector<std::string> arguments, const std::string& out, const std::vector<std::string>& more) {
    for (const std::string& word : {std::string("--out"), (path() / out).string(), std::string("--folds"),
                                    folder_.folds_file().string(), std::string("--tensors"), folder_.path.string()}) {
      arguments.push_back(word);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  testing::RecordingTerminal terminal_;
};

TEST_F(TrainingCommandsTest, TrainWritesItsModelAndRemovesItsCheckpoint) {
  ASSERT_EQ(train("m"), 0) << said();
  const auto report = parse_training_json("training.json", read("m/training.json"));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->weights_sha256, core::hash_text(core::HashKind::kSha256, read("m/model.safetensors")));
  EXPECT_EQ(report->epochs_run, 2);
  EXPECT_EQ(report->parameters, 11'171'266);
  EXPECT_EQ(core::CsvTable::parse("history.csv", read("m/history.csv"))->row_count(), 2U);
  EXPECT_TRUE(core::parse_json(read("m/timing.json"))->find("pictures_per_second"));
  EXPECT_FALSE(fs::exists(path() / "m" / "checkpoint"));
  EXPECT_THAT(said(), HasSubstr("the same inputs give the same bits with 1 thread, this kind of processor ("));
}

/// A study's variant that starts from a pre-training, and the folder of that.
class LearnedStartCommandTest : public TrainingCommandsTest {
 protected:
  LearnedStartCommandTest() {
    const auto text = testing::variant_text(
        {{"epochs", "1"}, {"initialisation", "autoencoder"}, {"pretrain_epochs", "1"}, {"batch_size", "8"}});
    EXPECT_TRUE(sys::write_file(path() / "v.json", text));
    const auto variant = *study::parse_variant(*core::parse_json(text));
    wanted_ = *study::pretraining_of(variant.settings, variant.fold);
    EXPECT_TRUE(sys::write_file(path() / "p.json", core::to_json(study::to_value(wanted_))));
  }
  int pretrain(const std::string& out) {
    return run({"pretrain", "--pretraining", (path() / "p.json").string(), "--out", (path() / out).string(), "--folds",
                folder().folds_file().string(), "--tensors", folder().path.string()});
  }
  const std::string& id() const { return wanted_.id; }

 private:
  study::Pretraining wanted_;
};

TEST_F(LearnedStartCommandTest, TrainTakesTheFolderOfThePretrainingOrOneOfSeveral) {
  ASSERT_EQ(pretrain("all/" + id()), 0) << said();
  ASSERT_EQ(train("m", {"--weights", (path() / "all" / id()).string()}), 0) << said();
  ASSERT_EQ(train("n", {"--weights", (path() / "all").string()}), 0) << said();
  EXPECT_EQ(read("m/model.safetensors"), read("n/model.safetensors"));
  const auto report = parse_training_json("training.json", read("m/training.json"));
  ASSERT_TRUE(report && report->start_weights);
  EXPECT_EQ(report->start_weights->metadata.at("pretraining"), id());
  EXPECT_EQ(report->start_weights->taken.left, (std::vector<std::string>{"fc.weight", "fc.bias"}));
  EXPECT_GT(report->start_weights->taken.count, 100);
  EXPECT_THAT(said(), HasSubstr("begin anew"));
}

TEST_F(LearnedStartCommandTest, TrainSaysWhyThereAreNoSuchWeights) {
  EXPECT_EQ(train("m"), 1);
  EXPECT_THAT(said(), HasSubstr("the variant starts from the pre-training '" + id() + "'"));
  ASSERT_TRUE(sys::make_directories(path() / id()));
  EXPECT_EQ(train("m", {"--weights", path().string()}), 1);
  EXPECT_THAT(said(), HasSubstr("the folder holds no pre-training '" + id() + "'"));
  ASSERT_TRUE(sys::write_file(path() / id() / "failure.json",
                              R"({"variant": "x", "step": "pretrain", "reason": "it rained"})"));
  EXPECT_EQ(train("m", {"--weights", path().string()}), 1);
  EXPECT_THAT(said(), HasSubstr("it rained"));
}

TEST_F(TrainingCommandsTest, TrainGivesTheSameBytesAgain) {
  ASSERT_EQ(train("a"), 0) << said();
  ASSERT_EQ(train("b", {"--loader-threads", "3"}), 0) << said();
  for (const std::string file : {"model.safetensors", "training.json", "history.csv"}) {
    EXPECT_EQ(read("a/" + file), read("b/" + file)) << file;
  }
}

/// Variants beside the first.
class SeveralVariantsTest : public TrainingCommandsTest {
 protected:
  std::string variant_file(std::initializer_list<std::pair<std::string, std::string>> settings) {
    const std::string text = testing::variant_text(settings);
    const fs::path file = path() / (core::parse_json(text)->string_or("id", "") + ".json");
    EXPECT_TRUE(sys::write_file(file, text));
    return file.string();
  }
  static std::string id_of(const std::string& file) { return fs::path(file).stem().string(); }
  int train_all(const std::vector<std::string>& variants, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"train", "--variant"};
    arguments.insert(arguments.end(), variants.begin(), variants.end());
    for (const std::string& argument :
         {std::string("--models"), (path() / "models").string(), std::string("--folds"), folder().folds_file().string(),
          std::string("--tensors"), folder().path.string()}) {
      arguments.push_back(argument);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
};

TEST_F(SeveralVariantsTest, GetTheBytesOfOnesTrainedAlone) {
  const std::string adam = variant_file({{"epochs", "2"}, {"batch_size", "8"}});
  const std::string sgd = variant_file({{"epochs", "2"}, {"batch_size", "8"}, {"optimizer", "sgd"}});
  ASSERT_EQ(train_all({adam, sgd}), 0) << said();
  ASSERT_EQ(train("alone"), 0) << said();
  for (const std::string file : {"model.safetensors", "training.json", "history.csv"}) {
    EXPECT_EQ(read("models/" + id_of(adam) + "/" + file), read("alone/" + file)) << file;
  }
  EXPECT_NE(read("models/" + id_of(sgd) + "/model.safetensors"), read("alone/model.safetensors"));
  ASSERT_EQ(train_all({adam, sgd}), 0);
  EXPECT_THAT(said(), HasSubstr(id_of(sgd) + " is trained already"));
}

TEST_F(SeveralVariantsTest, OneThatFailsLeavesItsReasonAndStopsNoOther) {
  const std::string good = variant_file({{"epochs", "1"}});
  const std::string bad = variant_file({{"epochs", "1"}, {"precision", "float16"}});
  EXPECT_EQ(train_all({bad, good}), 1);
  EXPECT_THAT(said(), HasSubstr("needs a GPU"));
  const auto failure = core::parse_json(read("models/" + id_of(bad) + "/failure.json"));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->string_or("variant", ""), id_of(bad));
  EXPECT_THAT(failure->string_or("reason", ""), HasSubstr("needs a GPU"));
  EXPECT_TRUE(fs::exists(path() / "models" / id_of(good) / "model.safetensors"));
}

TEST_F(SeveralVariantsTest, OneWithoutStartWeightsStopsNoOther) {
  const std::string good = variant_file({{"epochs", "1"}});
  const std::string bad = variant_file({{"epochs", "1"}, {"initialisation", "imagenet"}});
  const fs::path weights = path() / "start-weights";
  ASSERT_TRUE(sys::make_directories(weights));
  ASSERT_TRUE(sys::write_file(weights / "vgg16.pth", "another network's"));
  EXPECT_EQ(train_all({bad, good}, {"--weights", weights.string()}), 1);
  const auto failure = core::parse_json(read("models/" + id_of(bad) + "/failure.json"));
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->string_or("reason", ""), HasSubstr("start-weights: the folder has no weights of the network"));
  EXPECT_TRUE(fs::exists(path() / "models" / id_of(good) / "model.safetensors"));
}

TEST_F(LearnedStartCommandTest, AFolderOfPretrainingsIsNoFolderOfFiles) {
  ASSERT_TRUE(sys::make_directories(path() / "start-weights" / "another-pretraining"));
  ASSERT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({{"initialisation", "imagenet"}})));
  EXPECT_EQ(train("m", {"--weights", (path() / "start-weights").string()}), 1);
  EXPECT_THAT(said(), HasSubstr("with --weights")) << "as if none were given: packed or not, the reason is the same";
}

TEST_F(SeveralVariantsTest, NeedAFolderForModels) {
  const std::string one = variant_file({{"epochs", "1"}});
  const std::string two = variant_file({{"epochs", "1"}, {"seed", "2"}});
  EXPECT_EQ(run({"train", "--variant", one, two, "--out", (path() / "m").string(), "--tensors", folder().path.string(),
                 "--folds", folder().folds_file().string()}),
            1);
  EXPECT_THAT(said(), HasSubstr("--models"));
  EXPECT_EQ(train_all({one, one}), 1);
  EXPECT_THAT(said(), HasSubstr("is given twice"));
}

TEST_F(TrainingCommandsTest, TrainTellsOtherProgramsOfEachEpoch) {
  ASSERT_EQ(train("m", {"--json-events", "--tensorboard", (path() / "curves").string()}), 0) << said();
  const auto lines = core::split(results(), '\n');
  ASSERT_EQ(lines.size(), 3U) << "two lines and the end of the last";
  const auto second = core::parse_json(lines[1]);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->string_or("event", ""), "epoch");
  EXPECT_EQ(second->find("epoch")->as_integer(), 2);
  EXPECT_GT(second->find("resident_bytes")->as_integer(), 50'000'000) << "LibTorch alone takes more";
  EXPECT_EQ(core::number_text(second->find("validation_loss")->as_real()),
            core::CsvTable::parse("history.csv", read("m/history.csv"))->cell(1, "val_loss"));
  const fs::path run = fs::directory_iterator(path() / "curves")->path();
  EXPECT_GT(fs::file_size(fs::directory_iterator(run)->path()), 8 * 50U) << "four curves of two epochs";
}

TEST_F(TrainingCommandsTest, TrainLeavesAFinishedModelAlone) {
  ASSERT_EQ(train("m"), 0) << said();
  const auto before = fs::last_write_time(path() / "m" / "model.safetensors");
  ASSERT_EQ(train("m"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("is trained already"));
  EXPECT_EQ(fs::last_write_time(path() / "m" / "model.safetensors"), before);
}

TEST_F(TrainingCommandsTest, TrainRefusesTheFolderOfAnotherTraining) {
  ASSERT_EQ(train("m"), 0) << said();
  ASSERT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({{"epochs", "1"}})));
  EXPECT_EQ(train("m"), 1);
  EXPECT_THAT(said(), HasSubstr("the folder holds another training"));
}

TEST_F(TrainingCommandsTest, TrainNamesTheBadInput) {
  ASSERT_TRUE(sys::write_file(path() / "v.json", "{\"id\": 1"));
  EXPECT_EQ(train("m"), 1);
  EXPECT_THAT(said(), HasSubstr("v.json"));
  EXPECT_FALSE(fs::exists(path() / "m"));
  ASSERT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({})));
  EXPECT_EQ(train("m", {"--threads", "0"}), 1);
  EXPECT_EQ(train("m", {"--loader-threads", "0"}), 1);
  EXPECT_EQ(train("m", {"--device", "tpu"}), 2);
}

TEST_F(TrainingCommandsTest, PredictScoresThePartsThatWereNotTrainedOn) {
  ASSERT_EQ(train("m"), 0) << said();
  ASSERT_EQ(use_model("predict", "m", "scores.csv"), 0) << said();
  const std::vector<study::NamedText> files = {{"scores.csv", read("scores.csv")}};
  const auto scores = study::read_scores(files);
  ASSERT_TRUE(scores) << scores.error().text();
  ASSERT_EQ(scores->variants.size(), 1U);
  EXPECT_EQ(scores->variants[0].test.size(), 8U);
  EXPECT_EQ(scores->variants[0].validation.size(), 8U);
  const std::string first = read("scores.csv");
  ASSERT_EQ(use_model("predict", "m", "scores.csv"), 0);
  EXPECT_EQ(read("scores.csv"), first);
}

TEST_F(TrainingCommandsTest, PredictRefusesOtherFolds) {
  ASSERT_EQ(train("m"), 0) << said();
  auto folds = *sys::read_file(folder().folds_file());
  const auto place = folds.find("0,p1000,train");
  ASSERT_NE(place, std::string::npos);
  folds.replace(place, 13, "0,p1000,test");
  ASSERT_TRUE(sys::write_file(folder().folds_file(), folds));
  EXPECT_EQ(use_model("predict", "m", "scores.csv"), 1);
  EXPECT_THAT(said(), HasSubstr("the folds are not those the model"));
  EXPECT_FALSE(fs::exists(path() / "scores.csv"));
}

TEST_F(TrainingCommandsTest, PredictRefusesOtherWeights) {
  ASSERT_EQ(train("m"), 0) << said();
  std::string weights = read("m/model.safetensors");
  weights.back() ^= 1;
  ASSERT_TRUE(sys::write_file(path() / "m/model.safetensors", weights));
  EXPECT_EQ(use_model("predict", "m", "scores.csv"), 1);
  EXPECT_THAT(said(), HasSubstr("the weights are not those that training.json names"));
}

TEST_F(TrainingCommandsTest, PredictPassesTheFailureOfATrainingOn) {
  ASSERT_TRUE(sys::make_directories(path() / "m"));
  ASSERT_TRUE(sys::write_file(path() / "m/failure.json",
                              R"({"variant": "resnet18-f0", "step": "train", "reason": "the training diverged"})"));
  EXPECT_EQ(use_model("predict", "m", "scores.csv"), 1);
  EXPECT_THAT(said(), HasSubstr("the variant 'resnet18-f0' failed in step 'train': the training diverged"));
}

TEST_F(TrainingCommandsTest, ExplainShowsAndScoresSlicesOfTheTestPart) {
  ASSERT_EQ(train("m"), 0) << said();
  ASSERT_EQ(use_model("explain", "m", "e"), 0) << said();
  const auto table = core::CsvTable::parse("explanations.csv", read("e/explanations.csv"));
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_EQ(table->row_count(), 6U);
  const std::vector<std::string> test_patients = {"p1008", "p1009", "p1018", "p1019"};
  for (std::size_t row = 0; row < table->row_count(); ++row) {
    EXPECT_TRUE(std::ranges::count(test_patients, table->cell(row, "patient_id")));
    const auto picture = imaging::read_png(path() / "e" / table->cell(row, "file"));
    ASSERT_TRUE(picture) << picture.error().text();
    EXPECT_EQ(picture->width, 768U);
    const bool is_positive = table->cell(row, "target") == "1";
    EXPECT_EQ(table->cell(row, "lesion_share_of_lung").empty(), !is_positive);
  }
  const std::string first = read("e/explanations.csv");
  ASSERT_EQ(use_model("explain", "m", "e"), 0) << said();
  EXPECT_EQ(read("e/explanations.csv"), first);
}

TEST_F(TrainingCommandsTest, ExplainTakesTheFinerMapOfSmallPictures) {
  ASSERT_EQ(train("m"), 0) << said();
  ASSERT_EQ(use_model("explain", "m", "auto"), 0) << said();
  ASSERT_EQ(use_model("explain", "m", "finer", {"--layer", "next-to-last"}), 0) << said();
  ASSERT_EQ(use_model("explain", "m", "last", {"--layer", "last"}), 0) << said();
  EXPECT_EQ(read("auto/explanations.csv"), read("finer/explanations.csv"));
  EXPECT_NE(read("auto/explanations.csv"), read("last/explanations.csv"));
}

TEST_F(TrainingCommandsTest, ExplainDoesNotReplaceAFolderOfSomethingElse) {
  ASSERT_EQ(train("m"), 0) << said();
  EXPECT_EQ(use_model("explain", "m", "tensors"), 1);
  EXPECT_TRUE(fs::exists(folder().path / "pixels.u8"));
}

TEST(TrainingReportTest, ComesBackFromItsText) {
  TrainingReport report;
  report.variant = study::make_variant({}, 2, study::SeedInId::kYes);
  report.classes = {"normal", "covid"};
  report.parameters = 5;
  report.best_validation_loss = 0.1 + 0.2;
  report.stopped_early = true;
  report.origin.device = "cpu";
  const auto again = parse_training_json("t", training_json(report));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, report);
}

TEST(TrainingReportTest, NamesTheMemberThatIsWrong) {
  auto value = *core::parse_json(training_json({.variant = study::make_variant({}, 0, study::SeedInId::kNo)}));
  for (const std::string name : {"best_epoch", "weights_sha256", "stopped_early", "best_validation_loss", "classes"}) {
    auto broken = value;
    broken.set(name, core::Value());
    const auto report = parse_training_json("t.json", core::to_json(broken));
    ASSERT_FALSE(report) << name;
    EXPECT_THAT(report.error().text(), HasSubstr("'" + name + "'"));
    EXPECT_THAT(report.error().text(), HasSubstr("t.json"));
  }
}

}  // namespace
}  // namespace alveus::lab
