// SPDX-License-Identifier: Apache-2.0
#include "study/augmentation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <vector>

#include "core/csv.hpp"
#include "core/text.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;
using Kind = AugmentationKind;

constexpr std::string_view kNone = "none";

// Usual strengths: mixup and cutmix from Zhang et al. (2018) and Yun et al. (2019). A control point of the elastic
// field that moves by less than 0.48 of the distance to the next cannot fold the picture (Choi and Lee, 2000): the most
// is below that.
constexpr std::array<AugmentationName, kAugmentationKinds> kNames = {{
    {Kind::kFlip, "flip", 0.5, 0, 1, "chance of a mirror image, left to right"},
    {Kind::kFlipVertical, "flip-vertical", 0.5, 0, 1, "chance of a mirror image, top to bottom"},
    {Kind::kAffine, "affine", 1, 0, 5, "multiple of 10 degrees of turn, 10 % of scale and 5 % of shift"},
    {Kind::kElastic, "elastic", 0.05, 0, 0.1, "largest displacement, as a share of the sides"},
    {Kind::kBlur, "blur", 1, 0, 5, "largest deviation of the Gaussian, in pixels"},
    {Kind::kWindow, "window", 0.1, 0, 0.5, "largest move of the window's centre and change of its width, as a share"},
    {Kind::kIntensity, "intensity", 1, 0, 3, "multiple of a power of 1.5, 25 % of contrast and 15 % of brightness"},
    {Kind::kNoise, "noise", 0.05, 0, 0.5, "largest deviation of Gaussian noise, of the range from black to white"},
    {Kind::kCutout, "cutout", 0.1, 0, 0.5, "largest share of the picture under a black rectangle"},
    {Kind::kMixup, "mixup", 0.4, 0.01, 8, "both parameters of the Beta distribution of the own picture's share"},
    {Kind::kCutmix, "cutmix", 1, 0.01, 8, "both parameters of the Beta distribution of the own picture's share"},
}};

constexpr std::array<AugmentationPreset, 4> kPresets = {{
    {"flips-affine", "flip+affine"},
    {"flips-affine-intensity", "flip+affine+intensity"},
    {"flips-affine-intensity-mixup-cutmix", "flip+affine+intensity+mixup+cutmix"},
    {"flips-affine-window-noise", "flip+affine+window+noise"},
}};

auto refuse(std::string_view text, const std::string& what) {
  return core::fail(ErrorCode::kInvalidInput, "augmentation '" + std::string(text) + "': " + what);
}

