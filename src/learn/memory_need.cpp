// SPDX-License-Identifier: Apache-2.0
#include "learn/memory_need.hpp"

#include <algorithm>

#include "learn/detail/block_cache.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/detail/torch_compat.hpp"
#include "learn/detail/torch_edge.hpp"
#include "study/unit.hpp"

namespace alveus::learn {
namespace {

constexpr std::int64_t kBytesPerNumber = 4;

/// The sizes of an input of so many examples.
std::vector<std::int64_t> input_sizes(const NetworkDescription& network, const study::TrainingSettings& settings,
                                      const TensorFolder& folder, std::int64_t count) {
  const std::int64_t channels = study::input_channels(settings.network);
  std::vector<std::int64_t> sizes = {count, channels};
  if (network.input == InputKind::kVolumes) sizes = {count, channels, settings.depth};
  if (network.input == InputKind::kBags) sizes = {count, settings.depth, channels};
  sizes.push_back(static_cast<std::int64_t>(folder.height()));
  sizes.push_back(static_cast<std::int64_t>(folder.width()));
  return sizes;
}

/// What a step of so many examples takes of the system for its tensors, besides the weights and their gradients. Blocks
/// that are free again count, as they stay with the process and fit only requests of their size.
std::int64_t walk_step(Network& network, const at::Tensor& pictures, at::ScalarType precision) {
  BlockCache& blocks = tensor_blocks();
  blocks.release();
  const std::size_t before = blocks.used_bytes();
  blocks.forget_peak();
  core::Random noise(1, "memory", 0);
  {
    const ReducedPrecision reduced(at::kCPU, precision);
    const TrainingLogits answer = network.forward_training(pictures, {.noise = noise});
    at::Tensor sum = answer.logits.to(at::kFloat).sum();
    if (answer.auxiliary.defined()) sum = sum + answer.auxiliary.to(at::kFloat).sum();
    sum.backward();
  }
  return static_cast<std::int64_t>(blocks.peak_bytes() - before);
}

/// Channels-last weights are copied when a checkpoint is written.
std::int64_t reordered_count(const Network& network) {
  std::int64_t count = 0;
  for (const Weight& weight : network.parts().weights.items()) {
    if (!weight.tensor.is_contiguous()) count += weight.tensor.numel();
  }
  return count;
}

}  // namespace

core::Result<MemoryEstimate::StepCost> MemoryEstimate::cost_of(const study::TrainingSettings& settings) {
  const bool is_of_slices = study::unit_of(settings.network) == study::Unit::kSlice;
  const auto key = std::tuple(settings.network, settings.precision, is_of_slices ? 0 : settings.depth);
  if (const auto known = costs_.find(key); known != costs_.end()) return known->second;
  const bool is_square = folder_.height() == folder_.width();
  ALVEUS_TRY_ASSIGN(auto network, Network::make({.name = settings.network,
                                                 .in_channels = study::input_channels(settings.network),
                                                 .class_count = 2,
                                                 .seed = 1,
                                                 .picture_side = is_square ? static_cast<int>(folder_.height()) : 0},
                                                Device::kCpu));
  const std::int64_t few = is_of_slices ? 2 : 1;
  const std::int64_t more = 2 * few;
  const auto sizes = [&](std::int64_t count) { return input_sizes(network.description(), settings, folder_, count); };
  ALVEUS_TRY(network.check_input(sizes(more)));
  // Half the bits take half the memory, whichever half they are: float16 itself runs on GPUs alone.
  const at::ScalarType precision = settings.precision == "float32" ? at::kFloat : at::kBFloat16;
  return at_torch_edge("estimating the memory of " + settings.network, [&] {
    const at::Tensor few_examples = at::full(sizes(few), 0.5, at::kFloat);
    const at::Tensor more_examples = at::full(sizes(more), 0.5, at::kFloat);
    walk_step(network, few_examples, precision);  // makes the gradients, which then stay
    const std::int64_t with_few = walk_step(network, few_examples, precision);
    const std::int64_t with_more = walk_step(network, more_examples, precision);
    const std::int64_t slope = std::max<std::int64_t>(0, (with_more - with_few) / (more - few));
    const StepCost cost = {.parameter_count = network.parameter_count(),
                           .reordered_count = reordered_count(network),
                           .fixed_bytes = std::max<std::int64_t>(0, with_few - few * slope),
                           .bytes_per_example = slope};
    return costs_.emplace(key, cost).first->second;
  });
}

core::Result<study::MemoryNeed> MemoryEstimate::of(const study::Variant& variant) {
  const study::TrainingSettings& settings = variant.settings;
  ALVEUS_TRY_ASSIGN(const StepCost cost, cost_of(settings));
  const std::int64_t examples = (study::examples_per_step(settings) + settings.batch_parts - 1) / settings.batch_parts;
  const std::int64_t kept = study::kept_bytes(settings, cost.parameter_count);
  const std::int64_t gradients = kBytesPerNumber * cost.parameter_count;
  // A checkpoint copies what is kept but the best weights, when the gradients are gone; on a GPU the copies lie
  // outside.
  const std::int64_t copies_of_each = kept / gradients - 1;
  const std::int64_t copies = device_ == Device::kCpu ? kBytesPerNumber * cost.reordered_count * copies_of_each : 0;
  return study::MemoryNeed{
      .kept_bytes = kept,
      // The file of the best weights is mapped to take its hash.
      .step_bytes = std::max(gradients, copies) + gradients + cost.fixed_bytes + examples * cost.bytes_per_example,
      .shape = settings.network + "/" + settings.precision + "/" + std::to_string(settings.depth) + "/" +
               std::to_string(examples)};
}

}  // namespace alveus::learn
