// SPDX-License-Identifier: Apache-2.0
#include "learn/network.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/check.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr std::string_view kNameKey = "network";
constexpr std::string_view kChannelsKey = "in_channels";
constexpr std::string_view kClassesKey = "class_count";
constexpr std::string_view kPositionsName = "encoder.pos_embedding";
constexpr std::string_view kSideKey = "picture_side";
constexpr int kSideMax = 65'536;

/// What is wrong with the side of square pictures, or nothing.
std::string wrong_side(const NetworkDescription& network, int side) {
  const std::string asked =
      network.name + " cannot be built for pictures of " + std::to_string(side) + " x " + std::to_string(side) + ": ";
  if (side < 0 || side > kSideMax) return asked + "a side is from 1 to " + std::to_string(kSideMax);
  if (side == 0) return "";
  if (side < network.least.height || side < network.least.width) {
    return asked + "it needs at least " + text_of(network.least, network.axes());
  }
  if (network.patch > 0 && side % network.patch != 0) {
    return asked + "their side must be a multiple of " + std::to_string(network.patch);
  }
  return "";
}

/// The row of the network's table, when such a network can be built.
core::Result<const Design*> choose_design(const NetworkOptions& options) {
  ALVEUS_TRY_ASSIGN(const auto description, describe_network(options.name));
  if (options.in_channels < 1 || options.in_channels > kChannelsMax || options.class_count < 1 ||
      options.class_count > kClassesMax) {
    return core::fail(ErrorCode::kInvalidInput,
                      "a network takes from 1 to 3 channels and has from 1 to 100000 classes");
  }
  const std::string wrong = wrong_side(description, options.picture_side);
  if (!wrong.empty()) return core::fail(ErrorCode::kInvalidInput, wrong);
  return find_design(options.name);
}

NetworkSize size_of(const NetworkOptions& options, const NetworkDescription& network) {
  return {.in_channels = options.in_channels,
          .class_count = options.class_count,
          .picture_side = options.picture_side > 0 ? options.picture_side : network.usual.height};
}

