// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/optimizer.hpp"

#include <ATen/Parallel.h>

#include <array>
#include <span>

namespace alveus::learn {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // weights a thread takes at once

struct Moment {
  std::string_view prefix;
  at::Tensor tensor;
};

std::span<float> part_of(const at::Tensor& tensor, std::int64_t begin, std::int64_t end) {
  return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()))
      .subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

/// The same step in LibTorch's operations, for devices whose memory the CPU does not see.
void step_on_device(const AmsgradStep& step, const at::Tensor& weight, at::Tensor gradient, const at::Tensor& first,
                    const at::Tensor& second, const at::Tensor& second_max) {
  if (step.weight_decay != 0) gradient = gradient.add(weight, step.weight_decay);
  first.mul_(step.beta1).add_(gradient, step.one_minus_beta1);
  second.mul_(step.beta2).addcmul_(gradient, gradient, step.one_minus_beta2);
  at::Tensor most = second_max;
  at::maximum_out(most, second_max, second);
  weight.addcdiv_(first, second_max.sqrt().mul_(step.inverse_root_of_bias2).add_(step.epsilon), -step.step_size);
}

}  // namespace

Optimizer::Optimizer(const WeightList& weights, const AmsgradSettings& settings) : settings_(settings) {
  for (const Weight& weight : weights.items()) {
    if (weight.role != WeightRole::kTrained) continue;
    const at::Tensor like = weight.tensor.detach();
    entries_.push_back({&weight, at::zeros_like(like), at::zeros_like(like), at::zeros_like(like)});
  }
}

void Optimizer::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  settings_.learning_rate = learning_rate;
  const AmsgradStep factors = amsgrad_step(settings_, ++step_count_);
  for (const Entry& entry : entries_) {
    at::Tensor weight = entry.weight->tensor;
    at::Tensor gradient = weight.grad();
    if (!gradient.defined()) continue;
    if (gradient.strides() != weight.strides()) gradient = at::empty_like(weight).copy_(gradient);
    if (weight.device().is_cpu()) {
      step_on_cpu(factors, entry, gradient);
    } else {
      step_on_device(factors, weight.detach(), gradient, entry.first, entry.second, entry.second_max);
    }
    weight.mutable_grad().reset();
  }
}

void Optimizer::step_on_cpu(const AmsgradStep& step, const Entry& entry, const at::Tensor& gradient) const {
  const at::Tensor& weight = entry.weight->tensor;
  at::parallel_for(0, weight.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
    apply_amsgrad(step, {.weights = part_of(weight, begin, end),
                         .gradient = part_of(gradient, begin, end),
                         .first_moment = part_of(entry.first, begin, end),
                         .second_moment = part_of(entry.second, begin, end),
                         .second_moment_max = part_of(entry.second_max, begin, end)});
  });
}

void Optimizer::save(SavedTensors& tensors) const {
  for (const Entry& entry : entries_) {
    tensors.add("first/" + entry.weight->name, entry.first);
    tensors.add("second/" + entry.weight->name, entry.second);
    tensors.add("second_max/" + entry.weight->name, entry.second_max);
  }
}

core::Status Optimizer::restore(const tensorfile::SafetensorsFile& file, std::int64_t step_count) {
  const at::NoGradGuard no_grad;
  for (const Entry& entry : entries_) {
    const std::array moments = {Moment{"first/", entry.first}, Moment{"second/", entry.second},
                                Moment{"second_max/", entry.second_max}};
    for (const Moment& moment : moments) {
      const std::string name = std::string(moment.prefix) + entry.weight->name;
      const tensorfile::TensorView* const view = file.find(name);
      if (view == nullptr || view->type != tensorfile::ElementType::kF32 ||
          at::IntArrayRef(view->shape) != moment.tensor.sizes()) {
        return core::fail(core::ErrorCode::kCorrupt, "'" + name + "' is absent or has another shape", file.name());
      }
      moment.tensor.copy_(tensor_of(*view));
    }
  }
  step_count_ = step_count;
  return {};
}

}  // namespace alveus::learn
