// SPDX-License-Identifier: Apache-2.0
#include "learn/network.hpp"

#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr std::string_view kNameKey = "network";
constexpr std::string_view kChannelsKey = "in_channels";
constexpr std::string_view kClassesKey = "class_count";
constexpr double kMomentumMin = 0.1;
constexpr int kClassesMax = 100'000;

core::Result<Blueprint> build(const NetworkOptions& options, WeightList& weights) {
  if ((options.in_channels != 1 && options.in_channels != 3) || options.class_count < 1 ||
      options.class_count > kClassesMax) {
    return core::fail(ErrorCode::kInvalidInput, "a network takes 1 or 3 channels and has from 1 to 100000 classes");
  }
  const NetworkSize size = {.in_channels = options.in_channels, .class_count = options.class_count};
  auto network = build_resnet(options.name, size, weights);
  if (!network) network = build_densenet(options.name, size, weights);
  if (!network) network = build_vgg(options.name, size, weights);
  if (network) return *std::move(network);
  const auto names = network_names();
  const auto likely = core::nearest(options.name, names);
  return core::fail(ErrorCode::kInvalidInput,
                    "there is no network '" + options.name + "'" + (likely ? "; did you mean '" + *likely + "'?" : ""));
}

std::int64_t trained_count(const WeightList& weights) {
  std::int64_t count = 0;
  for (const Weight& weight : weights.items()) {
    if (weight.role == WeightRole::kTrained) count += weight.tensor.numel();
  }
  return count;
}

/// The name in front of ".weight" of the weight that was added last but its bias.
std::string last_layer_name(const WeightList& weights) {
  const std::string& bias = weights.items().back().name;
  return bias.substr(0, bias.rfind('.'));
}

core::Result<int> metadata_number(const tensorfile::SafetensorsFile& file, std::string_view key) {
  const auto found = file.metadata().find(std::string(key));
  int number = 0;
  if (found != file.metadata().end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return core::fail(
      ErrorCode::kInvalidInput,
      "the metadata have no number '" + std::string(key) + "'; the file was not written by 'alveus train'",
      file.name());
}

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

core::Status wrong_weight(const std::string& name, const std::string& fact, const std::string& file) {
  return core::fail(ErrorCode::kInvalidInput, "weight '" + name + "' " + fact, file);
}

/// Copies `source` into the weight; the first layer's colours are summed where the network has one channel.
core::Status take_start_weight(const Weight& weight, at::Tensor source, const std::string& file) {
  const at::Tensor tensor = weight.tensor;
  if (tensor.dim() == 4 && source.dim() == 4 && tensor.size(1) == 1 && source.size(1) == 3) {
    source = source.sum(at::IntArrayRef({1}), /*keepdim=*/true);
  }
  if (tensor.sizes() != source.sizes()) {
    return wrong_weight(weight.name,
                        "has shape " + shape_text(source.sizes()) + ", the network needs " + shape_text(tensor.sizes()),
                        file);
  }
  tensor.copy_(source);
  return {};
}

/// Goes through the weights and takes those that `find` gives; the head may be absent or of another size.
template <typename Find>
core::Status take_start_weights_from(const Network::Parts& parts, const std::string& file, Find find) {
  return at_torch_edge("taking start weights", [&]() -> core::Status {
    const at::NoGradGuard no_grad;
    for (const Weight& weight : parts.weights.items()) {
      const std::optional<at::Tensor> source = find(weight.name);
      const bool in_head = weight.name.starts_with(parts.head_name + ".");
      if (in_head && (!source || source->sizes() != weight.tensor.sizes())) continue;
      // Files of other programs may leave the counters out; nothing depends on them.
      if (!source && weight.role == WeightRole::kCounter) continue;
      if (!source) return wrong_weight(weight.name, "is absent; the file belongs to another network", file);
      ALVEUS_TRY(take_start_weight(weight, *source, file));
    }
    return {};
  });
}

/// The metadata, with those that `load` needs to build the network again.
tensorfile::TextMap with_options(tensorfile::TextMap metadata, const NetworkOptions& options) {
  metadata[std::string(kNameKey)] = options.name;
  metadata[std::string(kChannelsKey)] = std::to_string(options.in_channels);
  metadata[std::string(kClassesKey)] = std::to_string(options.class_count);
  return metadata;
}

}  // namespace

at::Device torch_device(Device device) { return {device == Device::kCpu ? at::kCPU : at::kCUDA}; }

std::vector<std::string> network_names() {
  std::vector<std::string> names = resnet_names();
  for (auto& name : densenet_names()) names.push_back(std::move(name));
  for (auto& name : vgg_names()) names.push_back(std::move(name));
  std::ranges::sort(names);
  return names;
}

