// SPDX-License-Identifier: Apache-2.0
#include "study/batch_source.hpp"

#include <gtest/gtest.h>

namespace alveus::study {
namespace {

Variant variant(const TrainingSettings& settings, int fold = 0) { return make_variant(settings, fold, SeedInId::kYes); }

TEST(BatchSourceTest, IsTheSameWhateverIsDoneWithTheBatches) {
  TrainingSettings other;
  other.network = "densenet121";
  other.initialisation = "simclr";
  other.learning_rate = 0.5;
  other.optimizer = "sgd";
  other.epochs = 7;
  other.batch_parts = 4;
  other.loss = "focal";
  other.averaging = "ema";
  other.precision = "bfloat16";
  EXPECT_EQ(batch_source_of(variant({})), batch_source_of(variant(other)));
}

TEST(BatchSourceTest, DiffersWithWhatDecidesTheBatches) {
  const BatchSource source = batch_source_of(variant({}));
  EXPECT_NE(batch_source_of(variant({}, 1)), source);
  TrainingSettings other;
  other.seed = 2;
  EXPECT_NE(batch_source_of(variant(other)), source);
  other = {};
  other.batch_size = 16;
  EXPECT_NE(batch_source_of(variant(other)), source);
  other = {};
  other.sampler = "balanced";
  EXPECT_NE(batch_source_of(variant(other)), source);
  other = {};
  other.augmentation = "flips-affine";
  EXPECT_NE(batch_source_of(variant(other)), source);
}

TEST(BatchSourceTest, DiffersWithTheFormOfScans) {
  const auto source = [](const std::string& network, std::int64_t depth, std::int64_t scan_batch_size = 4) {
    TrainingSettings settings;
    settings.network = network;
    settings.depth = depth;
    settings.scan_batch_size = scan_batch_size;
    return batch_source_of(variant(settings));
  };
  EXPECT_EQ(source("r3d_18", 16), source("ad3d_mil", 16));
  EXPECT_EQ(source("covnet", 16), source("attention_mil", 16));
  EXPECT_NE(source("r3d_18", 16), source("covnet", 16));
  EXPECT_NE(source("r3d_18", 16), source("r3d_18", 32));
  EXPECT_NE(source("r3d_18", 16), source("r3d_18", 16, 8));
  EXPECT_NE(source("r3d_18", 16), source("decovnet", 16)) << "which sees the lung mask too";
  EXPECT_EQ(source("resnet18", 16, 4), source("resnet18", 32, 8)) << "slices have no depth";
}

}  // namespace
}  // namespace alveus::study
