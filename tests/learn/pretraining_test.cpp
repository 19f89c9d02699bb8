// SPDX-License-Identifier: Apache-2.0
#include "learn/pretraining.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "learn/runtime.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;

/// A small study, and pre-trainings on it into folders of their own.
class PretrainingTest : public ::testing::Test {
 protected:
  PretrainingTest() : directory_(std::move(*sys::TemporaryDirectory::make("pretraining"))) {
    const testing::LesionFolder folder{.path = directory_.path() / "t", .patients = 20, .side = 32};
    folder.write();
    folder_ = std::move(*TensorFolder::open(folder.path));
    folds_ = *study::FoldTable::parse("folds.csv", *sys::read_file(folder.folds_file()));
  }

  static study::Pretraining wanted(const std::string& method, const std::string& network = "resnet18") {
    return *study::named({.id = {}, .method = method, .network = network, .epochs = 2, .batch_size = 8});
  }
  core::Result<PretrainingOutcome> run(
      const study::Pretraining& pretraining, const std::string& name,
      std::function<bool()> should_stop = [] { return false; }) const {
    TrainingOptions options;
    options.checkpoint_folder = directory_.path() / name;
    options.should_stop = std::move(should_stop);
    return pretrain({.folder = *folder_, .folds = *folds_, .pretraining = pretraining}, options, clock_);
  }
  std::string bytes(const PretrainingOutcome& outcome, const std::string& name) const {
    EXPECT_TRUE(save_encoder(outcome.network, path() / name, {}));
    return *sys::read_file(path() / name);
  }

  std::filesystem::path path() const { return directory_.path(); }
  const TensorFolder& folder() const { return *folder_; }
  const study::FoldTable& folds() const { return *folds_; }
  void set_folds(study::FoldTable folds) { folds_ = std::move(folds); }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
  std::optional<study::FoldTable> folds_;
  sys::RealClock clock_;
};

class EachMethodTest : public PretrainingTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(EachMethodTest, GoesOnToTheBitsOfAPretrainingThatWasNeverStopped) {
  const auto whole = run(wanted(GetParam()), "whole");
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_EQ(whole->slice_count, 24U);
  EXPECT_EQ(whole->pictures, 2 * 24);
  const auto stopped = run(wanted(GetParam()), "parts", [left = 4]() mutable { return left-- <= 0; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, core::ErrorCode::kCancelled);
  const auto resumed = run(wanted(GetParam()), "parts");
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(resumed->history, whole->history);
  EXPECT_EQ(bytes(*resumed, "a"), bytes(*whole, "b"));
}

TEST_P(EachMethodTest, LearnsOnASmallSet) {
  auto longer = wanted(GetParam());
  longer.epochs = 12;
  const auto outcome = run(*study::named(longer), "a");
  ASSERT_TRUE(outcome) << outcome.error().text();
  // The queue of moco begins with random keys, which anything differs from; it is full of true ones after an epoch.
  const auto mean_of = [&](std::size_t first) {
    return (outcome->history[first].train_loss + outcome->history[first + 1].train_loss) / 2;
  };
  EXPECT_LT(mean_of(10), mean_of(GetParam() == "moco" ? 1 : 0));
}

TEST_P(EachMethodTest, LooksAtNothingButTheTrainPartOfTheFold) {
  const auto all = run(wanted(GetParam()), "all");
  ASSERT_TRUE(all) << all.error().text();
  // The patients of the other parts trade places; their pictures are the same as before.
  std::string text = folds().csv();
  for (const auto& [from, to] : {std::pair(",val", ",???"), std::pair(",test", ",val"), std::pair(",???", ",test")}) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + 1)) {
      text.replace(at, std::string(from).size(), to);
    }
  }
  set_folds(*study::FoldTable::parse("folds.csv", text));
  const auto other = run(wanted(GetParam()), "other");
  ASSERT_TRUE(other) << other.error().text();
  EXPECT_EQ(bytes(*other, "a"), bytes(*all, "b"));
}

TEST_P(EachMethodTest, GivesStartWeightsThatATrainingTakes) {
  const auto outcome = run(wanted(GetParam()), "a");
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(save_encoder(outcome->network, path() / "start.safetensors", {}));
  const auto file = tensorfile::SafetensorsFile::open(path() / "start.safetensors");
  EXPECT_EQ(file->find("fc.weight"), nullptr);
  const NetworkOptions options = {.name = "resnet18", .in_channels = 1, .class_count = 2, .seed = 1};
  auto network = *Network::make(options, Device::kCpu);
  ASSERT_TRUE(network.save(path() / "scratch.safetensors", {}));
  ASSERT_TRUE(network.take_start_weights(*tensorfile::WeightsFile::open(path() / "start.safetensors")));
  ASSERT_TRUE(network.save(path() / "started.safetensors", {}));
  const auto scratch = tensorfile::SafetensorsFile::open(path() / "scratch.safetensors");
  const auto started = tensorfile::SafetensorsFile::open(path() / "started.safetensors");
  const auto values = [](const auto& from, const std::string& name) {
    const auto bytes = from->find(name)->bytes;
    return std::vector(bytes.begin(), bytes.end());
  };
  for (const tensorfile::TensorView& view : file->tensors()) {
    EXPECT_EQ(values(started, view.name), values(file, view.name)) << view.name << " at step 0";
  }
  EXPECT_NE(values(started, "conv1.weight"), values(scratch, "conv1.weight"));
  EXPECT_NE(values(started, "layer4.1.conv2.weight"), values(scratch, "layer4.1.conv2.weight"));
  EXPECT_EQ(values(started, "fc.weight"), values(scratch, "fc.weight")) << "the last layer starts afresh";
}

