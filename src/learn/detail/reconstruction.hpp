// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "learn/detail/layers.hpp"
#include "learn/detail/objective.hpp"

namespace alveus::learn {

constexpr double kMaskedShare = 0.75;
constexpr std::int64_t kMaskCells = 8;  ///< along the longer side of a picture, for networks without patches

/// The places that stay visible in one epoch, in ascending order: all but round(share * count) of `count`, at least
/// one. Depends on its arguments alone.
std::vector<std::int64_t> draw_visible(std::int64_t count, double masked_share, std::uint64_t seed, int epoch,
                                       const std::string& sample_id);

/// Mirrors the way from a picture to its last feature map: the map is doubled (nearest neighbour) and convolved (3 x 3,
/// batch norm, relu, half the channels, at least 16) until it has the picture's size; a last convolution and a sigmoid
/// give grey values in [0, 1].
class PictureDecoder {
 public:
  /// For maps of `channels`, pictures of `out_channels`, and `stride` pixels to one of the map.
  PictureDecoder(WeightList& weights, std::int64_t channels, std::int64_t stride, std::int64_t out_channels);
  /// [N, C, h, w] to [N, out channels, height, width].
  at::Tensor forward(at::Tensor map, std::int64_t height, std::int64_t width, const Pass& pass) const;

 private:
  std::vector<Layers> stages_;
  Layers last_;
};

/// Which pictures the encoder sees.
enum class Masking { kNone, kCells };

/// Convolutional auto-encoder: encoder up to the last feature map, `PictureDecoder`, mean squared error of all pixels.
/// With `kCells` a masked one, for networks whose convolutions cannot leave places out: 75 % of the cells of a grid of
/// 8 x 8 (of square pictures) are black in what the encoder sees, and the error counts there alone, as in SimMIM (Xie
/// et al., 2022), in place of the sparse convolutions of SparK (Tian et al., 2023).
class ReconstructionObjective final : public Objective {
 public:
  ReconstructionObjective(const Network& network, Masking masking, ObjectiveSeed seed);
  const WeightList& weights() const override { return weights_; }
  at::Tensor loss(const ObjectiveInput& input) override;

 private:
  at::Tensor visible(const ObjectiveInput& input) const;

  const Network& network_;
  Masking masking_;
  ObjectiveSeed seed_;
  WeightList weights_;
  PictureDecoder decoder_;
};

/// Masked auto-encoder (He et al., 2022) of a transformer: the encoder sees 25 % of the patches; a light decoder (two
/// blocks, 192 wide) gets its answers, one learned token in place of each masked patch, and fixed sine-cosine
/// positions, and gives the pixels of all patches. The loss is the mean squared error of the masked ones.
class MaskedPatchObjective final : public Objective {
 public:
  MaskedPatchObjective(const Network& network, ObjectiveSeed seed);
  const WeightList& weights() const override { return weights_; }
  at::Tensor loss(const ObjectiveInput& input) override;

 private:
  at::Tensor encode(const at::Tensor& pictures, const at::Tensor& places, const TrainingPass& training) const;
  at::Tensor decode(const at::Tensor& tokens, const at::Tensor& places, std::int64_t patch_count,
                    const Pass& pass) const;

  const Network& network_;
  ObjectiveSeed seed_;
  WeightList weights_;
  Linear embed_;
  at::Tensor mask_token_;
  Layers blocks_;
  std::unique_ptr<Linear> to_pixels_;
};

/// [N, C, H, W] to patches [N, (H / P) (W / P), P * P * C].
at::Tensor patches_of(const at::Tensor& pictures, std::int64_t side);

/// Whether the network takes patches as tokens, so that masked ones can be left out.
bool has_tokens(const Network& network);

}  // namespace alveus::learn
