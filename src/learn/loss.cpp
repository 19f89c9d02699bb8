// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/loss.hpp"

#include "learn/detail/device_stream.hpp"

namespace alveus::learn {

Loss::Loss(const study::TrainingSettings& settings, const std::vector<float>& class_weights)
    : kind_(settings.loss == "ordinal"           ? Kind::kOrdinal
            : settings.loss.starts_with("focal") ? Kind::kFocal
                                                 : Kind::kCrossEntropy),
      gamma_(settings.focal_gamma),
      smoothing_(settings.label_smoothing),
      class_weights_(class_weights) {
  if (!settings.loss.ends_with("-weighted")) class_weights_.assign(class_weights.size(), 1.0F);
}

double Loss::weight(const at::Tensor& targets) const {
  return at::matmul(targets, at::tensor(class_weights_).to(targets.options())).sum().item<double>();
}

at::Tensor Loss::sum(const at::Tensor& logits, const at::Tensor& targets) const {
  const at::Tensor values = logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
  const at::Tensor wanted = targets.to(values.scalar_type());
  const at::Tensor weights = sent_to(at::tensor(class_weights_), values.device()).to(values.scalar_type());
  const auto class_count = static_cast<double>(class_weights_.size());
  const at::Tensor smooth = smoothing_ > 0 ? wanted * (1 - smoothing_) + smoothing_ / class_count : wanted;
  const at::Tensor log_shares = at::log_softmax(values, 1);
  switch (kind_) {
    case Kind::kCrossEntropy: return -(smooth * weights * log_shares).sum();
    case Kind::kFocal: return -(smooth * weights * (1 - log_shares.exp()).pow(gamma_) * log_shares).sum();
    case Kind::kOrdinal: break;
  }
  const at::Tensor distance = (log_shares.exp().cumsum(1) - smooth.cumsum(1)).square().sum(1);
  return (distance * at::matmul(wanted, weights)).sum();
}

at::Tensor one_hot(const std::vector<std::int64_t>& targets, std::int64_t class_count) {
  at::Tensor rows = at::zeros({static_cast<std::int64_t>(targets.size()), class_count}, at::kFloat);
  float* const cells = rows.data_ptr<float>();
  for (std::size_t i = 0; i < targets.size(); ++i) cells[static_cast<std::int64_t>(i) * class_count + targets[i]] = 1;
  return rows;
}

}  // namespace alveus::learn
