// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::study {

/// The kinds of random change. A picture passes through them in this order, and texts list them in it.
enum class AugmentationKind {
  kFlip,
  kFlipVertical,
  kAffine,
  kElastic,
  kBlur,
  kWindow,
  kIntensity,
  kNoise,
  kCutout,
  kMixup,
  kCutmix
};
inline constexpr std::size_t kAugmentationKinds = 11;

/// Which random changes a training makes of its pictures, and how strongly.
class Augmentation {
 public:
  /// What the number means stands in `augmentation_names`; 0: the kind changes nothing.
  double strength(AugmentationKind kind) const { return strengths_[static_cast<std::size_t>(kind)]; }
  bool has(AugmentationKind kind) const { return strength(kind) > 0; }
  void set(AugmentationKind kind, double strength) { strengths_[static_cast<std::size_t>(kind)] = strength; }
  bool is_none() const { return *this == Augmentation(); }
  /// Whether pictures are mixed with others, and their targets with them.
  bool mixes() const { return has(AugmentationKind::kMixup) || has(AugmentationKind::kCutmix); }

  friend bool operator==(const Augmentation&, const Augmentation&) = default;

 private:
  std::array<double, kAugmentationKinds> strengths_{};
};

/// The largest changes of the kinds that make several at once, at strength 1; they grow with the strength.
inline constexpr double kTurnMaxDegrees = 10;
inline constexpr double kScaleChangeMax = 0.1;      ///< the scale is 1 plus or minus this
inline constexpr double kShiftMax = 0.05;           ///< share of each side
inline constexpr double kGammaMax = 1.5;            ///< its power with the strength; as often its inverse
inline constexpr double kContrastChangeMax = 0.25;  ///< the contrast is 1 plus or minus this
inline constexpr double kBrightnessMax = 0.15;      ///< of the range from black to white

/// A kind as texts name it.
struct AugmentationName {
  AugmentationKind kind;
  std::string_view name;
  double usual;  ///< strength where the text gives none
  double least;  ///< smallest strength that is not 0
  double most;
  std::string_view meaning;  ///< of the strength
};

/// In the order of the kinds.
std::span<const AugmentationName> augmentation_names();

/// Several kinds at their usual strengths under one name.
struct AugmentationPreset {
  std::string_view name;
  std::string_view parts;  ///< a text of kinds
};
std::span<const AugmentationPreset> augmentation_presets();

/// Reads "none", or kinds and presets joined by "+", a kind's strength behind a colon: "flip+affine:0.5+mixup".
/// kInvalidInput names what is wrong with it: a name (with the likely one), a strength and its limits, a kind given
/// twice.
core::Result<Augmentation> parse_augmentation(std::string_view text);

/// The one text of these changes, which reads back as them: a preset's name where one is equal, else kinds in order,
/// with the strengths that are not the usual ones.
std::string augmentation_text(const Augmentation& augmentation);

/// What is done to a picture, for readers: "mirrored left to right with a chance of 50 %; turned by up to 10 degrees,
/// …".
std::string describe_augmentation(const Augmentation& augmentation);

}  // namespace alveus::study
