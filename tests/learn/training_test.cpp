// SPDX-License-Identifier: Apache-2.0
#include "learn/training.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "learn/pretraining.hpp"
#include "learn/runtime.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;
using Settings = std::initializer_list<std::pair<std::string, std::string>>;

study::Variant variant(Settings settings) {
  return *study::parse_variant(*core::parse_json(testing::variant_text(settings)));
}

/// A small study, and trainings on it into folders of their own.
class TrainingTest : public ::testing::Test {
 protected:
  TrainingTest() : directory_(std::move(*sys::TemporaryDirectory::make("training"))) {
    const testing::LesionFolder folder{.path = directory_.path() / "t", .patients = 20, .side = 32};
    folder.write();
    folder_ = std::move(*TensorFolder::open(folder.path));
    folds_ = *study::FoldTable::parse("folds.csv", *sys::read_file(folder.folds_file()));
  }

  TrainingInputs inputs(Settings settings) const {
    return {.folder = *folder_, .folds = *folds_, .variant = variant(settings), .start_weights = {}};
  }
  TrainingOptions options(const std::string& name) const {
    TrainingOptions options;
    options.checkpoint_folder = directory_.path() / name;
    return options;
  }
  static std::string weights_hash(const TrainingOutcome& outcome) {
    return core::hash_text(core::HashKind::kSha256, *sys::read_file(outcome.best_weights));
  }
  core::Result<TrainingOutcome> run(const TrainingInputs& inputs, const TrainingOptions& options) const {
    return train(inputs, options, clock_);
  }

  std::filesystem::path path() const { return directory_.path(); }
  const study::FoldTable& folds() const { return *folds_; }
  bool is_ill(const std::string& patient) const {
    return std::ranges::any_of(folder_->samples(), [&](const study::Sample& sample) {
      return sample.patient_id == patient && sample.target == 1;
    });
  }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
  std::optional<study::FoldTable> folds_;
  sys::RealClock clock_;
};

/// Says "stop" from the n-th question on, whoever asks.
std::function<bool()> stop_after(int questions) {
  return [left = std::make_shared<int>(questions)] { return (*left)-- <= 0; };
}

TEST_F(TrainingTest, RecordsEachEpoch) {
  const auto outcome =
      run(inputs({{"epochs", "3"}, {"batch_size", "8"}, {"step_size", "2"}, {"learning_rate", "1e-3"}}), options("a"));
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_EQ(outcome->history.size(), 3U);
  EXPECT_EQ(outcome->history[0].learning_rate, 1e-3);
  EXPECT_EQ(outcome->history[1].learning_rate, 1e-3);
  EXPECT_DOUBLE_EQ(outcome->history[2].learning_rate, 1e-4);
  EXPECT_LT(outcome->history[2].train_loss, outcome->history[0].train_loss);
  EXPECT_TRUE(outcome->history[2].validation_auc);
  EXPECT_EQ(outcome->pictures, 3 * 24);
  EXPECT_FALSE(outcome->stopped_early);
  const auto best = std::ranges::min_element(outcome->history, {}, &EpochRecord::validation_loss);
  EXPECT_EQ(outcome->best_epoch, best->epoch);
  EXPECT_EQ(outcome->best_validation_loss, best->validation_loss);
}

TEST_F(TrainingTest, GivesTheSameWeightsWhateverTheLoaderThreads) {
  const Settings settings = {{"epochs", "2"}, {"batch_size", "8"}, {"augmentation", "flips-affine"}};
  auto two = options("two");
  two.loader_threads = 2;
  const auto one = run(inputs(settings), options("one"));
  const auto other = run(inputs(settings), two);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(weights_hash(*one), weights_hash(*other));
  EXPECT_EQ(one->history, other->history);
}

TEST_F(TrainingTest, MixesToTheSameWeightsWhateverTheLoaderThreads) {
  const auto trained = [&](const char* name, const char* augmentation, std::size_t threads) {
    auto with_threads = options(name);
    with_threads.loader_threads = threads;
    const auto outcome =
        run(inputs({{"epochs", "1"}, {"batch_size", "8"}, {"augmentation", augmentation}}), with_threads);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return weights_hash(*outcome);
  };
  const auto mixed = trained("one", "flip+affine+elastic+noise+cutout+mixup+cutmix", 1);
  EXPECT_EQ(trained("two", "flip+affine+elastic+noise+cutout+mixup+cutmix", 2), mixed);
  EXPECT_NE(trained("unmixed", "flip+affine+elastic+noise+cutout", 1), mixed);
}

