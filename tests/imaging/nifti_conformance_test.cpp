// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "core/text.hpp"
#include "imaging/nifti.hpp"
#include "testing/shared_set.hpp"

namespace alveus::imaging {
namespace {

using ::testing::HasSubstr;

/// A NIfTI-2 pair whose voxels are compressed and whose header is not: the reference reader does not find them.
const std::set<std::string> kReadHereAlone{"nifti-rs/minimal2.hdr", "nifti-rs/minimal2.img.gz"};

/// Files that the reference reader reads and we refuse, and why: a scan has one real number a voxel.
const std::map<std::string, std::string> kRefusedHere{
    {"nifti-rs/complex/complex32.nii", "no real number"},
    {"nifti-rs/complex/complex64.nii", "no real number"},
    {"nifti-rs/rgb/3D.nii", "no real number"},
    {"nifti-rs/rgb/4D.nii", "no real number"},
    {"nifti-rs/rgba/4D.nii", "no real number"},
};

std::vector<double> numbers_in(const std::string& text, char separator) {
  std::vector<double> numbers;
  for (const std::string& part : core::split(text, separator)) numbers.push_back(std::strtod(part.c_str(), nullptr));
  return numbers;
}

/// "33x41x25x2" is three axes and two volumes; axes that are not named have the length 1.
void check_shape_of(const NiftiImage& image, const std::string& expected) {
  std::vector<double> sizes = numbers_in(expected, 'x');
  sizes.resize(5, 1);
  EXPECT_EQ(image.shape, (Shape{static_cast<std::size_t>(sizes[0]), static_cast<std::size_t>(sizes[1]),
                                static_cast<std::size_t>(sizes[2])}));
  EXPECT_EQ(static_cast<double>(image.volume_count), sizes[3]);
}

void check_values_of(const NiftiImage& image, const testing::SharedSet& set, std::size_t row) {
  ASSERT_EQ(image.values.size(), image.shape.count() * image.volume_count);
  if (set.text(row, "min") == "nan") {
    EXPECT_TRUE(std::ranges::any_of(image.values, [](float value) { return !std::isfinite(value); }));
    return;
  }
  double sum = 0;
  for (const float value : image.values) sum += static_cast<double>(value);
  const auto [low, high] = std::ranges::minmax(image.values);
  const auto near = [&](double value, const std::string& column) {
    const double expected = std::strtod(set.text(row, column).c_str(), nullptr);
    EXPECT_NEAR(value, expected, 1e-6 * std::max(1.0, std::abs(expected))) << column;
  };
  near(static_cast<double>(low), "min");
  near(static_cast<double>(high), "max");
  near(sum / static_cast<double>(image.values.size()), "mean");
}

/// The manifest's affine leads to RAS (x to the right), our geometry to LPS.
void check_geometry_of(const NiftiImage& image, const std::string& expected) {
  const std::vector<double> affine = numbers_in(expected, ';');
  ASSERT_EQ(affine.size(), 12U);
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;
    for (std::size_t column = 0; column < 3; ++column) {
      const double step = image.geometry.direction[row * 3 + column] * image.geometry.spacing_mm[column];
      EXPECT_NEAR(sign * step, affine[row * 4 + column], 1e-4) << row << " " << column;
    }
    EXPECT_NEAR(sign * image.geometry.origin_mm[row], affine[row * 4 + 3], 1e-3) << row;
  }
}

TEST(NiftiConformanceTest, ReadsWhatTheReferenceReaderReadsAndRefusesWhatItRefuses) {
  ALVEUS_NEEDS_SET(set, "nifti-conformance");
  for (std::size_t row = 0; row < set.manifest.row_count(); ++row) {
    const std::string path = set.text(row, "path");
    SCOPED_TRACE(path);
    const auto image = read_nifti(set.file(row));
    if (kReadHereAlone.contains(path)) {
      ASSERT_TRUE(image) << image.error().text();
      const auto plain = read_nifti(set.folder / "nifti-rs/minimal.nii");
      EXPECT_TRUE(plain && plain->values == image->values);
      continue;
    }
    const auto refused = kRefusedHere.find(path);
    if (refused != kRefusedHere.end() || set.text(row, "kind") == "not readable by the reference reader") {
      ASSERT_FALSE(image);
      EXPECT_FALSE(image.error().where.empty());
      const std::string reason = refused == kRefusedHere.end() ? "" : refused->second;
      EXPECT_THAT(image.error().message, HasSubstr(reason));
      continue;
    }
    ASSERT_TRUE(image) << image.error().text();
    check_shape_of(*image, set.text(row, "shape"));
    check_values_of(*image, set, row);
    check_geometry_of(*image, set.text(row, "affine_rows"));
  }
  EXPECT_EQ(set.manifest.row_count(), 63U);
}

/// The files of `chest/` hold one block of tissue in many forms.
TEST(NiftiConformanceTest, TurnsEveryOrderOfAxesToTheSameAxialVolume) {
  ALVEUS_NEEDS_SET(set, "nifti-conformance");
  const auto reference = read_nifti_volume(set.folder / "chest/int16.nii");
  ASSERT_TRUE(reference) << reference.error().text();
  const Volume axial = to_axial(*reference);
  EXPECT_EQ(axial.geometry.direction, (std::array<double, 9>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  for (const char* name : {"orient_RAS", "orient_LAS", "orient_LPI", "orient_PIR", "orient_SLA", "qform_only",
                           "sform_only", "nifti2_int16", "int16_bigendian", "4d_one_volume", "extension", "float32",
                           "float64", "int32", "uint16_slope1_inter-1024", "int16"}) {
    SCOPED_TRACE(name);
    const auto volume = read_nifti_volume(set.folder / "chest" / (std::string(name) + ".nii.gz"));
    ASSERT_TRUE(volume) << volume.error().text();
    const Volume turned = to_axial(*volume);
    EXPECT_EQ(turned.values, axial.values);
    EXPECT_EQ(turned.shape, axial.shape);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(turned.geometry.origin_mm[i], axial.geometry.origin_mm[i], 1e-4);
      EXPECT_NEAR(turned.geometry.spacing_mm[i], axial.geometry.spacing_mm[i], 1e-6);
    }
  }
}

TEST(NiftiConformanceTest, RefusesSeveralVolumesWhereOneScanIsMeant) {
  ALVEUS_NEEDS_SET(set, "nifti-conformance");
  const auto volume = read_nifti_volume(set.folder / "nibabel/functional.nii");
  ASSERT_FALSE(volume);
  EXPECT_THAT(volume.error().message, HasSubstr("20 volumes"));
}

}  // namespace
}  // namespace alveus::imaging
