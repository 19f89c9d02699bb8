// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "learn/predictor.hpp"
#include "learn/runtime.hpp"
#include "learn/training.hpp"
#include "study/auroc.hpp"
#include "testing/lesion_folder.hpp"

// Trainings of networks that look at scans.
namespace alveus::learn {
namespace {

using ::testing::HasSubstr;
using Settings = std::initializer_list<std::pair<std::string, std::string>>;

class ScanTrainingTest : public ::testing::Test {
 protected:
  ScanTrainingTest() : directory_(std::move(*sys::TemporaryDirectory::make("scan-training"))) {
    files_ = {.path = directory_.path() / "t", .patients = 20, .slices = 4, .side = 32};
    files_.write();
    open();
  }
  void open() {
    folder_ = std::move(*TensorFolder::open(files_.path));
    folds_ = *study::FoldTable::parse("folds.csv", *sys::read_file(files_.folds_file()));
  }

  void enlarge(std::size_t side) {
    files_.side = side;
    files_.write();
    open();
  }

  TrainingInputs inputs(Settings settings) const {
    return {.folder = *folder_,
            .folds = *folds_,
            .variant = *study::parse_variant(*core::parse_json(testing::variant_text(settings))),
            .start_weights = {}};
  }
  TrainingOptions options(const std::string& name) const {
    TrainingOptions options;
    options.checkpoint_folder = directory_.path() / name;
    return options;
  }
  core::Result<TrainingOutcome> run(const TrainingInputs& inputs, const TrainingOptions& options) const {
    return train(inputs, options, clock_);
  }
  static std::string weights_hash(const TrainingOutcome& outcome) {
    return core::hash_text(core::HashKind::kSha256, *sys::read_file(outcome.best_weights));
  }
  /// Of the scans it was trained on.
  double train_auc(const TrainingInputs& inputs, const TrainingOutcome& outcome) const {
    const auto network = std::move(*Network::load(outcome.best_weights, Device::kCpu));
    const auto source = *ExampleSource::make(*folder_, scan_form_of(inputs.variant.settings));
    const auto examples = source.part(*folds_, 0, study::Role::kTrain);
    const auto logits = *predict_logits(network, *folder_, examples, {.batch_size = 4, .form = source.form()});
    std::vector<double> scores;
    std::vector<int> targets;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      scores.push_back(positive_probability(logits[2 * i], logits[2 * i + 1]));
      targets.push_back(static_cast<int>(examples[i].target));
    }
    return study::roc_area(scores, targets)->area;
  }
  const testing::LesionFolder& files() const { return files_; }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder files_;
  std::optional<TensorFolder> folder_;
  std::optional<study::FoldTable> folds_;
  sys::RealClock clock_;
};

class ScanLearningTest : public ScanTrainingTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ScanLearningTest, LearnsToFindLesions) {
  const auto what = inputs({{"network", GetParam()},
                            {"depth", "4"},
                            {"scan_batch_size", "4"},
                            {"epochs", "5"},
                            {"learning_rate", "3e-4"},
                            {"schedule", "constant"}});
  const auto outcome = run(what, options("a"));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_LT(outcome->history.back().train_loss, outcome->history.front().train_loss);
  EXPECT_GT(train_auc(what, *outcome), 0.9);
  EXPECT_EQ(outcome->pictures, 5 * 12) << "scans, not slices";
}

INSTANTIATE_TEST_SUITE_P(Networks, ScanLearningTest, ::testing::Values("r3d_18", "attention_mil"));