INSTANTIATE_TEST_SUITE_P(All, EachMethodTest, ::testing::Values("autoencoder", "mae", "moco", "rotation", "simclr"),
                         [](const auto& parameter) { return parameter.param; });

class PicturePlaceTest : public PretrainingTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(PicturePlaceTest, PicturesOnTheDeviceGiveTheBitsOfThoseStreamed) {
  const auto streamed = run(wanted(GetParam()), "streamed");
  TrainingOptions options;
  options.checkpoint_folder = path() / "resident";
  options.pictures = PicturePlace::kResident;
  const auto resident =
      pretrain({.folder = folder(), .folds = folds(), .pretraining = wanted(GetParam())}, options, sys::RealClock());
  ASSERT_TRUE(resident && streamed);
  EXPECT_EQ(bytes(*resident, "a"), bytes(*streamed, "b"));
}

// Turned slices are made on the host all the same.
INSTANTIATE_TEST_SUITE_P(Methods, PicturePlaceTest, ::testing::Values("rotation", "simclr"),
                         [](const auto& parameter) { return parameter.param; });

TEST_F(PretrainingTest, SaysWhichWeightsAMethodDoesNotReach) {
  const auto shallow = run(wanted("autoencoder", "convnext_tiny"), "a");
  ASSERT_TRUE(shallow) << shallow.error().text();
  EXPECT_EQ(shallow->untouched, (std::vector<std::string>{"classifier.0.weight", "classifier.0.bias"}));
  const auto deep = run(wanted("rotation"), "b");
  ASSERT_TRUE(deep) << deep.error().text();
  EXPECT_TRUE(deep->untouched.empty());
}

class PartedTest : public PretrainingTest, public ::testing::WithParamInterface<std::string> {
 protected:
  core::Result<PretrainingOutcome> run_in_parts(std::int64_t parts) const {
    TrainingOptions options;
    options.checkpoint_folder = path() / std::to_string(parts);
    return pretrain(
        {.folder = folder(), .folds = folds(), .pretraining = wanted(GetParam(), "vit_s_16"), .batch_parts = parts},
        options, sys::RealClock());
  }
};

TEST_P(PartedTest, LearnsTheSameFromABatchInParts) {
  const auto whole = run_in_parts(1);
  const auto parted = run_in_parts(3);
  ASSERT_TRUE(whole && parted) << parted.error().text();
  EXPECT_EQ(parted->batch_parts, 3);
  EXPECT_NEAR(parted->history[0].train_loss, whole->history[0].train_loss, 1e-3 * whole->history[0].train_loss);
  EXPECT_NEAR(parted->history[1].train_loss, whole->history[1].train_loss, 1e-2 * whole->history[1].train_loss);
}

// A network without batch norms, whose loss parts do not change.
INSTANTIATE_TEST_SUITE_P(All, PartedTest, ::testing::Values("mae", "moco", "rotation"),
                         [](const auto& parameter) { return parameter.param; });

/// Tensors may take this much while it lives.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::int64_t mib) {
    EXPECT_TRUE(start_torch(1));
    limit_tensor_memory(mib << 20);
  }
  ~MemoryLimit() { limit_tensor_memory(0); }
};

TEST_F(PretrainingTest, PartsItsBatchesWhereMemoryRunsOut) {
  auto wide = wanted("moco", "densenet121");
  wide.batch_size = 24;
  wide.epochs = 1;
  wide = *study::named(wide);
  const auto limited = [&] {
    const MemoryLimit limit(175);
    return run(wide, "limited");
  }();
  ASSERT_TRUE(limited) << limited.error().text();
  EXPECT_GT(limited->batch_parts, 1);
  TrainingOptions options;
  options.checkpoint_folder = path() / "asked";
  const auto asked =
      pretrain({.folder = folder(), .folds = folds(), .pretraining = wide, .batch_parts = limited->batch_parts},
               options, sys::RealClock());
  ASSERT_TRUE(asked) << asked.error().text();
  EXPECT_EQ(bytes(*limited, "a"), bytes(*asked, "b"));
}

TEST_F(PretrainingTest, SimclrSaysThatItsBatchesHaveNoParts) {
  const MemoryLimit limit(100);
  const auto outcome = run(wanted("simclr", "densenet121"), "a");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, core::ErrorCode::kUnavailable);
  EXPECT_THAT(outcome.error().text(), HasSubstr("cannot pass in parts"));
}

TEST_F(PretrainingTest, AMaskedAutoEncoderLearnsInATransformerToo) {
  auto few = wanted("mae", "vit_s_16");
  few.epochs = 3;
  few.learning_rate = 3e-4;
  const auto outcome = run(*study::named(few), "a");
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_LT(outcome->history.back().train_loss, outcome->history.front().train_loss);
}

TEST_F(PretrainingTest, RefusesNetworksThatTakeNoPictures) {
  study::Pretraining volumes = wanted("simclr");
  volumes.network = "densenet121_3d";
  const auto outcome = run(volumes, "a");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, core::ErrorCode::kUnsupported);
  EXPECT_THAT(outcome.error().text(), HasSubstr("networks are pre-trained on slices"));
}

TEST_F(PretrainingTest, RefusesAFoldThatIsNotThere) {
  auto other = wanted("simclr");
  other.fold = 3;
  const auto outcome = run(*study::named(other), "a");
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().text(), HasSubstr("there is no fold 3, the split has folds 0 to 0"));
}

TEST_F(PretrainingTest, RefusesTheCheckpointOfAnotherPretraining) {
  ASSERT_TRUE(run(wanted("autoencoder"), "a"));
  auto other = wanted("autoencoder");
  other.seed = 2;
  const auto outcome = run(*study::named(other), "a");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, core::ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace alveus::learn
