// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"

// How inputs go through a network.
namespace alveus::learn {
namespace {

using core::ErrorCode;

std::string sizes_text(std::span<const std::int64_t> sizes) {
  std::string text = "[";
  for (const std::int64_t size : sizes) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::string_view shape_of(InputKind kind) {
  switch (kind) {
    case InputKind::kPictures: return "pictures [N, C, H, W]";
    case InputKind::kVolumes: return "volumes [N, C, D, H, W]";
    case InputKind::kBags: return "bags of slices [N, S, C, H, W]";
  }
  return "?";
}

/// What the network asks of its input that `sizes` lack, or nothing.
std::string missing_of(const NetworkDescription& network, const NetworkOptions& options,
                       std::span<const std::int64_t> sizes) {
  const std::size_t axis_count = network.input == InputKind::kPictures ? 4 : 5;
  if (sizes.size() != axis_count) return std::string(shape_of(network.input));
  if (std::ranges::any_of(sizes, [](std::int64_t size) { return size < 1; })) return "inputs with something in them";
  const std::int64_t channels = sizes[network.input == InputKind::kBags ? 2 : 1];
  if (channels != options.in_channels) {
    return std::to_string(options.in_channels) + (options.in_channels == 1 ? " channel" : " channels");
  }
  const PictureSize size = {.depth = network.input == InputKind::kVolumes ? sizes[2] : 1,
                            .height = sizes[axis_count - 2],
                            .width = sizes[axis_count - 1]};
  if (network.patch > 0) {
    const PictureSize only = {.height = options.picture_side, .width = options.picture_side};
    if (size != only) return "pictures of " + text_of(only, network.axes()) + " alone, for which it was built";
  }
  if (size.depth < network.least.depth || size.height < network.least.height || size.width < network.least.width) {
    return "at least " + text_of(network.least, network.axes());
  }
  return "";
}

/// An input as the layers want it: the real slices of bags one behind the other, pictures in channels-last order.
struct LayerInput {
  at::Tensor value;
  std::vector<std::int64_t> slice_counts;
};

LayerInput as_layer_input(const Network& network, const at::Tensor& input, std::span<const std::int64_t> slice_counts) {
  if (const auto fits = network.check_input(input.sizes()); !fits) C10_THROW_ERROR(ValueError, fits.error().message);
  if (network.description().input == InputKind::kVolumes) return {input.contiguous(), {}};
  if (network.description().input == InputKind::kPictures)
    return {input.contiguous(at::MemoryFormat::ChannelsLast), {}};
  LayerInput answer = {{}, {slice_counts.begin(), slice_counts.end()}};
  if (answer.slice_counts.empty()) answer.slice_counts.assign(static_cast<std::size_t>(input.size(0)), input.size(1));
  TORCH_CHECK_VALUE(std::ssize(answer.slice_counts) == input.size(0), "each bag needs its number of slices");
  std::vector<at::Tensor> real;
  for (std::int64_t bag = 0; bag < input.size(0); ++bag) {
    const std::int64_t count = answer.slice_counts[static_cast<std::size_t>(bag)];
    TORCH_CHECK_VALUE(count >= 1 && count <= input.size(1), "a bag has from 1 to ", input.size(1), " slices, not ",
                      count);
    real.push_back(input[bag].narrow(0, 0, count));
  }
  answer.value = at::cat(real).contiguous(at::MemoryFormat::ChannelsLast);
  return answer;
}

at::Tensor through(const Layers& layers, std::size_t begin, std::size_t end, at::Tensor value, const Pass& pass) {
  for (std::size_t i = begin; i < end; ++i) value = layers[i]->forward(value, pass);
  return value;
}

/// Number of feature layers in front of the map; throws for a map the network does not have.
std::size_t map_end(const Network& network, FeatureMap map) {
  TORCH_CHECK_VALUE(network.description().find(map) != nullptr, network.description().name,
                    " has no such feature map; `alveus networks` says which it has");
  const Blueprint& blueprint = network.parts().blueprint;
  return map == FeatureMap::kLast ? blueprint.features.size() : blueprint.next_to_last_end;
}

FeatureCut cut_of(const at::Tensor& value, MapForm form, std::vector<std::int64_t> slice_counts) {
  if (form == MapForm::kPlaces) return {.map = value, .rest = {}, .slice_counts = std::move(slice_counts)};
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(value.size(1) - 1))));
  const at::Tensor places = value.narrow(1, 1, side * side).transpose(1, 2);
  return {.map = places.reshape({value.size(0), value.size(2), side, side}),
          .rest = value.narrow(1, 0, 1),
          .slice_counts = std::move(slice_counts)};
}

