// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "imaging/volume.hpp"

namespace alveus::imaging {

/// A made-up chest CT: for tests, tutorials and checks of the pipeline whose right answer is known. No patient stands
/// behind it, and nothing learned from it holds for patients.
struct PhantomSettings {
  std::uint64_t seed = 1;
  std::size_t slices = 8;
  std::size_t size = 96;  ///< pixels along one side of a slice
  /// A bright square in the corner of every positive slice: a shortcut that a careful evaluation must discover.
  bool mark_positives = false;
};

inline constexpr std::size_t kPhantomSlicesMax = 400;
inline constexpr std::size_t kPhantomSizeMin = 32;
inline constexpr std::size_t kPhantomSizeMax = 512;

/// One scan with its truth.
struct PhantomPatient {
  Volume scan;  ///< whole Hounsfield units, -1024 to 3071
  Mask lung;    ///< 1 inside the lungs, lesions included
  Mask lesion;  ///< `LesionKind`
};

/// Patient number `patient` of the seed, whatever other patients are made. Positives carry two to five lesions of
/// COVID-19 kind, mostly at the back and the rim of both lungs; both classes carry what is no such lesion (nodules,
/// bands of collapsed lung, wide vessels), negatives more often. The settings are within the limits above.
PhantomPatient make_phantom(const PhantomSettings& settings, std::size_t patient, bool positive);

/// Whether patient number `patient` is positive where `share` of them are: of the first n patients, n * share rounded
/// down, evenly spread.
bool phantom_is_positive(std::size_t patient, double share);

}  // namespace alveus::imaging
