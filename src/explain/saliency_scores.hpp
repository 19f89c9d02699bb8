// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace alveus::explain {

/// How well a map points at what a doctor would look at. A score is absent where its mask is absent or empty, or where
/// the map is zero everywhere.
struct SaliencyScores {
  std::optional<double> energy_in_lung;    ///< share of the map's sum that lies in the lung
  std::optional<double> energy_in_lesion;  ///< share that lies in lesions
  std::optional<double>
      lesion_share_of_lung;          ///< lesion pixels in the lung over lung pixels: the chance level of the above
  std::optional<bool> pointing_hit;  ///< the highest pixel (the first of equal ones) lies in a lesion
};

/// `saliency` is not negative; a mask marks with anything but 0; an absent mask is an empty span. All of one size.
SaliencyScores score_saliency(std::span<const float> saliency, std::span<const std::uint8_t> lung,
                              std::span<const std::uint8_t> lesion);

}  // namespace alveus::explain
