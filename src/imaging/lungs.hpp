// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace alveus::imaging {

/// How lungs are told from the rest of an axial slice in Hounsfield units.
struct LungRule {
  float air_below_hu = -400;    ///< between lung (about -850) and soft tissue (about 40)
  float body_above_hu = -250;   ///< above fat's lower end, below every tissue around the lungs
  double lung_least_mm2 = 400;  ///< smaller pockets of air in the body are airways and gullet
  /// Voxels below are no lung tissue but emphysema or free air. A piece with a median below is gas; so is a piece of at
  /// most `gas_most_mm2` with a quarter of it below. In the scans of covid-ct-md the first quartile of lungs is -920 or
  /// higher, that of gas in stomach and bowel -960 or lower but for pockets that the walls of the bowel fill.
  float gas_below_hu = -950;
  double gas_most_mm2 = 4000;
  double closing_radius_mm = 12;  ///< dense lesions of up to twice this size at the pleura stay inside
};

/// Masks of one axial slice [height, width]: 0 or 1.
struct LungMasks {
  std::vector<std::uint8_t> body;
  std::vector<std::uint8_t> lung;
};

/// Finds body and lungs in one axial slice by threshold, connected components and morphology. Holes of the lungs
/// (vessels, consolidations) are filled and their outlines closed, each lung for itself, so that the middle of the
/// chest does not fill up. Gas in stomach and bowel is told from lung by its density. Both masks may be empty.
/// kInvalidInput: the slice is too small for a chest.
core::Result<LungMasks> segment_lungs(std::span<const float> hu, std::size_t width, std::size_t height,
                                      std::array<double, 2> spacing_mm, const LungRule& rule = {});

/// Share of the body that is lung; 0 without a body.
double lung_share(const LungMasks& masks);

}  // namespace alveus::imaging
