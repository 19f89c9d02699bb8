// SPDX-License-Identifier: Apache-2.0
#include "lab/slice_source.hpp"

#include <algorithm>
#include <array>

#include "imaging/dicom.hpp"
#include "imaging/nifti.hpp"
#include "imaging/png.hpp"

namespace alveus::lab {
namespace {

bool is_nifti(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".nii") || name.ends_with(".nii.gz") || name.ends_with(".hdr");
}

bool is_series(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::is_directory(path, failure);
}

std::vector<imaging::Slice> slices_of(const imaging::Volume& volume) {
  const imaging::Volume axial = imaging::to_axial(volume);
  std::vector<imaging::Slice> slices;
  for (std::size_t index = 0; index < axial.shape.depth; ++index) slices.push_back(imaging::slice_of(axial, index));
  return slices;
}

}  // namespace

bool holds_hounsfield(const std::filesystem::path& path) {
  return is_nifti(path) || is_series(path) || path.extension() == ".dcm";
}

core::Result<std::vector<imaging::Slice>> read_slices(const std::filesystem::path& path, const ValueScale& scale,
                                                      std::array<double, 2> png_spacing_mm) {
  if (is_nifti(path)) {
    ALVEUS_TRY_ASSIGN(const auto volume, imaging::read_nifti_volume(path));
    return slices_of(volume);
  }
  if (is_series(path)) {
    ALVEUS_TRY_ASSIGN(const auto volume, imaging::read_dicom_series(path));
    return slices_of(volume);
  }
  if (path.extension() == ".dcm") {
    ALVEUS_TRY_ASSIGN(const auto image, imaging::read_dicom(path));
    if (const auto why = imaging::why_not_original_axial(image.facts); !why.empty()) {
      return core::fail(core::ErrorCode::kInvalidInput, why);
    }
    return slices_of(image.volume);
  }
  if (path.extension() != ".png") {
    return core::fail(core::ErrorCode::kUnsupported,
                      "'" + path.filename().string() + "' is of no known kind: .png, .nii, .nii.gz, .dcm or a folder");
  }
  ALVEUS_TRY_ASSIGN(const auto picture, imaging::read_png(path));
  imaging::Slice slice{.width = picture.width, .height = picture.height, .spacing_mm = png_spacing_mm};
  const double to_grey = scale.unit == imaging::Unit::kGrey && picture.bit_depth == 16 ? 255.0 / 65535.0 : 1.0;
  slice.values.reserve(picture.values.size());
  for (const std::uint16_t stored : picture.values) {
    slice.values.push_back(static_cast<float>((stored * scale.slope + scale.intercept) * to_grey));
  }
  return std::vector<imaging::Slice>{std::move(slice)};
}

}  // namespace alveus::lab