std::int64_t trained_count(const WeightList& weights) {
  std::int64_t count = 0;
  for (const Weight& weight : weights.items()) {
    if (weight.role == WeightRole::kTrained) count += weight.tensor.numel();
  }
  return count;
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

tl::unexpected<core::Error> wrong_weight(const std::string& name, const std::string& fact, const std::string& file) {
  return core::fail(ErrorCode::kInvalidInput, "weight '" + name + "' " + fact, file);
}

/// The first layer of a network for other channels: its answer to grey pictures stays the same.
at::Tensor with_channels(const at::Tensor& source, std::int64_t channels) {
  std::vector<std::int64_t> repeats(static_cast<std::size_t>(source.dim()), 1);
  repeats[1] = channels;
  const at::Tensor sum = source.to(at::kFloat).sum(at::IntArrayRef({1}), /*keepdim=*/true);
  return (sum / static_cast<double>(channels)).repeat(repeats);
}

/// Whether the shapes differ in nothing but the number of channels that a first layer takes.
bool differs_in_channels(at::IntArrayRef one, at::IntArrayRef other) {
  const auto is_few = [](std::int64_t channels) { return channels >= 1 && channels <= 3; };
  return one.size() == other.size() && one.size() >= 4 && one[0] == other[0] && is_few(one[1]) && is_few(other[1]) &&
         one[1] != other[1] && one.slice(2) == other.slice(2);
}

/// Position embeddings [1, 1 + H * W, C], the class token's first, of a square grid of another size: bicubic, corners
/// on corners, as torchvision does it. Nothing when either is no such grid.
std::optional<at::Tensor> with_positions(const at::Tensor& source, at::IntArrayRef wanted) {
  if (source.dim() != 3 || wanted.size() != 3 || source.size(0) != 1 || source.size(2) != wanted[2])
    return std::nullopt;
  const auto side_of = [](std::int64_t places) { return std::llround(std::sqrt(static_cast<double>(places))); };
  const std::int64_t side = side_of(source.size(1) - 1);
  const std::int64_t wanted_side = side_of(wanted[1] - 1);
  if (side < 1 || side * side != source.size(1) - 1 || wanted_side * wanted_side != wanted[1] - 1) return std::nullopt;
  const at::Tensor grid =
      source.narrow(1, 1, side * side).to(at::kFloat).transpose(1, 2).reshape({1, source.size(2), side, side});
  const at::Tensor resized = at::upsample_bicubic2d(grid, {wanted_side, wanted_side}, /*align_corners=*/true);
  return at::cat({source.narrow(1, 0, 1).to(at::kFloat), resized.flatten(2).transpose(1, 2)}, 1);
}

/// Copies `source` into the weight, made to fit where it is the first layer of a network for other channels or belongs
/// to the positions of pictures of another size. Whether it had to be made to fit.
core::Result<bool> take_start_weight(const Weight& weight, at::Tensor source, const std::string& file) {
  const at::Tensor tensor = weight.tensor;
  const bool is_fitted = source.sizes() != tensor.sizes();
  if (weight.name == kPositionsName && source.sizes() != tensor.sizes()) {
    source = with_positions(source, tensor.sizes()).value_or(source);
  }
  if (differs_in_channels(tensor.sizes(), source.sizes())) source = with_channels(source, tensor.size(1));
  if (source.is_floating_point() != tensor.is_floating_point()) {
    return wrong_weight(weight.name, "is of another kind of number than the network's", file);
  }
  if (tensor.sizes() != source.sizes()) {
    return wrong_weight(weight.name,
                        "has shape " + shape_text(source.sizes()) + ", the network needs " + shape_text(tensor.sizes()),
                        file);
  }
  tensor.copy_(source);
  return is_fitted;
}

/// Goes through the weights and takes those that `find` gives; the head may be absent or of another size.
template <typename Find>
core::Result<TakenWeights> take_start_weights_from(const Network::Parts& parts, const std::string& file, Find find) {
  return at_torch_edge("taking start weights", [&]() -> core::Result<TakenWeights> {
    const at::NoGradGuard no_grad;
    TakenWeights taken;
    for (const Weight& weight : parts.weights.items()) {
      const std::optional<at::Tensor> source = find(weight.name);
      const bool in_head = is_in_head(parts.blueprint, weight.name);
      if (in_head && (!source || source->sizes() != weight.tensor.sizes())) {
        taken.left.push_back(weight.name);
        continue;
      }
      // Files of other programs may leave counters and fixed indices out.
      if (!source && is_integer(weight.role)) continue;
      if (!source) return wrong_weight(weight.name, "is absent; the file belongs to another network", file);
      ALVEUS_TRY_ASSIGN(const bool is_fitted, take_start_weight(weight, *source, file));
      if (is_fitted) taken.fitted.push_back(weight.name);
      ++taken.count;
    }
    return taken;
  });
}

/// The metadata, with those that `load` needs to build the network again.
tensorfile::TextMap with_options(tensorfile::TextMap metadata, const NetworkOptions& options,
                                 const tensorfile::TextMap& origin) {
  metadata.insert(origin.begin(), origin.end());
  metadata[std::string(kNameKey)] = options.name;
  metadata[std::string(kChannelsKey)] = std::to_string(options.in_channels);
  metadata[std::string(kClassesKey)] = std::to_string(options.class_count);
  if (options.picture_side > 0) metadata[std::string(kSideKey)] = std::to_string(options.picture_side);
  return metadata;
}

}  // namespace

bool is_in_head(const Blueprint& blueprint, const std::string& name) {
  return std::ranges::any_of(blueprint.head_names,
                             [&](const std::string& head) { return name.starts_with(head + "."); });
}

at::Device torch_device(Device device) { return {device == Device::kCpu ? at::kCPU : at::kCUDA}; }