at::Tensor value_of(const FeatureCut& cut, MapForm form) {
  if (form == MapForm::kPlaces) return cut.map;
  return at::cat({cut.rest, cut.map.flatten(2).transpose(1, 2)}, 1);
}

}  // namespace

Pass layer_pass(const TrainingPass& training, std::span<const std::int64_t> slice_counts) {
  return {.training = true,
          .noise = training.dropping == Dropping::kOn ? &training.noise : nullptr,
          .momentum = std::max(training.statistics_share_min, 1.0 / static_cast<double>(training.step_number)),
          .slice_counts = slice_counts};
}

core::Status Network::check_input(std::span<const std::int64_t> sizes) const {
  const std::string missing = missing_of(description(), parts_->options, sizes);
  if (missing.empty()) return {};
  return core::fail(ErrorCode::kInvalidInput,
                    "the network " + description().name + " takes " + missing + ", not " + sizes_text(sizes));
}

at::Tensor Network::forward(const at::Tensor& input, std::span<const std::int64_t> slice_counts) const {
  const LayerInput start = as_layer_input(*this, input, slice_counts);
  const Pass pass = {.slice_counts = start.slice_counts};
  const Blueprint& blueprint = parts_->blueprint;
  return forward_through(blueprint.head, forward_through(blueprint.features, start.value, pass), pass);
}

TrainingLogits Network::forward_training(const at::Tensor& input, const TrainingPass& training) const {
  const LayerInput start = as_layer_input(*this, input, training.slice_counts);
  const Pass pass = layer_pass(training, start.slice_counts);
  const Blueprint& blueprint = parts_->blueprint;
  TrainingLogits answer;
  at::Tensor value = through(blueprint.features, 0, blueprint.auxiliary_begin, start.value, pass);
  const bool has_room = std::min(value.size(-2), value.size(-1)) >= blueprint.auxiliary_side_least;
  if (!blueprint.auxiliary.empty() && has_room) answer.auxiliary = forward_through(blueprint.auxiliary, value, pass);
  value = through(blueprint.features, blueprint.auxiliary_begin, blueprint.features.size(), std::move(value), pass);
  answer.logits = forward_through(blueprint.head, std::move(value), pass);
  return answer;
}

FeatureCut Network::features(FeatureMap map, const at::Tensor& input,
                             std::span<const std::int64_t> slice_counts) const {
  LayerInput start = as_layer_input(*this, input, slice_counts);
  const Pass pass = {.slice_counts = start.slice_counts};
  const at::Tensor value = through(parts_->blueprint.features, 0, map_end(*this, map), std::move(start.value), pass);
  return cut_of(value, parts_->blueprint.map_form, std::move(start.slice_counts));
}

FeatureCut Network::features_training(FeatureMap map, const at::Tensor& input, const TrainingPass& training) const {
  LayerInput start = as_layer_input(*this, input, training.slice_counts);
  const Pass pass = layer_pass(training, start.slice_counts);
  const at::Tensor value = through(parts_->blueprint.features, 0, map_end(*this, map), std::move(start.value), pass);
  return cut_of(value, parts_->blueprint.map_form, std::move(start.slice_counts));
}

at::Tensor Network::finish(FeatureMap map, const FeatureCut& cut, std::vector<at::Tensor>* attention) const {
  const Blueprint& blueprint = parts_->blueprint;
  const Pass pass = {.slice_counts = cut.slice_counts, .attention = attention};
  at::Tensor value = value_of(cut, blueprint.map_form);
  value = through(blueprint.features, map_end(*this, map), blueprint.features.size(), std::move(value), pass);
  return forward_through(blueprint.head, std::move(value), pass);
}

}  // namespace alveus::learn
