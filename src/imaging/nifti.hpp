// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::imaging {

/// The content of a NIfTI file: one volume, or several of one shape (time points).
struct NiftiImage {
  Shape shape;
  std::size_t volume_count = 1;
  Geometry geometry;
  std::vector<float> values;  ///< [volume_count, depth, height, width], scaled by scl_slope and scl_inter
};

/// Reads NIfTI-1 and NIfTI-2, either byte order, `.nii`, `.nii.gz` and pairs `.hdr` + `.img` (each also with `.gz`).
/// The place is taken from the sform, else the qform, else from the voxel sizes with x running to the patient's right
/// and the origin in the middle. kInvalidInput: damaged, a type that is no real number, an affine without volume,
/// larger than `check_shape` allows; memory stays within what the header declares and the file's own length.
core::Result<NiftiImage> read_nifti(const std::filesystem::path& path);

/// As `read_nifti`, for a file that holds exactly one volume.
core::Result<Volume> read_nifti_volume(const std::filesystem::path& path);

/// The same from bytes in memory, which may be compressed; no pairs. `name` is the file as messages show it.
core::Result<NiftiImage> decode_nifti(std::string_view bytes, const std::string& name);

/// A compressed NIfTI-1 file (`.nii.gz`) of 16-bit values, rounded and clamped; the same bytes for the same volume.
/// The place is written as sform.
std::string encode_nifti(const Volume& volume);
/// The same of 8-bit labels.
std::string encode_nifti(const Mask& mask);

}  // namespace alveus::imaging
