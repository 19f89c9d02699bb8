// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::lab {

/// How the numbers of a file become values: stored * slope + intercept, in Hounsfield units or grey levels.
struct ValueScale {
  imaging::Unit unit = imaging::Unit::kGrey;
  double slope = 1;
  double intercept = 0;
};

/// The axial slices of one file of a data set: one of a PNG picture, all of a NIfTI volume or of a folder with a DICOM
/// series. NIfTI and DICOM are in Hounsfield units and ignore `scale`. 16-bit grey pictures are brought to 0..255.
/// kUnsupported for other kinds of files.
core::Result<std::vector<imaging::Slice>> read_slices(const std::filesystem::path& path, const ValueScale& scale,
                                                      std::array<double, 2> png_spacing_mm);

/// True where `read_slices` yields Hounsfield units whatever the manifest says.
bool holds_hounsfield(const std::filesystem::path& path);

}  // namespace alveus::lab
