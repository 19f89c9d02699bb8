// SPDX-License-Identifier: Apache-2.0
#include "learn/schedule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace alveus::learn {
namespace {

study::TrainingSettings settings(const std::string& schedule, std::int64_t epochs) {
  study::TrainingSettings settings;
  settings.schedule = schedule;
  settings.epochs = epochs;
  settings.learning_rate = 0.1;
  settings.step_size = 2;
  return settings;
}

std::vector<double> rates(const study::TrainingSettings& settings, std::size_t batches) {
  const LearningRateSchedule schedule(settings, batches);
  std::vector<double> rates;
  for (int epoch = 1; epoch <= settings.epochs; ++epoch) {
    for (std::size_t batch = 0; batch < batches; ++batch) rates.push_back(schedule.at(epoch, batch));
  }
  return rates;
}

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-12) << "step " << i;
}

TEST(LearningRateScheduleTest, StepsDownBetweenEpochs) {
  expect_near(rates(settings("step", 5), 2), {0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001});
}

TEST(LearningRateScheduleTest, StaysWhereItIsConstant) { expect_near(rates(settings("constant", 2), 1), {0.1, 0.1}); }

// torch.optim.lr_scheduler.CosineAnnealingLR(T_max=6) at the learning rate 0.1, PyTorch 1.13.
TEST(LearningRateScheduleTest, FallsAlongACosineAsTorchs) {
  expect_near(rates(settings("cosine", 6), 1), {0.1, 0.09330127018922194, 0.075, 0.05, 0.025, 0.006698729810778069});
}

// torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10), PyTorch 1.13.
TEST(LearningRateScheduleTest, RisesAndFallsAsTorchsOneCycle) {
  expect_near(rates(settings("one-cycle", 5), 2),
              {0.004, 0.052000000000000005, 0.1, 0.09504846320134738, 0.08117456539497631, 0.06112620219362893,
               0.03887419780637107, 0.018825834605023683, 0.004951936798652635, 4.0000000000040004e-07});
}

TEST(LearningRateScheduleTest, WarmsUpStepByStepFirst) {
  auto warm = settings("constant", 3);
  warm.warmup_epochs = 2;
  expect_near(rates(warm, 2), {0.025, 0.05, 0.075, 0.1, 0.1, 0.1});
}

TEST(LearningRateScheduleTest, TheCosineBeginsBehindTheWarmUp) {
  auto warm = settings("cosine", 3);
  warm.warmup_epochs = 1;
  expect_near(rates(warm, 1), {0.1, 0.1, 0.05});
}

}  // namespace
}  // namespace alveus::learn
