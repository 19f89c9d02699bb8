// SPDX-License-Identifier: Apache-2.0
#include "learn/feature_gradient.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "learn/detail/pass_results.hpp"
#include "learn/predictor.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

class FeatureGradientTest : public ::testing::TestWithParam<std::string> {
 protected:
  FeatureGradientTest() : directory_(std::move(*sys::TemporaryDirectory::make("gradient"))) {
    const testing::LesionFolder folder{.path = directory_.path() / "t", .patients = 2, .side = 64};
    folder.write();
    folder_ = std::move(*TensorFolder::open(folder.path));
  }
  const TensorFolder& folder() const { return *folder_; }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
};

/// Margin of the positive class with one feature changed.
double margin(const Network& network, FeatureMap map, const FeatureGradient& at_point, std::size_t position,
              float change) {
  const at::NoGradGuard no_grad;
  std::vector<float> features = at_point.features;
  features[position] += change;
  const auto extent = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  const at::Tensor tensor =
      at::from_blob(features.data(), {1, extent(at_point.channels), extent(at_point.height), extent(at_point.width)})
          .clone();
  const at::Tensor logits = network.finish(map, {.map = tensor, .rest = {}});
  return logits[0][1].item<double>() - logits[0][0].item<double>();
}

TEST_P(FeatureGradientTest, AgreesWithFiniteDifferences) {
  const auto network = Network::make({.name = GetParam(), .seed = 3}, Device::kCpu);
  ASSERT_TRUE(network);
  const auto map = FeatureMap::kLast;
  const auto result = feature_gradient(*network, *ExampleSource::make(folder(), std::nullopt), 2, map);
  ASSERT_TRUE(result) << result.error().text();
  ASSERT_EQ(result->features.size(), result->channels * result->height * result->width);
  double largest = 0;
  for (std::size_t position = 0; position < result->features.size(); position += result->features.size() / 17) {
    const double numeric =
        (margin(*network, map, *result, position, 0.5F) - margin(*network, map, *result, position, -0.5F));
    EXPECT_NEAR(numeric, result->gradient[position], 2e-3) << position;
    largest = std::max(largest, std::abs(numeric));
  }
  EXPECT_GT(largest, 1e-3);
}

TEST_P(FeatureGradientTest, GivesTheProbabilityOfThePrediction) {
  const auto network = Network::make({.name = GetParam(), .seed = 3}, Device::kCpu);
  const std::vector<Example> examples = {{.index = 2, .target = 1, .quarter_turns = 0}};
  const auto logits = predict_logits(*network, folder(), examples, {});
  for (const auto map : {FeatureMap::kLast, FeatureMap::kNextToLast}) {
    const auto result = feature_gradient(*network, *ExampleSource::make(folder(), std::nullopt), 2, map);
    EXPECT_NEAR(result->probability, positive_probability((*logits)[0], (*logits)[1]), 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, FeatureGradientTest, ::testing::Values("resnet18", "densenet121"));

TEST(PredictorTest, ProbabilityIsTheSoftmaxOfTwo) {
  EXPECT_NEAR(positive_probability(0.3F, 1.1F), std::exp(1.1) / (std::exp(0.3) + std::exp(1.1)), 1e-7);
  EXPECT_EQ(positive_probability(-1000, 1000), 1);
  EXPECT_EQ(positive_probability(1000, -1000), 0);
}

}  // namespace
}  // namespace alveus::learn
