// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/loss.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace alveus::learn
