// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/loss.hpp"

#include <gtest/gtest.h>

#include "learn/detail/picture_tensor.hpp"

namespace alveus::learn {
namespace {

study::TrainingSettings with_loss(const std::string& loss) {
  study::TrainingSettings settings;
  settings.loss = loss;
  return settings;
}

double mean(const Loss& loss, const at::Tensor& logits, const at::Tensor& targets) {
  return loss.sum(logits, targets).item<double>() / loss.weight(targets);
}

at::Tensor three_logits() { return at::tensor({0.5, -1.0, 2.0, 0.1, -0.3, 0.8}, at::kDouble).reshape({3, 2}); }
at::Tensor three_targets() { return one_hot({1, 0, 1}, 2).to(at::kDouble); }

// torch.nn.functional.cross_entropy of PyTorch 1.13, weight=[1, 2.5].
TEST(LossTest, CrossEntropyIsTorchs) {
  EXPECT_NEAR(mean({with_loss("cross-entropy-weighted"), {1.0F, 2.5F}}, three_logits(), three_targets()),
              0.851876377671403, 1e-12);
  EXPECT_NEAR(mean({with_loss("cross-entropy"), {1.0F, 2.5F}}, three_logits(), three_targets()), 0.7093784537937147,
              1e-12);
}

// The same with label_smoothing=0.1.
TEST(LossTest, LabelSmoothingIsTorchs) {
  auto settings = with_loss("cross-entropy-weighted");
  settings.label_smoothing = 0.1;
  EXPECT_NEAR(mean({settings, {1.0F, 2.5F}}, three_logits(), three_targets()), 0.8650093546112128, 1e-12);
}

// torchvision.ops.sigmoid_focal_loss of torchvision 0.14 on the difference of the logits, alpha=-1, gamma=2.
TEST(LossTest, FocalLossIsTorchvisions) {
  EXPECT_NEAR(mean({with_loss("focal"), {1.0F, 1.0F}}, three_logits(), three_targets()), 0.3858509977140418, 1e-12);
}

TEST(LossTest, FocalLossWithoutPowerIsTheCrossEntropy) {
  auto settings = with_loss("focal-weighted");
  settings.focal_gamma = 0;
  EXPECT_NEAR(mean({settings, {1.0F, 2.5F}}, three_logits(), three_targets()), 0.851876377671403, 1e-12);
}

TEST(LossTest, TheOrdinalLossCountsHowFarAMissIs) {
  const Loss loss(with_loss("ordinal"), {1.0F, 1.0F, 1.0F});
  const at::Tensor first = one_hot({0}, 3).to(at::kDouble);
  const auto certain = [](int place) {
    at::Tensor logits = at::zeros({1, 3}, at::kDouble);
    logits[0][place] = 100;
    return logits;
  };
  EXPECT_NEAR(mean(loss, certain(0), first), 0, 1e-12);
  EXPECT_NEAR(mean(loss, certain(1), first), 1, 1e-12);
  EXPECT_NEAR(mean(loss, certain(2), first), 2, 1e-12);
}

TEST(LossTest, PartsOfABatchAddUp) {
  for (const char* name : {"cross-entropy-weighted", "focal-weighted", "ordinal"}) {
    const Loss loss(with_loss(name), {1.0F, 2.5F});
    const at::Tensor whole = loss.sum(three_logits(), three_targets());
    const at::Tensor parts = loss.sum(three_logits().narrow(0, 0, 1), three_targets().narrow(0, 0, 1)) +
                             loss.sum(three_logits().narrow(0, 1, 2), three_targets().narrow(0, 1, 2));
    EXPECT_NEAR(parts.item<double>(), whole.item<double>(), 1e-12) << name;
  }
}

TEST(MixedTargetTest, RowsSumToOneAndHoldTheShares) {
  Batch batch;
  batch.targets = {0, 1, 2};
  batch.partners = {{.share = 0.7, .target = 2}, {.share = 0.25, .target = 1}, {.share = 1, .target = 0}};
  const at::Tensor expected = at::tensor({0.7, 0.0, 0.3, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0}, at::kFloat).reshape({3, 3});
  EXPECT_TRUE(at::allclose(target_rows(batch, 3), expected, 1e-6, 1e-7));
  EXPECT_TRUE(at::allclose(target_rows(batch, 3).sum(1), at::ones({3})));
}

TEST(MixedTargetTest, WithoutPartnersAreThoseOfTheClasses) {
  Batch batch;
  batch.targets = {1, 0};
  EXPECT_TRUE(at::equal(target_rows(batch, 2), one_hot({1, 0}, 2)));
}

// Mixup's loss (Zhang et al., 2018): that of both targets, by their shares; class weights count likewise.
TEST(MixedTargetTest, WeighTheLossByTheirShares) {
  Batch batch;
  batch.targets = {1, 0, 1};
  batch.partners = {{.share = 0.7, .target = 0}, {.share = 0.2, .target = 1}, {.share = 0.5, .target = 1}};
  const Loss loss(with_loss("cross-entropy-weighted"), {1.0F, 2.5F});
  double sum = 0;
  double weight = 0;
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto& partner = batch.partners[static_cast<std::size_t>(i)];
    const auto of_target = [&](std::int64_t target, double share) {
      const at::Tensor row = one_hot({target}, 2).to(at::kDouble);
      sum += share * loss.sum(three_logits().narrow(0, i, 1), row).item<double>();
      weight += share * loss.weight(row);
    };
    of_target(batch.targets[static_cast<std::size_t>(i)], partner.share);
    of_target(partner.target, 1 - partner.share);
  }
  const at::Tensor rows = target_rows(batch, 2).to(at::kDouble);
  EXPECT_NEAR(loss.sum(three_logits(), rows).item<double>(), sum, 1e-6);
  EXPECT_NEAR(loss.weight(rows), weight, 1e-6);
}

}  // namespace
}  // namespace alveus::learn