Network::Network(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

core::Result<Network> Network::make(const NetworkOptions& options, Device device) {
  return at_torch_edge("building the network " + options.name, [&]() -> core::Result<Network> {
    auto parts = std::make_unique<Parts>(torch_device(device));
    parts->options = options;
    parts->device = device;
    ALVEUS_TRY_ASSIGN(parts->blueprint, build(options, parts->weights));
    parts->head_name = last_layer_name(parts->weights);
    parts->weights.fill(options.seed);
    return Network(std::move(parts));
  });
}

const NetworkOptions& Network::options() const { return parts_->options; }
Device Network::device() const { return parts_->device; }

std::int64_t Network::parameter_count() const { return trained_count(parts_->weights); }

core::Result<std::int64_t> parameter_count(const NetworkOptions& options) {
  return at_torch_edge("building the network " + options.name, [&]() -> core::Result<std::int64_t> {
    WeightList weights(at::kMeta);  // shapes alone
    ALVEUS_TRY(build(options, weights));
    return trained_count(weights);
  });
}

at::Tensor Network::forward(const at::Tensor& pictures) const {
  return finish(FeatureMap::kLast, features(FeatureMap::kLast, pictures));
}

at::Tensor Network::forward_training(const at::Tensor& pictures, const TrainingPass& training) const {
  const double momentum = std::max(kMomentumMin, 1.0 / static_cast<double>(training.step_number));
  const Pass pass = {.training = true, .noise = &training.noise, .momentum = momentum};
  at::Tensor value = pictures.contiguous(at::MemoryFormat::ChannelsLast);
  value = forward_through(parts_->blueprint.features, std::move(value), pass);
  return forward_through(parts_->blueprint.head, std::move(value), pass);
}

at::Tensor Network::features(FeatureMap map, const at::Tensor& pictures) const {
  const Layers& layers = parts_->blueprint.features;
  const std::size_t end = map == FeatureMap::kLast ? layers.size() : parts_->blueprint.next_to_last_end;
  at::Tensor value = pictures.contiguous(at::MemoryFormat::ChannelsLast);
  for (std::size_t i = 0; i < end; ++i) value = layers[i]->forward(value, Pass{});
  return value;
}

at::Tensor Network::finish(FeatureMap map, const at::Tensor& features) const {
  const Layers& layers = parts_->blueprint.features;
  at::Tensor value = features;
  for (std::size_t i = map == FeatureMap::kLast ? layers.size() : parts_->blueprint.next_to_last_end; i < layers.size();
       ++i) {
    value = layers[i]->forward(value, Pass{});
  }
  return forward_through(parts_->blueprint.head, std::move(value), Pass{});
}

core::Result<std::string> Network::save(const std::filesystem::path& path, const tensorfile::TextMap& metadata) const {
  return at_torch_edge("saving the network", [&] {
    SavedTensors tensors;
    for (const Weight& weight : parts_->weights.items()) tensors.add(weight.name, weight.tensor);
    return tensorfile::write_safetensors(path, tensors.views(), with_options(metadata, parts_->options));
  });
}

WeightSnapshot::WeightSnapshot(const Network& network) : options_(network.options()) {
  for (const Weight& weight : network.parts().weights.items()) {
    weights_.emplace_back(weight.name, weight.tensor.detach().clone());
  }
}

core::Status WeightSnapshot::save(const std::filesystem::path& path) const {
  return at_torch_edge("saving the network", [&]() -> core::Status {
    SavedTensors tensors;
    for (const auto& [name, tensor] : weights_) tensors.add(name, tensor);
    ALVEUS_TRY(tensorfile::write_safetensors(path, tensors.views(), with_options({}, options_)));
    return {};
  });
}

core::Result<Network> Network::load(const std::filesystem::path& path, Device device) {
  ALVEUS_TRY_ASSIGN(const auto file, tensorfile::SafetensorsFile::open(path));
  NetworkOptions options;
  const auto name = file.metadata().find(std::string(kNameKey));
  if (name == file.metadata().end()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the metadata name no network; the file was not written by 'alveus train'", file.name());
  }
  options.name = name->second;
  ALVEUS_TRY_ASSIGN(options.in_channels, metadata_number(file, kChannelsKey));
  ALVEUS_TRY_ASSIGN(options.class_count, metadata_number(file, kClassesKey));
  ALVEUS_TRY_ASSIGN(auto network, make(options, device));
  ALVEUS_TRY(network.take_weights(file));
  return network;
}

core::Status Network::take_weights(const tensorfile::SafetensorsFile& file) {
  const auto& weights = parts_->weights;
  for (const tensorfile::TensorView& view : file.tensors()) {
    if (weights.find(view.name) == nullptr) {
      return wrong_weight(view.name, "is unknown to the network " + parts_->options.name, file.name());
    }
  }
  return at_torch_edge("reading weights", [&]() -> core::Status {
    const at::NoGradGuard no_grad;
    for (const Weight& weight : weights.items()) {
      const tensorfile::TensorView* const view = file.find(weight.name);
      if (view == nullptr) return wrong_weight(weight.name, "is absent", file.name());
      const at::Tensor tensor = weight.tensor;
      const auto wanted =
          weight.role == WeightRole::kCounter ? tensorfile::ElementType::kI64 : tensorfile::ElementType::kF32;
      if (tensor.sizes() != at::IntArrayRef(view->shape) || view->type != wanted) {
        return wrong_weight(weight.name,
                            "has shape " + shape_text(view->shape) + " or another type, the network needs " +
                                shape_text(tensor.sizes()),
                            file.name());
      }
      tensor.copy_(tensor_of(*view));
    }
    return {};
  });
}

core::Status Network::take_start_weights(const tensorfile::SafetensorsFile& file) {
  return take_start_weights_from(*parts_, file.name(), [&](const std::string& name) -> std::optional<at::Tensor> {
    const tensorfile::TensorView* const view = file.find(name);
    if (view == nullptr) return std::nullopt;
    return tensor_of(*view);
  });
}

core::Status Network::take_start_weights(const Network& other) {
  return take_start_weights_from(*parts_, other.options().name,
                                 [&](const std::string& name) -> std::optional<at::Tensor> {
                                   const Weight* const weight = other.parts_->weights.find(name);
                                   if (weight == nullptr) return std::nullopt;
                                   return weight->tensor.detach();
                                 });
}

}  // namespace alveus::learn
