// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "learn/detail/attention.hpp"
#include "learn/detail/device_stream.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/reconstruction.hpp"

// The masked auto-encoder of transformers.
namespace alveus::learn {
namespace {

constexpr std::int64_t kDecoderWidth = 192;
constexpr std::int64_t kDecoderHeads = 3;
constexpr int kDecoderDepth = 2;

std::int64_t token_width(const Network& network) { return network.parts().weights.find("class_token")->tensor.size(2); }

/// Positions [1, count, width] that need no learning (Vaswani et al., 2017), along the rows in the first half of the
/// width and along the columns in the second, as in He et al.
at::Tensor sine_positions(std::int64_t count, std::int64_t width) {
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(count))));
  const std::int64_t quarter = width / 4;
  const at::Tensor rates = at::pow(10000.0, -at::arange(quarter, at::kFloat) / static_cast<double>(quarter));
  const at::Tensor steps = at::arange(side, at::kFloat);
  const at::Tensor angles = at::outer(steps, rates);                  // [side, quarter]
  const at::Tensor waves = at::cat({angles.sin(), angles.cos()}, 1);  // [side, 2 quarter]
  const at::Tensor rows = waves.unsqueeze(1).expand({-1, side, -1});
  const at::Tensor columns = waves.unsqueeze(0).expand({side, -1, -1});
  return at::cat({rows, columns}, 2).reshape({1, count, width});
}

/// Rows `places`, [N, K], of tokens [N, P, C].
at::Tensor rows_at(const at::Tensor& tokens, const at::Tensor& places) {
  return tokens.gather(1, places.unsqueeze(2).expand({-1, -1, tokens.size(2)}));
}

}  // namespace

at::Tensor patches_of(const at::Tensor& pictures, std::int64_t side) {
  const std::int64_t rows = pictures.size(2) / side;
  const std::int64_t columns = pictures.size(3) / side;
  return pictures.reshape({pictures.size(0), pictures.size(1), rows, side, columns, side})
      .permute({0, 2, 4, 3, 5, 1})
      .reshape({pictures.size(0), rows * columns, side * side * pictures.size(1)});
}

bool has_tokens(const Network& network) { return network.parts().blueprint.map_form == MapForm::kTokens; }

MaskedPatchObjective::MaskedPatchObjective(const Network& network, ObjectiveSeed seed)
    : network_(network),
      seed_(std::move(seed)),
      weights_(torch_device(network.device())),
      embed_(weights_, "decoder.embed", token_width(network), kDecoderWidth, torch_start(token_width(network))) {
  mask_token_ = weights_.add("decoder.mask_token", {1, 1, kDecoderWidth}, WeightRole::kTrained, Filling::normal(0.02));
  for (int i = 0; i < kDecoderDepth; ++i) {
    blocks_.push_back(transformer_block(weights_, "decoder." + std::to_string(i), kDecoderWidth, kDecoderHeads));
  }
  blocks_.push_back(token_norm(weights_, "decoder.norm", kDecoderWidth));
  const std::int64_t side = network.description().patch;
  to_pixels_ = std::make_unique<Linear>(weights_, "decoder.pixels", kDecoderWidth,
                                        side * side * network.options().in_channels, torch_start(kDecoderWidth));
  weights_.fill(seed_.seed);
}

/// The encoder's answer to the class token and the patches at `places`, [N, 1 + K, C].
at::Tensor MaskedPatchObjective::encode(const at::Tensor& pictures, const at::Tensor& places,
                                        const TrainingPass& training) const {
  const Blueprint& blueprint = network_.parts().blueprint;
  const Pass pass = layer_pass(training);
  const at::Tensor all = blueprint.features.front()->forward(pictures, pass);
  at::Tensor tokens = at::cat({all.narrow(1, 0, 1), rows_at(all.narrow(1, 1, all.size(1) - 1), places)}, 1);
  for (std::size_t i = 1; i < blueprint.features.size(); ++i) tokens = blueprint.features[i]->forward(tokens, pass);
  for (std::size_t i = 0; i < blueprint.token_head_end; ++i) tokens = blueprint.head[i]->forward(tokens, pass);
  return tokens;
}

/// The pixels of all patches, [N, P, pixels].
at::Tensor MaskedPatchObjective::decode(const at::Tensor& tokens, const at::Tensor& places, std::int64_t patch_count,
                                        const Pass& pass) const {
  const at::Tensor known = embed_.forward(tokens, pass);
  const std::int64_t count = known.size(0);
  const at::Tensor masks = mask_token_.to(known.scalar_type()).expand({count, patch_count, -1});
  const at::Tensor where = places.unsqueeze(2).expand({-1, -1, kDecoderWidth});
  at::Tensor patches = masks.scatter(1, where, known.narrow(1, 1, known.size(1) - 1));
  patches = patches + sent_to(sine_positions(patch_count, kDecoderWidth), patches.device()).to(patches.scalar_type());
  at::Tensor value = at::cat({known.narrow(1, 0, 1), patches}, 1);
  value = forward_through(blocks_, value, pass);
  return to_pixels_->forward(value.narrow(1, 1, patch_count), pass).to(at::kFloat);
}

at::Tensor MaskedPatchObjective::loss(const ObjectiveInput& input) {
  const at::Tensor wanted = patches_of(input.pictures, network_.description().patch);
  const std::int64_t patch_count = wanted.size(1);
  std::vector<std::int64_t> numbers;
  for (const std::size_t sample : input.samples) {
    const auto some = draw_visible(patch_count, kMaskedShare, seed_.seed, input.epoch, seed_.name_of(sample));
    numbers.insert(numbers.end(), some.begin(), some.end());
  }
  const at::Tensor places =
      sent_to(at::tensor(numbers, at::kLong).view({input.pictures.size(0), -1}), input.pictures.device());
  const at::Tensor answer =
      decode(encode(input.pictures, places, input.pass), places, patch_count, layer_pass(input.pass));
  const at::Tensor masked = at::ones({input.pictures.size(0), patch_count}, wanted.options()).scatter(1, places, 0.0);
  const at::Tensor error = (answer - wanted).square().mean(2);
  return (error * masked).sum() / masked.sum();
}

}  // namespace alveus::learn
