// SPDX-License-Identifier: Apache-2.0
#include "learn/augment_draw.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "core/check.hpp"
#include "core/random.hpp"

namespace alveus::learn {
namespace {

using Kind = study::AugmentationKind;

core::Random stream(std::string_view purpose, const DrawKey& key) {
  return {key.seed, std::string(purpose) + "/" + std::string(key.sample_id), key.epoch};
}

Placement draw_placement(const study::Augmentation& augmentation, const DrawKey& key) {
  auto random = stream("augment", key);
  const double strength = augmentation.strength(Kind::kAffine);
  const double turn = strength * (study::kTurnMaxDegrees * std::numbers::pi / 180.0);
  const double stretch = strength * study::kScaleChangeMax;
  const double shift = strength * study::kShiftMax;
  Placement placement;
  placement.mirrored = random.chance(augmentation.strength(Kind::kFlip));
  placement.flipped = stream("flip-vertical", key).chance(augmentation.strength(Kind::kFlipVertical));
  if (strength == 0) return placement;
  placement.angle_rad = random.uniform(-turn, turn);
  placement.scale = random.uniform(1 - stretch, 1 + stretch);
  placement.shift_x = random.uniform(-shift, shift);
  placement.shift_y = random.uniform(-shift, shift);
  return placement;
}

Bend draw_bend(double strength, const DrawKey& key) {
  auto random = stream("bend", key);
  Bend bend;
  for (float& value : bend.across) value = static_cast<float>(random.uniform(-strength, strength));
  for (float& value : bend.down) value = static_cast<float>(random.uniform(-strength, strength));
  return bend;
}

/// The power is even on a logarithmic scale.
Shading draw_shading(double strength, const DrawKey& key) {
  auto random = stream("shade", key);
  const double log_gamma = strength * std::log(study::kGammaMax);
  const double contrast = strength * study::kContrastChangeMax;
  const double brightness = strength * study::kBrightnessMax;
  Shading shading;
  shading.gamma = std::exp(random.uniform(-log_gamma, log_gamma));
  shading.contrast = random.uniform(1 - contrast, 1 + contrast);
  shading.brightness = random.uniform(-brightness, brightness);
  return shading;
}

WindowMove draw_window(double strength, const DrawKey& key) {
  auto random = stream("window", key);
  return {.centre = random.uniform(-strength, strength), .width = random.uniform(1 - strength, 1 + strength)};
}

Noise draw_noise(double strength, const DrawKey& key) {
  auto random = stream("noise", key);
  const double deviation = random.uniform(0, strength);
  const std::uint64_t bits = random.next();
  return {.deviation = deviation, .key = {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32U)}};
}

std::size_t side_of(double length, std::size_t most) {
  return std::min(static_cast<std::size_t>(std::llround(length)), most);
}

/// Random erasing (Zhong et al., 2020): one time in two, sides in a ratio of 1/3 to 3, inside the picture.
Region draw_cutout(double strength, const DrawKey& key, const PictureShape& shape) {
  constexpr double kRatioMax = 3;
  auto random = stream("cutout", key);
  if (!random.chance(0.5)) return {};
  const double area = random.uniform(0, strength) * static_cast<double>(shape.area());
  const double ratio = std::exp(random.uniform(-std::log(kRatioMax), std::log(kRatioMax)));
  Region region;
  region.height = side_of(std::sqrt(area * ratio), shape.height);
  region.width = side_of(std::sqrt(area / ratio), shape.width);
  region.top = static_cast<std::size_t>(random.below(shape.height - region.height + 1));
  region.left = static_cast<std::size_t>(random.below(shape.width - region.width + 1));
  return region;
}

/// The logarithm of a Gamma variate. Marsaglia and Tsang (2000), with their step for shapes below 1; the logarithm
/// because such variates are often smaller than any double.
double log_gamma_variate(core::Random& random, double shape) {
  const double boost = shape < 1 ? std::log(1 - random.uniform()) / shape : 0;
  const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double normal = random.normal();
    const double root = 1 + c * normal;
    const double uniform = 1 - random.uniform();
    if (root <= 0) continue;
    const double cube = root * root * root;
    if (std::log(uniform) < 0.5 * normal * normal + d - d * cube + d * std::log(cube)) {
      return std::log(d * cube) + boost;
    }
  }
}

double symmetric_beta(core::Random& random, double shape) {
  const double one = log_gamma_variate(random, shape);
  const double other = log_gamma_variate(random, shape);
  return 1 / (1 + std::exp(other - one));
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A share of a side around any pixel, cut at the ends.
Range draw_range(core::Random& random, std::size_t side, double share) {
  const auto middle = static_cast<std::size_t>(random.below(side));
  const auto half = static_cast<std::size_t>(static_cast<double>(side) * share / 2);
  return {.begin = middle - std::min(middle, half), .end = std::min(middle + half, side)};
}

/// A region of the picture's own proportions (Yun et al., 2019).
Region draw_cutmix(core::Random& random, double own_share, const PictureShape& shape) {
  const double part = std::sqrt(1 - own_share);
  const Range rows = draw_range(random, shape.height, part);
  const Range columns = draw_range(random, shape.width, part);
  return {
      .left = columns.begin, .top = rows.begin, .width = columns.end - columns.begin, .height = rows.end - rows.begin};
}

}  // namespace

PictureChange draw_change(const study::Augmentation& augmentation, const DrawKey& key, const PictureShape& shape) {
  PictureChange change;
  const auto strength = [&](Kind kind) { return augmentation.strength(kind); };
  change.placement = draw_placement(augmentation, key);
  if (augmentation.has(Kind::kElastic)) change.bend = draw_bend(strength(Kind::kElastic), key);
  if (augmentation.has(Kind::kBlur)) change.blur_px = stream("blur", key).uniform(0, strength(Kind::kBlur));
  if (augmentation.has(Kind::kWindow)) change.window = draw_window(strength(Kind::kWindow), key);
  if (augmentation.has(Kind::kIntensity)) change.shading = draw_shading(strength(Kind::kIntensity), key);
  if (augmentation.has(Kind::kNoise)) change.noise = draw_noise(strength(Kind::kNoise), key);
  if (augmentation.has(Kind::kCutout)) change.cutout = draw_cutout(strength(Kind::kCutout), key, shape);
  return change;
}

Mix draw_mix(const study::Augmentation& augmentation, const DrawKey& key, const PictureShape& shape,
             std::size_t picture_count) {
  ALVEUS_CHECK(augmentation.mixes(), "there is a mix to draw");
  auto random = stream("mix", key);
  Mix mix;
  mix.partner = static_cast<std::size_t>(random.below(picture_count));
  const bool both = augmentation.has(Kind::kMixup) && augmentation.has(Kind::kCutmix);
  const bool cuts = both ? random.chance(0.5) : augmentation.has(Kind::kCutmix);
  mix.share = symmetric_beta(random, augmentation.strength(cuts ? Kind::kCutmix : Kind::kMixup));
  if (!cuts) return mix;
  mix.region = draw_cutmix(random, mix.share, shape);
  const std::size_t covered = mix.region.width * mix.region.height;
  mix.share = 1 - static_cast<double>(covered) / static_cast<double>(shape.area());
  return mix;
}

}  // namespace alveus::learn