TEST_F(TrainingTest, ChangesWithTheSeed) {
  const auto one = run(inputs({{"epochs", "1"}, {"seed", "1"}}), options("one"));
  const auto two = run(inputs({{"epochs", "1"}, {"seed", "2"}}), options("two"));
  EXPECT_NE(weights_hash(*one), weights_hash(*two));
}

class ResumeTest : public TrainingTest, public ::testing::WithParamInterface<int> {};

TEST_P(ResumeTest, GivesTheBitsOfAnUninterruptedTraining) {
  const Settings settings = {{"epochs", "3"}, {"batch_size", "8"}, {"augmentation", "flips-affine"}};
  const auto whole = run(inputs(settings), options("whole"));
  ASSERT_TRUE(whole) << whole.error().text();

  auto stopping = options("parts");
  stopping.should_stop = stop_after(GetParam());
  const auto stopped = run(inputs(settings), stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, core::ErrorCode::kCancelled);
  const auto resumed = run(inputs(settings), options("parts"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(weights_hash(*resumed), weights_hash(*whole));
  EXPECT_EQ(resumed->history, whole->history);
}

// 24 slices in 3 batches and 8 to validate in one: stopped before each of a batch, the validation and the next epoch.
INSTANTIATE_TEST_SUITE_P(Batches, ResumeTest, ::testing::Values(1, 2, 3, 4, 5, 11));

TEST_F(TrainingTest, LosesNoStepWhenItIsStopped) {
  const Settings settings = {{"epochs", "2"}, {"batch_size", "8"}};
  auto stopping = options("a");
  stopping.should_stop = stop_after(2);
  const auto stopped = run(inputs(settings), stopping);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().text(), HasSubstr("in epoch 1 behind batch 2 of 3; the same command goes on from there"));
  const auto resumed = run(inputs(settings), options("a"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(resumed->pictures, 24 + 8) << "an epoch and the third batch of the first";
}

class DropoutResumeTest : public TrainingTest, public ::testing::WithParamInterface<int> {};

TEST_P(DropoutResumeTest, DropsTheSameAfterAStopWithinAnEpoch) {
  const Settings settings = {{"epochs", "1"}, {"batch_size", "8"}, {"network", "mobilenet_v2"}};
  const auto whole = run(inputs(settings), options("whole"));
  auto stopping = options("parts");
  stopping.should_stop = stop_after(GetParam());
  ASSERT_FALSE(run(inputs(settings), stopping));
  const auto resumed = run(inputs(settings), options("parts"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(weights_hash(*resumed), weights_hash(*whole));
}

INSTANTIATE_TEST_SUITE_P(Batches, DropoutResumeTest, ::testing::Values(1, 2));

class MeanResumeTest : public TrainingTest, public ::testing::WithParamInterface<int> {};

TEST_P(MeanResumeTest, KeepsTheMeanThroughAStopWhileItIsJudged) {
  const Settings settings = {{"epochs", "2"}, {"batch_size", "8"}, {"averaging", "swa"}, {"swa_start", "0"}};
  const auto whole = run(inputs(settings), options("whole"));
  auto stopping = options("parts");
  stopping.should_stop = stop_after(GetParam());
  ASSERT_FALSE(run(inputs(settings), stopping));
  const auto resumed = run(inputs(settings), options("parts"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(weights_hash(*resumed), weights_hash(*whole));
  EXPECT_EQ(resumed->history, whole->history);
}

// An epoch: 3 batches to learn from, 3 for running statistics, 1 to validate.
INSTANTIATE_TEST_SUITE_P(Places, MeanResumeTest, ::testing::Values(3, 5, 6, 7, 12));

/// A way to train that differs from the default, and what goes with it.
struct Way {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
};

class WayTest : public TrainingTest, public ::testing::WithParamInterface<Way> {
 protected:
  static TrainingInputs with(TrainingInputs inputs, const Way& way) {
    for (const auto& [name, text] : way.settings) {
      const auto setting = study::find_setting(name);
      EXPECT_TRUE(study::assign(inputs.variant.settings, **setting, *study::read_setting(**setting, text)));
    }
    return inputs;
  }
};

TEST_P(WayTest, ChangesTheWeightsAndResumesToTheSameBits) {
  const Settings few = {{"epochs", "2"}, {"batch_size", "8"}};
  static const std::string usual = weights_hash(*run(inputs(few), options("usual")));
  const auto whole = run(with(inputs(few), GetParam()), options("whole"));
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_NE(weights_hash(*whole), usual);

  auto stopping = options("parts");
  stopping.should_stop = stop_after(5);  // a batch into the second epoch
  ASSERT_FALSE(run(with(inputs(few), GetParam()), stopping));
  const auto resumed = run(with(inputs(few), GetParam()), options("parts"));
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(weights_hash(*resumed), weights_hash(*whole));
  EXPECT_EQ(resumed->history, whole->history);
}

INSTANTIATE_TEST_SUITE_P(
    All, WayTest,
    ::testing::Values(Way{"Adam", {{"optimizer", "adam"}, {"weight_decay", "0.01"}}},
                      Way{"AdamW", {{"optimizer", "adamw"}}}, Way{"Sgd", {{"optimizer", "sgd"}}},
                      Way{"Cosine", {{"schedule", "cosine"}}}, Way{"OneCycle", {{"schedule", "one-cycle"}}},
                      Way{"WarmUp", {{"warmup_epochs", "1"}}}, Way{"Parts", {{"batch_parts", "3"}}},
                      Way{"Focal", {{"loss", "focal"}}}, Way{"Ordinal", {{"loss", "ordinal"}}},
                      Way{"Smoothing", {{"label_smoothing", "0.1"}}}, Way{"Clipping", {{"clip_norm", "0.1"}}},
                      Way{"Ema", {{"averaging", "ema"}, {"ema_decay", "0.8"}}},
                      Way{"Swa", {{"averaging", "swa"}, {"swa_start", "0.4"}}},
                      Way{"Bfloat16", {{"precision", "bfloat16"}}}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_F(TrainingTest, VariantsTrainedTogetherGetTheBitsOfThoseTrainedAlone) {
  const std::vector<TrainingInputs> variants = {
      inputs({{"epochs", "3"}, {"batch_size", "8"}, {"augmentation", "flips-affine"}}),
      inputs({{"epochs", "2"}, {"batch_size", "8"}, {"augmentation", "flips-affine"}, {"optimizer", "sgd"}}),
      inputs({{"epochs", "2"}, {"batch_size", "6"}, {"seed", "5"}}),
      inputs({{"epochs", "2"}, {"batch_size", "8"}, {"precision", "float16"}})};
  std::vector<TrainingJob> jobs;
  std::vector<core::Result<TrainingOutcome>> alone;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    jobs.push_back({.inputs = variants[i], .options = options("together" + std::to_string(i))});
    alone.push_back(run(variants[i], options("alone" + std::to_string(i))));
  }
  const auto together = train_together(jobs, sys::RealClock());
  ASSERT_EQ(together.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(together[i] && alone[i]) << i;
    EXPECT_EQ(weights_hash(*together[i]), weights_hash(*alone[i])) << i;
    EXPECT_EQ(together[i]->history, alone[i]->history) << i;
  }
  ASSERT_FALSE(together[3]) << "one that cannot be trained stops no other";
  EXPECT_EQ(together[3].error().text(), alone[3].error().text());
}

TEST_F(TrainingTest, HalvesItsBatchesUntilTheyFitIntoMemory) {
  const auto wide = inputs({{"epochs", "1"}, {"batch_size", "24"}, {"network", "densenet121"}});
  ASSERT_TRUE(start_torch(1));
  constexpr std::int64_t kMib = 1 << 20;
  limit_tensor_memory(165 * kMib);
  const auto limited = run(wide, options("limited"));
  limit_tensor_memory(0);
  ASSERT_TRUE(limited) << limited.error().text();
  EXPECT_GT(limited->batch_parts, 1);
  auto parted = inputs({{"epochs", "1"}, {"batch_size", "24"}, {"network", "densenet121"}});
  parted.variant.settings.batch_parts = limited->batch_parts;
  const auto asked = run(parted, options("asked"));
  ASSERT_TRUE(asked);
  EXPECT_EQ(weights_hash(*limited), weights_hash(*asked));
}

TEST_F(TrainingTest, OneThatLacksMemoryForTheOthersSakeGetsTheBitsOfOneTrainedAlone) {
  const auto first = inputs({{"epochs", "1"}, {"batch_size", "8"}});
  const auto second = inputs({{"epochs", "1"}, {"batch_size", "8"}, {"optimizer", "adamw"}});
  ASSERT_TRUE(start_torch(1));
  limit_tensor_memory(300 << 20);  // for one of them
  const auto alone = run(second, options("alone"));
  const std::vector<TrainingJob> jobs = {{.inputs = first, .options = options("a")},
                                         {.inputs = second, .options = options("b")}};
  const auto together = train_together(jobs, sys::RealClock());
  limit_tensor_memory(0);
  ASSERT_TRUE(alone) << alone.error().text();
  ASSERT_TRUE(together[0]) << together[0].error().text();
  ASSERT_TRUE(together[1]) << together[1].error().text();
  EXPECT_EQ(together[0]->batch_parts, 1);
  EXPECT_EQ(together[1]->batch_parts, 1);
  EXPECT_EQ(weights_hash(*together[1]), weights_hash(*alone));
}

TEST_F(TrainingTest, SaysThatMemoryRanOutWhenNothingHelps) {
  ASSERT_TRUE(start_torch(1));
  limit_tensor_memory(60 << 20);  // not even the weights and their moments
  const auto outcome = run(inputs({{"epochs", "1"}}), options("a"));
  limit_tensor_memory(0);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("out of memory"));
}

TEST_F(TrainingTest, VariantsTrainedTogetherGoOnFromDifferentEpochs) {
  const Settings one = {{"epochs", "3"}, {"batch_size", "8"}};
  const Settings two = {{"epochs", "3"}, {"batch_size", "8"}, {"optimizer", "adamw"}};
  auto stopping = options("a");
  stopping.should_stop = stop_after(7);
  ASSERT_FALSE(run(inputs(one), stopping));
  const std::vector<TrainingJob> jobs = {{.inputs = inputs(one), .options = options("a")},
                                         {.inputs = inputs(two), .options = options("b")}};
  const auto together = train_together(jobs, sys::RealClock());
  ASSERT_TRUE(together[0] && together[1]);
  EXPECT_EQ(weights_hash(*together[0]), weights_hash(*run(inputs(one), options("c"))));
  EXPECT_EQ(weights_hash(*together[1]), weights_hash(*run(inputs(two), options("d"))));
}

TEST_F(TrainingTest, TheMeanOfTheLastEpochsIsValidatedAndKept) {
  const Settings settings = {{"epochs", "3"}, {"batch_size", "8"}, {"averaging", "swa"}, {"swa_start", "0.5"}};
  const auto usual = run(inputs({{"epochs", "3"}, {"batch_size", "8"}}), options("usual"));
  const auto mean = run(inputs(settings), options("mean"));
  ASSERT_TRUE(usual && mean);
  EXPECT_EQ(mean->history[0], usual->history[0]) << "no mean yet";
  EXPECT_EQ(mean->history[2].train_loss, usual->history[2].train_loss) << "the mean does not change the training";
  EXPECT_NE(mean->history[2].validation_loss, usual->history[2].validation_loss);
}

TEST_F(TrainingTest, ABalancedEpochShowsARareClassAsOftenAsTheOther) {
  std::string fewer;  // every other patient with lesions is for the test alone
  int number = 0;
  for (const std::string& line : core::split(folds().csv(), '\n')) {
    const bool is_positive = line.ends_with(",train") && is_ill(line.substr(2, line.rfind(',') - 2));
    const bool is_left_out = is_positive && number++ % 2 == 0;
    if (!line.empty()) fewer += (is_left_out ? line.substr(0, line.rfind(',')) + ",test" : line) + "\n";
  }
  const auto few_folds = *study::FoldTable::parse("folds.csv", fewer);
  const auto train_on = [&](const std::string& sampler) {
    auto all = inputs({{"epochs", "1"}, {"batch_size", "8"}, {"sampler", sampler}});
    return run({.folder = all.folder, .folds = few_folds, .variant = all.variant, .start_weights = {}},
               options(sampler));
  };
  const auto once = train_on("shuffled");
  const auto even = train_on("balanced");
  ASSERT_TRUE(once && even) << once.error().text();
  EXPECT_EQ(once->pictures, 18);
  EXPECT_EQ(even->pictures, 24);
}

/// A range test of few steps.
constexpr RateRange kRange = {.first = 1e-6, .last = 1, .steps = 12};

TEST_F(TrainingTest, ARangeTestRaisesTheRateStepByStep) {
  const auto curve = sweep_rates(inputs({{"batch_size", "8"}}), kRange, options("a"), sys::RealClock());
  ASSERT_TRUE(curve) << curve.error().text();
  const auto steps = curve->sweep.steps();
  ASSERT_GT(steps.size(), 6U);
  EXPECT_DOUBLE_EQ(steps[0].learning_rate, 1e-6);
  EXPECT_NEAR(steps[0].loss, 0.7, 0.3) << "the loss of a network that knows nothing";
  EXPECT_FALSE(std::filesystem::exists(path() / "a")) << "it leaves no checkpoint";
  const auto again = sweep_rates(inputs({{"batch_size", "8"}}), kRange, options("b"), sys::RealClock());
  EXPECT_TRUE(std::ranges::equal(again->sweep.steps(), steps));
}

TEST_F(TrainingTest, ARangeTestTakesTheStepsOfATraining) {
  const RateRange constant = {.first = 1e-3, .last = 1e-3, .steps = 6};
  const Settings settings = {{"batch_size", "8"}, {"learning_rate", "1e-3"}, {"schedule", "constant"}, {"epochs", "2"}};
  const auto curve = sweep_rates(inputs(settings), constant, options("a"), sys::RealClock());
  const auto trained = run(inputs(settings), options("b"));
  ASSERT_TRUE(curve && trained);
  for (const std::size_t epoch : {0U, 1U}) {
    double sum = 0;
    for (const RateStep& step : curve->sweep.steps().subspan(3 * epoch, 3)) sum += step.loss;
    EXPECT_NEAR(sum / 3, trained->history[epoch].train_loss, 1e-5) << "classes are even, so batches weigh the same";
  }
}

TEST_F(TrainingTest, ARangeTestLooksAtTheTrainPartAlone) {
  std::string others = folds().csv();  // patients that are validated and those that are tested change places
  for (const auto& [from, to] : {std::pair(",val", ",???"), std::pair(",test", ",val"), std::pair(",???", ",test")}) {
    for (auto at = others.find(from); at != std::string::npos; at = others.find(from, at + 1)) {
      others.replace(at, std::string(from).size(), to);
    }
  }
  const auto other_folds = *study::FoldTable::parse("folds.csv", others);
  const auto all = inputs({{"batch_size", "8"}});
  const auto one = sweep_rates(all, kRange, options("a"), sys::RealClock());
  const auto other =
      sweep_rates({.folder = all.folder, .folds = other_folds, .variant = all.variant, .start_weights = {}}, kRange,
                  options("b"), sys::RealClock());
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(std::ranges::equal(one->sweep.steps(), other->sweep.steps()));
}

TEST_F(TrainingTest, ARangeTestEndsWhereTheLossDiverges) {
  const auto curve = sweep_rates(inputs({{"batch_size", "8"}, {"optimizer", "sgd"}}),
                                 {.first = 1e-2, .last = 1e9, .steps = 40}, options("a"), sys::RealClock());
  ASSERT_TRUE(curve) << curve.error().text();
  EXPECT_TRUE(curve->sweep.has_diverged());
  EXPECT_LT(curve->sweep.steps().size(), 40U);
}

TEST_F(TrainingTest, ADivergenceNamesTheSlicesAndTheirPartners) {
  auto wild = inputs({{"batch_size", "4"}, {"optimizer", "sgd"}, {"augmentation", "mixup"}});
  wild.variant.settings.learning_rate = 1e30;
  const auto outcome = run(wild, options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), ::testing::ContainsRegex("s1[0-9]+ mixed with s1[0-9]+, s1[0-9]+ mixed with"));
}

TEST_F(TrainingTest, RefusesHalfPrecisionWithoutAGpu) {
  const auto outcome = run(inputs({{"precision", "float16"}}), options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, core::ErrorCode::kUnsupported);
  EXPECT_THAT(outcome.error().text(), HasSubstr("needs a GPU"));
}

TEST_F(TrainingTest, ResumesAFinishedTrainingWithoutAnotherEpoch) {
  const Settings settings = {{"epochs", "1"}};
  const auto first = run(inputs(settings), options("a"));
  const auto second = run(inputs(settings), options("a"));
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->pictures, 0);
  EXPECT_EQ(weights_hash(*second), weights_hash(*first));
}

TEST_F(TrainingTest, KeepsTheLastCheckpointWhenItIsStoppedAtOnce) {
  const Settings settings = {{"epochs", "3"}, {"batch_size", "8"}};
  auto stopping = options("a");
  stopping.should_stop = stop_after(4);
  ASSERT_FALSE(run(inputs(settings), stopping));
  const auto before = sys::read_file(path() / "a" / "classify" / "state.safetensors");
  stopping.should_stop = stop_after(0);
  ASSERT_FALSE(run(inputs(settings), stopping));
  EXPECT_EQ(*sys::read_file(path() / "a" / "classify" / "state.safetensors"), *before);
}

TEST_F(TrainingTest, SavesLessOftenWhenSavingTakesMoreThanItsShare) {
  const Settings settings = {{"epochs", "3"}, {"batch_size", "8"}};
  const auto epoch_saved_with_share = [&](double share) {
    auto stopping = options("share" + std::to_string(share));
    stopping.checkpoint_share_max = share;
    const auto file = stopping.checkpoint_folder / "classify" / "state.safetensors";
    std::size_t saved = 0;
    stopping.on_progress = [&](const TrainingProgress& progress) {
      if (progress.epoch != 3 || progress.batches_done != 1) return;
      const auto state = core::parse_json(tensorfile::SafetensorsFile::open(file)->metadata().at("state"));
      saved = state->find("history")->as_array().size();
    };
    EXPECT_TRUE(run(inputs(settings), stopping));
    return saved;
  };
  EXPECT_EQ(epoch_saved_with_share(1e9), 2U);
  EXPECT_EQ(epoch_saved_with_share(0), 1U);
}

TEST_F(TrainingTest, RefusesTheCheckpointOfAnotherTraining) {
  ASSERT_TRUE(run(inputs({{"epochs", "1"}}), options("a")));
  const auto other = run(inputs({{"epochs", "2"}}), options("a"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(other.error().text(), HasSubstr("belongs to another variant"));
}

TEST_F(TrainingTest, RefusesADamagedCheckpoint) {
  const Settings settings = {{"epochs", "3"}, {"batch_size", "8"}};
  auto stopping = options("a");
  stopping.should_stop = stop_after(4);  // in the second epoch
  ASSERT_FALSE(run(inputs(settings), stopping));
  const auto file = path() / "a" / "classify" / "state.safetensors";
  ASSERT_TRUE(sys::write_file(file, sys::read_file(file)->substr(0, 1000)));
  const auto again = run(inputs(settings), options("a"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, core::ErrorCode::kCorrupt);
}

TEST_F(TrainingTest, SaysWhenTheWeightsDiverge) {
  auto wild = inputs({{"epochs", "3"}, {"batch_size", "8"}});
  wild.variant.settings.learning_rate = 1e35;
  const auto outcome = run(wild, options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(outcome.error().text(), HasSubstr("the training diverged"));
  EXPECT_THAT(outcome.error().text(), HasSubstr("smaller learning rate"));
  EXPECT_THAT(outcome.error().text(), ::testing::ContainsRegex("epoch [1-3], batch [0-9]+ \\([A-Za-z0-9_]+"));
}

TEST_F(TrainingTest, StopsWhenTheValidationLossNoLongerFalls) {
  // A learning rate far too small to change the loss in single precision.
  auto still = inputs({{"epochs", "30"}, {"patience", "1"}, {"weight_decay", "0"}});
  still.variant.settings.learning_rate = 1e-3;
  still.variant.settings.gamma = 1e-30;
  still.variant.settings.step_size = 1;
  const auto outcome = run(still, options("a"));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(outcome->stopped_early);
  const int last = outcome->history.back().epoch;
  EXPECT_EQ(last - outcome->best_epoch, 2);
  EXPECT_LT(last, 30);
}

/// Start weights that `pretrain` writes for the variant's fold, with other metadata in place of some.
class LearnedStartTest : public TrainingTest {
 protected:
  LearnedStartTest() : inputs_(inputs({{"epochs", "1"}, {"initialisation", "simclr"}, {"pretrain_epochs", "1"}})) {
    const auto wanted = *study::pretraining_of(inputs_.variant.settings, 0);
    const PretrainingInputs learning = {.folder = inputs_.folder, .folds = inputs_.folds, .pretraining = wanted};
    auto learned = pretrain(learning, options("pretraining"), sys::RealClock());
    EXPECT_TRUE(learned) << learned.error().text();
    network_ = std::make_unique<Network>(std::move(learned->network));
    metadata_ = pretraining_metadata(learning, {});
  }
  core::Result<TrainingOutcome> run_from(const tensorfile::TextMap& other, const std::string& name) {
    for (const auto& [key, text] : other) metadata_[key] = text;
    inputs_.start_weights = path() / (name + ".safetensors");
    EXPECT_TRUE(save_encoder(*network_, inputs_.start_weights, metadata_));
    return run(inputs_, options(name));
  }
  TrainingInputs& wanted() { return inputs_; }

 private:
  TrainingInputs inputs_;
  std::unique_ptr<Network> network_;
  tensorfile::TextMap metadata_;
};

TEST_F(LearnedStartTest, TheTrainingGoesOnFromThem) {
  const auto started = run_from({}, "started");
  ASSERT_TRUE(started) << started.error().text();
  EXPECT_EQ(started->start_weights->metadata.at("pretraining_fold"), "0");
  EXPECT_NE(weights_hash(*started), weights_hash(*run(inputs({{"epochs", "1"}}), options("scratch"))));
}

TEST_F(LearnedStartTest, RefusesThoseOfAnotherFoldOrPretraining) {
  const auto of_other_folds = run_from({{"pretraining_folds_sha256", "0"}}, "a");
  ASSERT_FALSE(of_other_folds);
  EXPECT_THAT(of_other_folds.error().text(), HasSubstr("on these pictures and folds"));
  wanted().variant.settings.initialisation = "imported";
  const auto imported = run_from({}, "b");
  ASSERT_FALSE(imported) << "called imported they would still have seen the test part";
  EXPECT_THAT(imported.error().text(), HasSubstr("may have seen what this fold is tested on"));
  const auto of_other_pictures = run_from({{"pretraining_tensors_sha256", "0"}}, "c");
  EXPECT_TRUE(of_other_pictures) << "those of another data set are welcome";
}

TEST_F(LearnedStartTest, AsksForThePretrainingByName) {
  const auto without = run(inputs({{"initialisation", "moco"}}), options("a"));
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().text(),
              ::testing::ContainsRegex("resnet18-moco-[0-9a-f]+-f0'; let 'alveus pretrain' learn it"));
}

TEST_F(TrainingTest, AsksForTheWeightsThatTheVariantStartsFrom) {
  const auto outcome = run(inputs({{"initialisation", "imagenet"}}), options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("--weights"));
}

TEST_F(TrainingTest, StartsFromTheGivenWeights) {
  const auto file = path() / "start.safetensors";
  ASSERT_TRUE(Network::make({.name = "resnet18", .in_channels = 3, .class_count = 1000, .seed = 77}, Device::kCpu)
                  ->save(file, {}));
  auto with_weights = inputs({{"epochs", "1"}, {"initialisation", "imagenet"}});
  with_weights.start_weights = file;
  const auto outcome = run(with_weights, options("a"));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_NE(weights_hash(*outcome), weights_hash(*run(inputs({{"epochs", "1"}}), options("b"))));
}

TEST_F(TrainingTest, RefusesAFoldThatIsNotThere) {
  auto other = inputs({});
  other.variant.fold = 3;
  const auto outcome = run(other, options("a"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("the variant asks for fold 3, the split has folds 0 to 0"));
}

TEST(HistoryTest, IsATable) {
  const std::vector<EpochRecord> history = {
      {.epoch = 1, .learning_rate = 1e-3, .train_loss = 0.5, .validation_loss = 0.25, .validation_auc = 0.75},
      {.epoch = 2, .learning_rate = 1e-4, .train_loss = 0.5, .validation_loss = 0.25, .validation_auc = std::nullopt}};
  EXPECT_EQ(history_csv(history),
            "epoch,learning_rate,train_loss,val_loss,val_auc\n1,0.001,0.5,0.25,0.75\n2,1e-04,0.5,0.25,\n");
}

}  // namespace
}  // namespace alveus::learn