std::string unknown_name(std::string_view name) {
  std::vector<std::string> names = {std::string(kNone)};
  for (const auto& known : kNames) names.emplace_back(known.name);
  for (const auto& preset : kPresets) names.emplace_back(preset.name);
  std::string message = "there is no '" + std::string(name) + "'";
  if (const auto likely = core::nearest(name, names)) return message + "; did you mean '" + *likely + "'?";
  message += "; there are ";
  for (std::size_t i = 0; i < names.size(); ++i) message += (i == 0 ? "" : ", ") + names[i];
  return message;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// "flip" or "mixup:0.4".
core::Result<double> strength_of(std::string_view text, const AugmentationName& name,
                                 std::optional<std::string_view> strength) {
  if (!strength) return name.usual;
  const auto number = number_of(*strength);
  if (number && (*number == 0 || (*number >= name.least && *number <= name.most && *number > 0))) return *number;
  const std::string from = name.least > 0 ? ", or from " + core::number_text(name.least) : "";
  return refuse(text, "the strength of '" + std::string(name.name) + "' is a number, 0" + from + " to " +
                          core::number_text(name.most) + " (" + std::string(name.meaning) + "), not '" +
                          std::string(*strength) + "'");
}

std::string percent(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g %%", share * 100);
  return text.data();
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string around_one(double change) { return number(1 - change) + " to " + number(1 + change); }

std::string sentence(Kind kind, double strength) {
  switch (kind) {
    case Kind::kFlip: return "mirrored left to right with a chance of " + percent(strength);
    case Kind::kFlipVertical: return "mirrored top to bottom with a chance of " + percent(strength);
    case Kind::kAffine:
      return "turned by up to " + number(strength * kTurnMaxDegrees) + " degrees, scaled by " +
             around_one(strength * kScaleChangeMax) + ", moved by up to " + percent(strength * kShiftMax) +
             " of each side";
    case Kind::kElastic:
      return "bent by a cubic B-spline of 7 x 7 control points, each moved by up to " + percent(strength) +
             " of each side";
    case Kind::kBlur: return "blurred by a Gaussian with a deviation of up to " + number(strength) + " pixels";
    case Kind::kWindow:
      return "the window's centre moved by up to " + percent(strength) + " of its width, the width multiplied by " +
             around_one(strength) + " (a linear map of the windowed grey values, cut to their range)";
    case Kind::kIntensity: {
      const double gamma = std::pow(kGammaMax, strength);
      return "grey values to a power of " + number(1 / gamma) + " to " + number(gamma) + ", contrast times " +
             around_one(strength * kContrastChangeMax) + ", brightness plus or minus up to " +
             number(strength * kBrightnessMax);
    }
    case Kind::kNoise:
      return "Gaussian noise with a deviation of up to " + number(strength) + " of the range from black to white";
    case Kind::kCutout:
      return "with a chance of 50 % a rectangle of up to " + percent(strength) + " of the picture blackened";
    case Kind::kMixup:
      return "mixed with another slice of the epoch, targets likewise (mixup, Beta(" + number(strength) + ", " +
             number(strength) + "))";
    case Kind::kCutmix:
      return "a rectangle replaced by another slice's, targets by the share of pixels (cutmix, Beta(" +
             number(strength) + ", " + number(strength) + "))";
  }
  return {};
}

}  // namespace

std::span<const AugmentationName> augmentation_names() { return kNames; }

std::span<const AugmentationPreset> augmentation_presets() { return kPresets; }

core::Result<Augmentation> parse_augmentation(std::string_view text) {
  Augmentation augmentation;
  if (text == kNone) return augmentation;
  std::set<std::string> seen;
  for (const std::string& part : core::split(text, '+')) {
    if (part.empty()) return refuse(text, "a name is missing; write 'none', or names joined by single '+'");
    if (part == kNone) return refuse(text, "'none' stands alone");
    const auto colon = part.find(':');
    const std::string name = part.substr(0, colon);
    std::vector<std::string> kinds = {name};
    if (const auto preset = std::ranges::find(kPresets, name, &AugmentationPreset::name); preset != kPresets.end()) {
      if (colon != std::string::npos)
        return refuse(text, "the preset '" + name + "' takes no strength; name its parts");
      kinds = core::split(preset->parts, '+');
    }
    for (const std::string& kind : kinds) {
      const auto known = std::ranges::find(kNames, kind, &AugmentationName::name);
      if (known == kNames.end()) return refuse(text, unknown_name(kind));
      if (!seen.insert(kind).second) return refuse(text, "'" + kind + "' is named twice");
      const auto given =
          colon == std::string::npos ? std::nullopt : std::optional(std::string_view(part).substr(colon + 1));
      ALVEUS_TRY_ASSIGN(const double strength, strength_of(text, *known, given));
      augmentation.set(known->kind, strength);
    }
  }
  return augmentation;
}

std::string augmentation_text(const Augmentation& augmentation) {
  if (augmentation.is_none()) return std::string(kNone);
  for (const auto& preset : kPresets) {
    if (*parse_augmentation(preset.parts) == augmentation) return std::string(preset.name);
  }
  std::string text;
  for (const auto& known : kNames) {
    if (!augmentation.has(known.kind)) continue;
    text += (text.empty() ? "" : "+") + std::string(known.name);
    const double strength = augmentation.strength(known.kind);
    if (strength != known.usual) text += ":" + core::number_text(strength);
  }
  return text;
}

std::string describe_augmentation(const Augmentation& augmentation) {
  std::string text;
  for (const auto& known : kNames) {
    if (!augmentation.has(known.kind)) continue;
    text += (text.empty() ? "" : "; ") + sentence(known.kind, augmentation.strength(known.kind));
  }
  if (augmentation.has(Kind::kMixup) && augmentation.has(Kind::kCutmix)) {
    text += "; of mixup and cutmix one for each slice, with equal chance";
  }
  return text.empty() ? "none" : text;
}

}  // namespace alveus::study
