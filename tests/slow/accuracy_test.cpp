// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "learn/predictor.hpp"
#include "learn/runtime.hpp"
#include "learn/training.hpp"
#include "study/auroc.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

/// Trains a network to find discs in noise and tests it on patients it never saw.
class AccuracyTest : public ::testing::TestWithParam<std::string> {};

double test_auc(const Network& network, const TensorFolder& folder, const study::FoldTable& folds) {
  const auto examples = ExampleSource::make(folder, std::nullopt)->part(folds, 0, study::Role::kTest);
  std::vector<int> targets;
  for (const Example& example : examples) targets.push_back(static_cast<int>(example.target));
  const auto logits = predict_logits(network, folder, examples, {});
  EXPECT_TRUE(logits) << logits.error().text();
  std::vector<double> scores;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    scores.push_back(positive_probability((*logits)[2 * i], (*logits)[2 * i + 1]));
  }
  return study::roc_area(scores, targets)->area;
}

TEST_P(AccuracyTest, LearnsToFindLesions) {
  ASSERT_TRUE(start_torch(1));
  const auto directory = sys::TemporaryDirectory::make("accuracy");
  const testing::LesionFolder written{.path = directory->path() / "t", .patients = 80, .side = 48};
  written.write();
  const auto folder = TensorFolder::open(written.path);
  const auto folds = study::FoldTable::parse("folds.csv", *sys::read_file(written.folds_file()));
  const auto variant =
      study::parse_variant(*core::parse_json(testing::variant_text({{"network", GetParam()},
                                                                    {"learning_rate", "1e-4"},
                                                                    {"epochs", "6"},
                                                                    {"batch_size", "16"},
                                                                    {"augmentation", "flips-affine"}})));
  TrainingOptions options;
  options.checkpoint_folder = directory->path() / "checkpoint";
  const auto outcome =
      train({.folder = *folder, .folds = *folds, .variant = *variant, .start_weights = {}}, options, sys::RealClock());
  ASSERT_TRUE(outcome) << outcome.error().text();
  const auto best = Network::load(outcome->best_weights, Device::kCpu);
  ASSERT_TRUE(best) << best.error().text();
  EXPECT_GE(test_auc(*best, *folder, *folds), 0.98);
  EXPECT_LT(outcome->best_validation_loss, 0.3);
}

INSTANTIATE_TEST_SUITE_P(Families, AccuracyTest, ::testing::Values("resnet18", "densenet121", "vgg11_bn"));

}  // namespace
}  // namespace alveus::learn
