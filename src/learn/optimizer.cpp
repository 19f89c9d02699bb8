// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/optimizer.hpp"

#include <ATen/Parallel.h>

#include <span>

namespace alveus::learn {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // weights a thread takes at once

std::span<float> part_of(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()))
      .subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

// The same steps in LibTorch's operations, for devices whose memory the CPU does not see.

void adam_on_device(const AdamStep& step, const at::Tensor& weight, at::Tensor gradient,
                    const std::vector<at::Tensor>& moments) {
  if (step.keep != 1) weight.mul_(step.keep);
  if (step.weight_decay != 0) gradient = gradient.add(weight, step.weight_decay);
  const at::Tensor& first = moments[0];
  const at::Tensor& second = moments[1];
  first.mul_(step.beta1).add_(gradient, step.one_minus_beta1);
  second.mul_(step.beta2).addcmul_(gradient, gradient, step.one_minus_beta2);
  at::Tensor most = second;
  if (moments.size() > 2) {
    most = moments[2];
    at::maximum_out(most, moments[2], second);
  }
  weight.addcdiv_(first, most.sqrt().mul_(step.inverse_root_of_bias2).add_(step.epsilon), -step.step_size);
}

void sgd_on_device(const SgdStep& step, const at::Tensor& weight, at::Tensor gradient, const at::Tensor& velocity) {
  if (step.weight_decay != 0) gradient = gradient.add(weight, step.weight_decay);
  velocity.mul_(step.momentum).add_(gradient);
  weight.add_(gradient.add(velocity, step.momentum), -step.learning_rate);
}

std::vector<std::string> moments_of(const std::string& optimizer) {
  if (optimizer == "sgd") return {"velocity/"};
  if (optimizer == "adam-amsgrad") return {"first/", "second/", "second_max/"};
  return {"first/", "second/"};
}

}  // namespace

Optimizer::Optimizer(const WeightList& weights, const study::TrainingSettings& settings)
    : is_sgd_(settings.optimizer == "sgd"),
      adam_{.weight_decay = settings.weight_decay, .is_decay_decoupled = settings.optimizer == "adamw"},
      moment_names_(moments_of(settings.optimizer)) {
  sgd_.weight_decay = static_cast<float>(settings.weight_decay);
  sgd_.momentum = static_cast<float>(settings.momentum);
  for (const Weight& weight : weights.items()) {
    if (weight.role != WeightRole::kTrained) continue;
    Entry entry{.weight = &weight, .moments = {}};
    for (std::size_t i = 0; i < moment_names_.size(); ++i) {
      entry.moments.push_back(at::zeros_like(weight.tensor.detach()));
    }
    entries_.push_back(std::move(entry));
  }
}

double Optimizer::gradient_norm() const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> norms;
  for (const Entry& entry : entries_) {
    const at::Tensor& gradient = entry.weight->tensor.grad();
    if (gradient.defined()) norms.push_back(gradient.norm());
  }
  return norms.empty() ? 0 : at::stack(norms).norm().item<double>();
}

void Optimizer::multiply_gradients(double factor) const {
  const at::NoGradGuard no_grad;
  for (const Entry& entry : entries_) {
    at::Tensor gradient = entry.weight->tensor.grad();
    if (gradient.defined()) gradient.mul_(factor);
  }
}

void Optimizer::drop_gradients() const {
  for (const Entry& entry : entries_) {
    at::Tensor weight = entry.weight->tensor;
    weight.mutable_grad().reset();
  }
}

void Optimizer::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  adam_.learning_rate = learning_rate;
  sgd_.learning_rate = static_cast<float>(learning_rate);
  const AdamStep adam = adam_step(adam_, ++step_count_);
  for (const Entry& entry : entries_) {
    const at::Tensor weight = entry.weight->tensor.detach();
    at::Tensor gradient = entry.weight->tensor.grad();
    if (!gradient.defined()) continue;
    if (gradient.strides() != weight.strides()) gradient = at::empty_like(weight).copy_(gradient);
    if (weight.device().is_cpu()) {
      is_sgd_ ? sgd_on_cpu(sgd_, entry, gradient) : adam_on_cpu(adam, entry, gradient);
    } else {
      is_sgd_ ? sgd_on_device(sgd_, weight, gradient, entry.moments[0])
              : adam_on_device(adam, weight, gradient, entry.moments);
    }
  }
  drop_gradients();
}

void Optimizer::adam_on_cpu(const AdamStep& step, const Entry& entry, const at::Tensor& gradient) const {
  const at::Tensor& weight = entry.weight->tensor;
  at::parallel_for(0, weight.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    AdamSpans spans{.weights = part_of(weight, begin, end),
                    .gradient = part_of(gradient, begin, end),
                    .first_moment = part_of(entry.moments[0], begin, end),
                    .second_moment = part_of(entry.moments[1], begin, end),
                    .second_moment_max = {}};
    if (entry.moments.size() > 2) spans.second_moment_max = part_of(entry.moments[2], begin, end);
    apply_adam(step, spans);
  });
}

void Optimizer::sgd_on_cpu(const SgdStep& step, const Entry& entry, const at::Tensor& gradient) const {
  const at::Tensor& weight = entry.weight->tensor;
  at::parallel_for(0, weight.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    apply_sgd(step, part_of(weight, begin, end), part_of(gradient, begin, end), part_of(entry.moments[0], begin, end));
  });
}

void Optimizer::save(SavedTensors& tensors) const {
  for (const Entry& entry : entries_) {
    for (std::size_t i = 0; i < moment_names_.size(); ++i) {
      tensors.add(moment_names_[i] + entry.weight->name, entry.moments[i]);
    }
  }
}

core::Status Optimizer::restore(const tensorfile::SafetensorsFile& file, std::int64_t step_count) {
  for (const Entry& entry : entries_) {
    for (std::size_t i = 0; i < moment_names_.size(); ++i) {
      ALVEUS_TRY(copy_from(file, moment_names_[i] + entry.weight->name, entry.moments[i]));
    }
  }
  step_count_ = step_count;
  return {};
}

}  // namespace alveus::learn
