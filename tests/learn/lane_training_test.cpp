// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "learn/runtime.hpp"
#include "learn/training.hpp"
#include "testing/lesion_folder.hpp"

// Trainings side by side: here on the CPU, where they need no device but share everything else.
namespace alveus::learn {
namespace {

using ::testing::HasSubstr;
using Settings = std::vector<std::pair<std::string, std::string>>;

class LaneTrainingTest : public ::testing::Test {
 protected:
  LaneTrainingTest() : directory_(std::move(*sys::TemporaryDirectory::make("lanes"))) {
    const testing::LesionFolder files{.path = directory_.path() / "t", .patients = 10, .side = 32};
    files.write();
    folder_ = std::move(*TensorFolder::open(files.path));
    folds_ = *study::FoldTable::parse("folds.csv", *sys::read_file(files.folds_file()));
  }

  TrainingJob job(const Settings& settings, const std::string& name) const {
    study::Variant variant = *study::parse_variant(*core::parse_json(testing::variant_text({{"batch_size", "4"}})));
    for (const auto& [key, text] : settings) {
      if (key == "learning_rate") {  // larger than a study may have it
        variant.settings.learning_rate = std::stod(text);
        continue;
      }
      const auto setting = study::find_setting(key);
      EXPECT_TRUE(study::assign(variant.settings, **setting, *study::read_setting(**setting, text))) << key;
    }
    TrainingOptions options;
    options.checkpoint_folder = directory_.path() / name;
    return {.inputs = {.folder = *folder_, .folds = *folds_, .variant = variant, .start_weights = {}},
            .options = options};
  }
  std::vector<TrainingJob> jobs(const std::vector<Settings>& all, const std::string& name) const {
    std::vector<TrainingJob> some;
    for (const Settings& settings : all) some.push_back(job(settings, name + std::to_string(some.size())));
    return some;
  }
  /// The weights of each, or its error.
  static std::vector<std::string> ends(const std::vector<core::Result<TrainingOutcome>>& outcomes) {
    std::vector<std::string> all;
    for (const auto& outcome : outcomes) {
      all.push_back(outcome ? core::hash_text(core::HashKind::kSha256, *sys::read_file(outcome->best_weights))
                            : outcome.error().text());
    }
    return all;
  }
  std::vector<std::string> alone(const std::vector<Settings>& all) const {
    std::vector<std::string> some;
    for (const TrainingJob& one : jobs(all, "alone")) {
      some.push_back(ends(train_together(std::span(&one, 1), clock_)).front());
    }
    return some;
  }
  std::vector<std::string> in_lanes(const std::vector<TrainingJob>& all, std::size_t lanes) const {
    return ends(train_together(all, clock_, lanes));
  }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
  std::optional<study::FoldTable> folds_;
  sys::RealClock clock_;
};

const std::vector<Settings> kUnlike = {
    {{"epochs", "3"}},
    {{"epochs", "1"}, {"optimizer", "sgd"}},         // has ended while the others go on
    {{"epochs", "2"}, {"network", "mobilenet_v2"}},  // drops values
    {{"epochs", "2"}, {"precision", "bfloat16"}, {"averaging", "ema"}},
    {{"epochs", "2"}, {"seed", "7"}},  // other batches
};

TEST_F(LaneTrainingTest, VariantsGetTheBitsOfThoseTrainedAlone) {
  ASSERT_TRUE(start_torch(1));
  EXPECT_EQ(in_lanes(jobs(kUnlike, "lanes"), 3), alone(kUnlike)) << "some lanes have two of them";
}

TEST_F(LaneTrainingTest, OneThatDivergesStopsNoOther) {
  const std::vector<Settings> all = {{{"epochs", "2"}},
                                     {{"epochs", "2"}, {"optimizer", "sgd"}, {"learning_rate", "1e30"}},
                                     {{"epochs", "2"}, {"optimizer", "sgd"}}};
  const auto ended = in_lanes(jobs(all, "lanes"), 3);
  EXPECT_EQ(ended, alone(all));
  EXPECT_THAT(ended[1], HasSubstr("diverged"));
}

TEST_F(LaneTrainingTest, AllGoOnFromWhereARequestToStopFoundThem) {
  const std::vector<Settings> all = {{{"epochs", "2"}}, {{"epochs", "2"}, {"network", "mobilenet_v2"}}};
  auto stopped = jobs(all, "lanes");
  const auto questions = std::make_shared<int>(3);  // one alone could ask as often for an epoch's batches
  for (TrainingJob& one : stopped) one.options.should_stop = [questions] { return --*questions < 0; };
  for (const std::string& end : in_lanes(stopped, 2)) EXPECT_THAT(end, HasSubstr("was stopped in epoch 1"));
  EXPECT_EQ(in_lanes(jobs(all, "lanes"), 2), alone(all));
}

TEST_F(LaneTrainingTest, NoTwoCallsComeAtATime) {
  auto all = jobs(
      {{{"epochs", "2"}}, {{"epochs", "2"}, {"optimizer", "sgd"}}, {{"epochs", "2"}, {"optimizer", "adam"}}}, "lanes");
  std::atomic<int> inside = 0;
  std::atomic<int> overlaps = 0;
  const auto call = [&] {
    if (++inside > 1) ++overlaps;
    std::this_thread::yield();
    --inside;
  };
  std::vector<std::size_t> lines(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].options.should_stop = [&] { return call(), false; };
    all[i].options.on_progress = [&, i](const TrainingProgress& progress) {
      call();
      if (progress.epoch_finished) lines[i] = progress.history->size();
    };
  }
  in_lanes(all, 3);
  EXPECT_EQ(overlaps, 0);
  EXPECT_THAT(lines, ::testing::Each(2U));
}

TEST_F(LaneTrainingTest, ThoseThatLackMemorySideBySideGetTheBitsOfThoseTrainedAlone) {
  const std::vector<Settings> all = {{{"epochs", "1"}}, {{"epochs", "1"}, {"optimizer", "adamw"}}};
  ASSERT_TRUE(start_torch(1));
  const auto expected = alone(all);
  limit_tensor_memory(300 << 20);  // for one of them
  const auto outcomes = train_together(jobs(all, "lanes"), sys::RealClock(), 2);
  limit_tensor_memory(0);
  EXPECT_EQ(ends(outcomes), expected);
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome && outcome->batch_parts == 1);
}

TEST_F(LaneTrainingTest, PicturesOnTheDeviceGiveTheWeightsOfThoseStreamed) {
  const std::vector<Settings> all = {{{"epochs", "2"}}, {{"epochs", "2"}, {"optimizer", "sgd"}}};
  auto resident = jobs(all, "resident");
  for (TrainingJob& one : resident) one.options.pictures = PicturePlace::kResident;
  const auto outcomes = train_together(resident, sys::RealClock(), 2);
  const auto streamed = train_together(jobs(all, "streamed"), sys::RealClock(), 2);
  EXPECT_EQ(ends(outcomes), ends(streamed));
  ASSERT_TRUE(outcomes[0] && streamed[0]);
  EXPECT_EQ(outcomes[0]->history, streamed[0]->history);
}

}  // namespace
}  // namespace alveus::learn