Network::Network(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

core::Result<Network> Network::make(const NetworkOptions& options, Device device) {
  return at_torch_edge("building the network " + options.name, [&]() -> core::Result<Network> {
    auto parts = std::make_unique<Parts>(torch_device(device));
    parts->options = options;
    parts->device = device;
    ALVEUS_TRY_ASSIGN(parts->design, choose_design(options));
    const NetworkDescription& description = parts->design->description;
    const NetworkSize size = size_of(options, description);
    parts->options.picture_side = description.patch > 0 ? static_cast<int>(size.picture_side) : 0;
    parts->blueprint = parts->design->build(size, parts->weights);
    parts->weights.fill(options.seed);
    return Network(std::move(parts));
  });
}

const NetworkOptions& Network::options() const { return parts_->options; }
Device Network::device() const { return parts_->device; }
const NetworkDescription& Network::description() const { return parts_->design->description; }

std::int64_t Network::parameter_count() const { return trained_count(parts_->weights); }

core::Result<std::int64_t> parameter_count(const NetworkOptions& options) {
  return at_torch_edge("building the network " + options.name, [&]() -> core::Result<std::int64_t> {
    WeightList weights(at::kMeta);  // shapes alone
    ALVEUS_TRY_ASSIGN(const Design* const design, choose_design(options));
    design->build(size_of(options, design->description), weights);
    return trained_count(weights);
  });
}

core::Result<std::vector<WeightShape>> weight_shapes(const NetworkOptions& options) {
  return at_torch_edge("building the network " + options.name, [&]() -> core::Result<std::vector<WeightShape>> {
    WeightList weights(at::kMeta);
    ALVEUS_TRY_ASSIGN(const Design* const design, choose_design(options));
    design->build(size_of(options, design->description), weights);
    std::vector<WeightShape> shapes;
    for (const Weight& weight : weights.items()) {
      if (is_integer(weight.role)) continue;
      shapes.push_back({.name = weight.name, .shape = weight.tensor.sizes().vec()});
    }
    return shapes;
  });
}

core::Result<std::string> Network::save(const std::filesystem::path& path, const tensorfile::TextMap& metadata) const {
  return at_torch_edge("saving the network", [&] {
    SavedTensors tensors;
    for (const Weight& weight : parts_->weights.items()) tensors.add(weight.name, weight.tensor);
    return tensorfile::write_safetensors(path, tensors.views(),
                                         with_options(metadata, parts_->options, parts_->origin));
  });
}

WeightSnapshot::WeightSnapshot(const Network& network) : options_(network.options()), origin_(network.parts().origin) {
  for (const Weight& weight : network.parts().weights.items()) {
    weights_.emplace_back(weight.name, weight.tensor.detach().clone());
  }
}

core::Status WeightSnapshot::save(const std::filesystem::path& path) const {
  return at_torch_edge("saving the network", [&]() -> core::Status {
    SavedTensors tensors;
    for (const auto& [name, tensor] : weights_) tensors.add(name, tensor);
    ALVEUS_TRY(tensorfile::write_safetensors(path, tensors.views(), with_options({}, options_, origin_)));
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
  if (file.metadata().contains(std::string(kSideKey))) {
    ALVEUS_TRY_ASSIGN(options.picture_side, metadata_number(file, kSideKey));
  }
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
      const auto wanted = is_integer(weight.role) ? tensorfile::ElementType::kI64 : tensorfile::ElementType::kF32;
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

core::Result<TakenWeights> Network::take_start_weights(const tensorfile::WeightsFile& file) {
  parts_->origin = {{"start_weights", std::filesystem::path(file.name()).filename().string()},
                    {"start_weights_sha256", file.sha256()}};
  return take_start_weights_from(*parts_, file.name(), [&](const std::string& name) -> std::optional<at::Tensor> {
    const tensorfile::TensorView* const view = file.find(name);
    if (view == nullptr) return std::nullopt;
    return tensor_of(*view);
  });
}

core::Result<TakenWeights> Network::take_start_weights(const Network& other) {
  return take_start_weights_from(*parts_, other.options().name,
                                 [&](const std::string& name) -> std::optional<at::Tensor> {
                                   const Weight* const weight = other.parts_->weights.find(name);
                                   if (weight == nullptr) return std::nullopt;
                                   return weight->tensor.detach();
                                 });
}

}  // namespace alveus::learn
