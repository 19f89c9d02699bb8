// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "imaging/detail/phantom_anatomy.hpp"
#include "imaging/volume.hpp"

namespace alveus::imaging::detail {

/// A lesion that follows the chest wall from level to level.
struct Lesion {
  LesionKind kind = LesionKind::kGroundGlass;
  double side = 1;         ///< -1 right, +1 left
  double angle = 1;        ///< radians from the back towards the side
  double distance = 0.8;   ///< of the centre from the chest's middle, as share of the way to the wall
  double along_wall = 35;  ///< half axes in the slice
  double across_wall = 18;
  double centre_z = 0;
  double half_height = 60;
  double hounsfield = -520;
  std::uint64_t texture = 0;
};

/// One to four lesions between two levels, milder kinds first. Together they reach nearly every level between.
std::vector<Lesion> plan_lesions(std::uint64_t seed, std::size_t patient, double low, double high);

/// What a lesion does to a point of lung.
struct LesionEffect {
  double share = 0;  ///< 0: none, 1: the lesion replaces the lung's value
  double hounsfield = 0;
  bool inside = false;  ///< belongs to the truth
};

LesionEffect lesion_at(const Lesion& lesion, const Anatomy& anatomy, const Point& point, double pixel);

}  // namespace alveus::imaging::detail
