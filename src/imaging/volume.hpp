// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace alveus::imaging {

/// Voxels along x, y and z. Arrays are stored [depth, height, width], x fastest.
struct Shape {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t depth = 1;

  std::size_t slice_size() const { return width * height; }
  std::size_t count() const { return width * height * depth; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// "512 x 512 x 40", for messages.
std::string text_of(const Shape& shape);

/// The most voxels one file may declare: 1 GiB of floats, above any clinical chest series. Readers check it before
/// they allocate.
inline constexpr std::size_t kVoxelsMax = std::size_t{1} << 28;
/// The most pixels along one side of a picture or volume, and in one slice.
inline constexpr std::size_t kSideMax = 16384;
inline constexpr std::size_t kSlicePixelsMax = std::size_t{1} << 26;

/// kInvalidInput when the shape is empty or beyond the limits above.
core::Status check_shape(const Shape& shape, const std::string& name);

/// Where the voxels lie in the patient, in the directions of DICOM (LPS: x to the left, y to the back, z to the head).
/// Column d of `direction` is the unit vector of axis d; the centre of voxel (i, j, k) lies at
/// origin + direction * (i sx, j sy, k sz).
struct Geometry {
  std::array<double, 3> spacing_mm{1, 1, 1};
  std::array<double, 3> origin_mm{0, 0, 0};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< rows, one after the other

  friend bool operator==(const Geometry&, const Geometry&) = default;
};

/// What the numbers of a picture mean.
enum class Unit {
  kHounsfield,  ///< "hu"
  kGrey,        ///< "grey": 0 to 255, of an unknown window
};

/// A scan: Hounsfield units, or grey levels.
struct Volume {
  Shape shape;
  Geometry geometry;
  std::vector<float> values;  ///< [depth, height, width]

  friend bool operator==(const Volume&, const Volume&) = default;
};

/// Labels of a scan's voxels; 0 is background.
struct Mask {
  Shape shape;
  Geometry geometry;
  std::vector<std::uint8_t> labels;  ///< [depth, height, width]

  friend bool operator==(const Mask&, const Mask&) = default;
};

/// Labels of lesion masks.
enum class LesionKind : std::uint8_t {
  kNone = 0,
  kGroundGlass = 1,
  kCrazyPaving = 2,
  kConsolidation = 3,
  kUnstated = 255,  ///< the source marks lesions and does not say of which kind
};

/// One slice of a scan.
struct Slice {
  std::size_t width = 0;
  std::size_t height = 0;
  std::array<double, 2> spacing_mm{1, 1};  ///< x, y
  std::vector<float> values;               ///< [height, width]
};

/// Slice `index` counted from z = 0; it must exist.
Slice slice_of(const Volume& volume, std::size_t index);

/// The same voxels with axes permuted and flipped so that x runs to the patient's left, y to the back and z to the
/// head, as nearly as the directions allow. No value is interpolated.
Volume to_axial(const Volume& volume);

/// kInvalidInput when a value is above 255 or no whole number, else the values as labels.
core::Result<std::vector<std::uint8_t>> labels_of(std::span<const float> values, const std::string& name);

/// kInvalidInput when a label is above 255 or no whole number, else the volume's values as labels.
core::Result<Mask> mask_of(const Volume& volume, const std::string& name);

}  // namespace alveus::imaging
