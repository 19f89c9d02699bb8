// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::imaging::detail {

/// Longest header: NIfTI-2.
inline constexpr std::size_t kNiftiHeaderBytesMax = 540;

/// What a NIfTI header says, checked.
struct NiftiHeader {
  bool big_endian = false;
  bool pair = false;  ///< the voxels are in a file of their own
  int datatype = 0;
  std::size_t value_bytes = 0;
  Shape shape;
  std::size_t volume_count = 1;
  std::size_t data_offset = 0;  ///< where the voxels start in their file
  double slope = 1;             ///< 1 and 0 where the file says "unscaled"
  double intercept = 0;
  Geometry geometry;

  std::size_t data_bytes() const { return shape.count() * volume_count * value_bytes; }
};

/// Reads the first bytes of a `.nii` or `.hdr` file.
core::Result<NiftiHeader> parse_nifti_header(std::string_view bytes, const std::string& name);

/// The values of `header.data_bytes()` bytes, scaled.
std::vector<float> nifti_values(const NiftiHeader& header, std::string_view data);

}  // namespace alveus::imaging::detail
