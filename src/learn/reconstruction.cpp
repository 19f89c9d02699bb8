// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/reconstruction.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"
#include "learn/detail/device_stream.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"

namespace alveus::learn {
namespace {

constexpr std::int64_t kChannelsLeast = 16;

std::int64_t halved(std::int64_t channels) { return std::max(channels / 2, kChannelsLeast); }

/// The channels of the network's last feature map, found by a pass.
std::int64_t map_channels(const Network& network) {
  const at::NoGradGuard no_grad;
  const NetworkDescription& description = network.description();
  const std::int64_t side =
      description.patch > 0 ? network.options().picture_side : std::max<std::int64_t>(description.least.height, 64);
  const at::Tensor picture =
      at::zeros({1, network.options().in_channels, side, side}, at::TensorOptions(torch_device(network.device())));
  return network.features(FeatureMap::kLast, picture).map.size(1);
}

std::int64_t stride_of(const Network& network) { return network.description().find(FeatureMap::kLast)->stride; }

}  // namespace

std::vector<std::int64_t> draw_visible(std::int64_t count, double masked_share, std::uint64_t seed, int epoch,
                                       const std::string& sample_id) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(count));
  std::iota(places.begin(), places.end(), 0);
  core::Random(seed, "mask/" + sample_id, static_cast<std::uint64_t>(epoch)).shuffle(std::span(places));
  const auto masked = std::llround(masked_share * static_cast<double>(count));
  places.resize(static_cast<std::size_t>(std::max<std::int64_t>(1, count - masked)));
  std::ranges::sort(places);
  return places;
}

PictureDecoder::PictureDecoder(WeightList& weights, std::int64_t channels, std::int64_t stride,
                               std::int64_t out_channels) {
  for (std::int64_t left = stride; left > 1; left = (left + 1) / 2) {
    const std::string name = "decoder." + std::to_string(stages_.size());
    Layers layers;
    ConvolutionHabit{}.add(layers, weights, name,
                           {.in_channels = channels, .out_channels = halved(channels), .kernel = 3, .padding = 1});
    stages_.push_back(std::move(layers));
    channels = halved(channels);
  }
  const ConvolutionShape shape = {.in_channels = channels, .out_channels = out_channels, .kernel = 3, .padding = 1};
  last_.push_back(std::make_unique<Convolution>(weights, "decoder.last", shape, torch_start(9 * channels)));
}

at::Tensor PictureDecoder::forward(at::Tensor map, std::int64_t height, std::int64_t width, const Pass& pass) const {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const std::int64_t coarser = std::int64_t{1} << (stages_.size() - 1 - i);
    const auto share = [&](std::int64_t length) { return (length + coarser - 1) / coarser; };
    map = at::upsample_nearest2d(map, {share(height), share(width)});
    map = forward_through(stages_[i], map.contiguous(at::MemoryFormat::ChannelsLast), pass);
  }
  return at::sigmoid(forward_through(last_, map, pass).to(at::kFloat));
}

ReconstructionObjective::ReconstructionObjective(const Network& network, Masking masking, ObjectiveSeed seed)
    : network_(network),
      masking_(masking),
      seed_(std::move(seed)),
      weights_(torch_device(network.device())),
      decoder_(weights_, map_channels(network), stride_of(network), network.options().in_channels) {
  weights_.fill(seed_.seed);
}

/// [N, 1, H, W]: 1 where the encoder sees the picture, 0 where it is masked.
at::Tensor ReconstructionObjective::visible(const ObjectiveInput& input) const {
  const std::int64_t height = input.pictures.size(2);
  const std::int64_t width = input.pictures.size(3);
  const std::int64_t side = (std::max(height, width) + kMaskCells - 1) / kMaskCells;
  const std::int64_t rows = (height + side - 1) / side;
  const std::int64_t columns = (width + side - 1) / side;
  at::Tensor cells = at::zeros({input.pictures.size(0), rows * columns}, at::kFloat);
  for (std::int64_t i = 0; i < input.pictures.size(0); ++i) {
    const std::string name = seed_.name_of(input.samples[static_cast<std::size_t>(i)]);
    for (const std::int64_t place : draw_visible(rows * columns, kMaskedShare, seed_.seed, input.epoch, name)) {
      cells[i][place] = 1;
    }
  }
  const at::Tensor grown = cells.view({-1, 1, rows, columns}).repeat_interleave(side, 2).repeat_interleave(side, 3);
  return sent_to(grown.slice(2, 0, height).slice(3, 0, width), input.pictures.device());
}

at::Tensor ReconstructionObjective::loss(const ObjectiveInput& input) {
  const at::Tensor seen = masking_ == Masking::kNone ? at::Tensor() : visible(input);
  const at::Tensor shown = seen.defined() ? input.pictures * seen : input.pictures;
  const FeatureCut cut = network_.features_training(FeatureMap::kLast, shown, input.pass);
  const at::Tensor answer =
      decoder_.forward(cut.map, input.pictures.size(2), input.pictures.size(3), layer_pass(input.pass));
  const at::Tensor error = (answer - input.pictures).square();
  if (!seen.defined()) return error.mean();
  const at::Tensor masked = (1 - seen).expand_as(error);
  return (error * masked).sum() / masked.sum();
}

}  // namespace alveus::learn
