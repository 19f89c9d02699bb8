// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace alveus::imaging::detail {

/// Millimetres: x to the patient's left, y to the back, z to the head. The origin lies at the lungs' lowest level in
/// the middle of the chest.
struct Point {
  double x = 0;
  double y = 0;
  double z = 0;
};

/// A straight piece of a vessel or airway.
struct Tube {
  Point from;
  Point to;
  double radius = 1;
};

struct Nodule {
  Point centre;
  double radius = 5;
  double hounsfield = 30;
};

/// Collapsed lung at the back, where a lying patient's weight presses.
struct DependentBand {
  double depth = 0;  ///< 0: none
  double hounsfield = -400;
  double top = 0;  ///< level above which it ends
};

/// One made-up chest.
struct Anatomy {
  double body_half_width = 165;
  double body_half_depth = 115;
  double fat = 14;  ///< thickness below the skin
  double chest_half_width = 135;
  double chest_half_depth = 88;
  double shift_x = 0;  ///< the patient lies off the scanner's centre
  double shift_y = 0;
  double lung_height = 230;
  double heart_scale = 1;
  double lung_hounsfield = -860;
  double gravity = 35;  ///< rise of the lung's value from front to back
  double fat_hounsfield = -100;
  double muscle_hounsfield = 50;
  double rib_phase = 0;
  std::uint64_t texture = 0;  ///< names the noise fields
  std::vector<Tube> vessels;
  std::vector<Tube> airways;
  std::vector<Nodule> nodules;
  DependentBand band;
};

/// The chest of a patient. The class decides only how likely nodules, bands and wide vessels are.
Anatomy make_anatomy(std::uint64_t seed, std::size_t patient, bool positive);

/// Half axes of the chest's inner wall at a level: narrower towards the top of the lungs.
struct ChestSection {
  double half_width;
  double half_depth;
};
ChestSection chest_section(const Anatomy& anatomy, double z);

/// How deep the point lies inside the lungs, in about millimetres; negative outside.
double lung_depth(const Anatomy& anatomy, const Point& point);
/// Hounsfield units of everything that is no lung. `pixel` is the width over which edges blur.
double tissue_at(const Anatomy& anatomy, const Point& point, double pixel);
/// Hounsfield units of lung tissue without vessels and lesions.
double parenchyma_at(const Anatomy& anatomy, const Point& point, double pixel);
/// How far the point lies inside the lumen of trachea or main bronchi, in millimetres; negative outside.
double main_airway_depth(const Anatomy& anatomy, const Point& point);

/// Smooth noise in [-1, 1] with features one unit wide; the same for the same key everywhere.
double noise_at(std::uint64_t key, const Point& point);
/// Uniform in [0, 1): the number at a lattice point.
double lattice_number(std::uint64_t key, std::int64_t x, std::int64_t y, std::int64_t z);
/// Depth inside an ellipse around (0, 0), in about millimetres; negative outside.
double ellipse_depth(double x, double y, double half_width, double half_depth);
/// Share of a pixel that lies inside an edge that is `depth` away.
double coverage(double depth, double width);
double mix(double from, double to, double share);

}  // namespace alveus::imaging::detail
