// SPDX-License-Identifier: Apache-2.0
#include "lab/training_display.hpp"

#include <gmock/gmock.h>

#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<learn::EpochRecord> kHistory = {
    {.epoch = 1, .learning_rate = 1e-3, .train_loss = 0.7, .validation_loss = 0.5, .validation_auc = 0.81},
    {.epoch = 2, .learning_rate = 1e-3, .train_loss = 0.41, .validation_loss = 0.6, .validation_auc = 0.87}};

learn::TrainingProgress half_way_through_epoch_three() {
  return {.phase = "classify",
          .epoch = 3,
          .epochs_max = 50,
          .batches_done = 5,
          .batch_count = 10,
          .train_loss = 0.412,
          .pictures_per_second = 61.4,
          .epoch_finished = false,
          .history = &kHistory};
}

class FixedClock final : public sys::Clock {
 public:
  sys::WallTime wall() const override { return {}; }
  sys::SteadyTime steady() const override { return now; }
  sys::SteadyTime now{};
};

TEST(TrainingDisplayTest, StatusLineSaysHowFarAndHowWell) {
  EXPECT_EQ(
      status_line(half_way_through_epoch_three(), 240),
      "epoch 3/50  [##########..........]  loss 0.412  val 0.600, AUC 0.870 (best: epoch 1)  61 pictures/s  at most "
      "4 min left");
}

TEST(TrainingDisplayTest, NamesTheVariantWhereThereAreSeveral) {
  testing::RecordingTerminal terminal;
  const FixedClock clock;
  TrainingDisplay display(terminal, clock, "resnet18-f0");
  auto progress = half_way_through_epoch_three();
  progress.epoch_finished = true;
  display.show(progress);
  ASSERT_EQ(terminal.messages.size(), 1U);
  EXPECT_THAT(terminal.messages[0], ::testing::StartsWith("resnet18-f0: epoch 3/50: "));
}

TEST(TrainingDisplayTest, NamesThePhaseThatLearnsStartWeights) {
  auto progress = half_way_through_epoch_three();
  progress.phase = "rotation";
  EXPECT_THAT(status_line(progress, 10), HasSubstr("rotation epoch 3/50"));
}

TEST(TrainingDisplayTest, WritesADurationInItsUnit) {
  EXPECT_EQ(duration_text(0.2), "0 s");
  EXPECT_EQ(duration_text(99), "99 s");
  EXPECT_EQ(duration_text(150), "3 min");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
}

TEST(TrainingDisplayTest, WritesALineAnEpochWhereThereIsNoTerminal) {
  testing::RecordingTerminal terminal;
  const FixedClock clock;
  TrainingDisplay display(terminal, clock);
  auto progress = half_way_through_epoch_three();
  display.show(progress);
  progress.epoch = 2;
  progress.epoch_finished = true;
  display.show(progress);
  EXPECT_THAT(terminal.statuses, IsEmpty());
  EXPECT_THAT(terminal.messages,
              ElementsAre("epoch 2/50: loss 0.4100, validation loss 0.6000, AUC 0.8700, 61.4 pictures/s"));
}

TEST(TrainingDisplayTest, EstimatesFromTheEpochsOfThisCall) {
  testing::RecordingTerminal terminal;
  terminal.is_interactive = true;
  FixedClock clock;
  TrainingDisplay display(terminal, clock);
  auto progress = half_way_through_epoch_three();  // a resumed training: its first epoch here is the third
  progress.batches_done = 0;
  display.show(progress);
  clock.now += std::chrono::seconds(10);
  progress.batches_done = 5;
  display.show(progress);  // half an epoch took 10 s, 47.5 are left
  EXPECT_THAT(terminal.statuses.back(), HasSubstr("at most 16 min left"));
}

}  // namespace
}  // namespace alveus::lab
