// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/weight_average.hpp"

#include <gtest/gtest.h>

namespace alveus::learn {
namespace {

class WeightAverageTest : public ::testing::Test {
 protected:
  WeightAverageTest() : weights_(at::kCPU) {
    weight_ = weights_.add("w", {1}, WeightRole::kTrained, Filling::constant(0));
    statistic_ = weights_.add("s", {1}, WeightRole::kStatistic, Filling::constant(0));
    counter_ = weights_.add("n", {1}, WeightRole::kCounter, Filling::constant(0));
    weights_.fill(1);
    set(0);
  }
  void set(double value) {
    const at::NoGradGuard no_grad;
    weight_.fill_(value);
    statistic_.fill_(value);
  }
  static study::TrainingSettings settings(const std::string& averaging) {
    study::TrainingSettings settings;
    settings.averaging = averaging;
    settings.epochs = 4;
    settings.swa_start = 0.5;
    settings.ema_decay = 0.5;
    return settings;
  }
  double mean_of(const WeightAverage& average) {
    average.swap();
    const auto mean = weight_.item<double>();
    average.swap();
    return mean;
  }

  WeightList weights_;
  at::Tensor weight_, statistic_, counter_;
};

TEST_F(WeightAverageTest, IsNoneUnlessAskedFor) {
  WeightAverage average(weights_, settings("none"));
  average.after_step();
  average.after_epoch(4);
  EXPECT_FALSE(average.is_begun());
}

TEST_F(WeightAverageTest, FollowsTheWeightsExponentially) {
  WeightAverage average(weights_, settings("ema"));
  set(1);
  average.after_step();  // keeps 2/11 of the mean
  EXPECT_NEAR(mean_of(average), 9.0 / 11, 1e-6);
  for (int i = 0; i < 7; ++i) average.after_step();
  const double before = mean_of(average);
  set(0);
  average.after_step();  // the decay itself from the eighth step on
  EXPECT_NEAR(mean_of(average), before / 2, 1e-6);
  EXPECT_FALSE(average.needs_statistics());
}

TEST_F(WeightAverageTest, IsThePlainMeanOfTheLastEpochs) {
  WeightAverage average(weights_, settings("swa"));
  for (int epoch = 1; epoch <= 4; ++epoch) {
    set(epoch);
    average.after_step();
    average.after_epoch(epoch);
    EXPECT_EQ(average.is_begun(), epoch > 2);
  }
  EXPECT_NEAR(mean_of(average), 3.5, 1e-6);
  EXPECT_TRUE(average.needs_statistics());
}

TEST_F(WeightAverageTest, SwappingTwiceChangesNothing) {
  WeightAverage average(weights_, settings("swa"));
  set(2);
  average.after_epoch(3);
  set(5);
  average.swap();
  EXPECT_EQ(weight_.item<double>(), 2);
  EXPECT_EQ(statistic_.item<double>(), 2);
  average.swap();
  EXPECT_EQ(weight_.item<double>(), 5);
  EXPECT_EQ(statistic_.item<double>(), 5);
}

}  // namespace
}  // namespace alveus::learn