class ScanResumeTest : public ScanTrainingTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ScanResumeTest, GivesTheBitsOfAnUninterruptedTraining) {
  const auto what = inputs({{"network", GetParam()},
                            {"depth", "3"},
                            {"epochs", "3"},
                            {"averaging", "swa"},
                            {"swa_start", "0.4"},
                            {"augmentation", "flips-affine-window-noise"}});
  const auto whole = run(what, options("whole"));
  ASSERT_TRUE(whole) << whole.error().text();
  auto stopping = options("parts");
  stopping.loader_threads = 2;
  stopping.should_stop = [left = 5]() mutable { return left-- <= 0; };
  const auto stopped = run(what, stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, core::ErrorCode::kCancelled);
  const auto resumed = run(what, options("parts"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(weights_hash(*resumed), weights_hash(*whole));
  EXPECT_EQ(resumed->history, whole->history);
}

INSTANTIATE_TEST_SUITE_P(Networks, ScanResumeTest, ::testing::Values("decovnet", "ad3d_mil", "attention_mil"));

TEST_F(ScanTrainingTest, VariantsOfSlicesVolumesAndBagsTrainTogetherAsAlone) {
  const std::vector<TrainingInputs> variants = {
      inputs({{"network", "resnet18"}, {"epochs", "1"}, {"batch_size", "16"}}),
      inputs({{"network", "ad3d_mil"}, {"epochs", "2"}, {"depth", "3"}}),
      inputs({{"network", "ad3d_mil"}, {"epochs", "2"}, {"depth", "3"}, {"optimizer", "sgd"}}),
      inputs({{"network", "attention_mil"}, {"epochs", "1"}, {"depth", "3"}})};
  std::vector<TrainingJob> jobs;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    jobs.push_back({.inputs = variants[i], .options = options("together" + std::to_string(i))});
  }
  const auto together = train_together(jobs, sys::RealClock());
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const auto alone = run(variants[i], options("alone" + std::to_string(i)));
    ASSERT_TRUE(together[i] && alone) << i << (together[i] ? "" : together[i].error().text());
    EXPECT_EQ(weights_hash(*together[i]), weights_hash(*alone)) << i;
    EXPECT_EQ(together[i]->history, alone->history) << i;
  }
}

TEST_F(ScanTrainingTest, HalvesItsBatchesOfBagsUntilTheyFitIntoMemory) {
  enlarge(64);  // so that a batch takes more than a copy of the weights
  const Settings settings = {{"network", "attention_mil"}, {"epochs", "1"}, {"depth", "4"}, {"scan_batch_size", "12"}};
  ASSERT_TRUE(start_torch(1));
  core::Result<TrainingOutcome> limited = TrainingOutcome();
  for (std::int64_t mib = 320; limited && limited->batch_parts == 1 && mib > 240; mib -= 10) {
    limit_tensor_memory(mib << 20);
    limited = run(inputs(settings), options("limited" + std::to_string(mib)));
    limit_tensor_memory(0);
  }
  ASSERT_TRUE(limited) << limited.error().text();
  ASSERT_GT(limited->batch_parts, 1);
  auto parted = inputs(settings);
  parted.variant.settings.batch_parts = limited->batch_parts;
  const auto asked = run(parted, options("asked"));
  ASSERT_TRUE(asked);
  EXPECT_EQ(weights_hash(*limited), weights_hash(*asked));
}

TEST_F(ScanTrainingTest, NamesTheScansOfTheBatchInWhichItDiverges) {
  auto wild = inputs({{"network", "ad3d_mil"}, {"epochs", "3"}, {"depth", "3"}});
  wild.variant.settings.learning_rate = 1e35;
  const auto outcome = run(wild, options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), ::testing::ContainsRegex("batch [0-9]+ \\(ct1[0-9]+"));
}

TEST_F(ScanTrainingTest, NeedsOneLabelASeries) {
  auto table = *sys::read_file(files().path / "samples.csv");
  const std::string row = "1,s1001,p1000,normal,0";
  table.replace(table.find(row), row.size(), "1,s1001,p1000,covid,1");
  ASSERT_TRUE(sys::write_file(files().path / "samples.csv", table));
  open();
  const auto outcome = run(inputs({{"network", "r3d_18"}, {"epochs", "1"}}), options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("the series 'ct1000' of patient p1000 has two labels"));
}

}  // namespace
}  // namespace alveus::learn
