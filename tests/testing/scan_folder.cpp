// SPDX-License-Identifier: Apache-2.0
#include "testing/scan_folder.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "imaging/nifti.hpp"
#include "imaging/png.hpp"

namespace alveus::testing {
namespace {

void ellipse(std::vector<float>& values, double cx, double cy, double rx, double ry, float hu) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = (static_cast<double>(i % kChestSide) - cx) / rx;
    const double y = (static_cast<double>(i / kChestSide) - cy) / ry;
    if (x * x + y * y <= 1) values[i] = hu;
  }
}

}  // namespace

std::vector<float> chest_slice(std::uint64_t patient, std::uint64_t slice, double lung) {
  std::vector<float> values(kChestSide * kChestSide, -1000);
  core::Random random(patient, "tests/chest");
  ellipse(values, 60, 60, 48, 36, 40);
  if (lung <= 0) return values;
  for (const double cx : {38.0, 82.0}) {
    ellipse(values, cx, 60, 17 * lung, 25 * lung, -860);
    for (int vessel = 0; vessel < 9; ++vessel) {
      const double x = cx + random.uniform(-11, 11) * lung;
      const double y = 60 + random.uniform(-18, 18) * lung;
      const double radius = random.uniform(1.5, 3.5) * lung;
      ellipse(values, x, y, radius, radius, 20);
    }
  }
  values[0] = -1000 + static_cast<float>(slice);
  return values;
}

void ScanFolder::write(const std::string& name, const std::string& bytes) const {
  ASSERT_TRUE(sys::make_directories((path() / name).parent_path()));
  ASSERT_TRUE(sys::write_file(path() / name, bytes));
}

void ScanFolder::write_png(const std::string& name, const std::vector<float>& hu) const {
  std::vector<std::uint16_t> stored;
  for (const float value : hu) stored.push_back(static_cast<std::uint16_t>(std::lround(value + 1024)));
  write(name, imaging::encode_png(stored, kChestSide, hu.size() / kChestSide));
}

void ScanFolder::write_nifti(const std::string& name, const std::vector<std::vector<float>>& slices) const {
  imaging::Volume volume;
  volume.shape = {kChestSide, kChestSide, slices.size()};
  volume.geometry.spacing_mm = {3, 3, 5};
  for (const auto& slice : slices) volume.values.insert(volume.values.end(), slice.begin(), slice.end());
  write(name, imaging::encode_nifti(volume));
}

void ScanFolder::write_manifest(const std::string& header, const std::vector<std::string>& rows) const {
  std::string text = header + "\n";
  for (const std::string& row : rows) text += row + "\n";
  write("manifest.csv", text);
}

DicomFile dicom_of(const std::vector<float>& hu, double z_mm) {
  DicomFile file;
  file.columns = kChestSide;
  file.rows = hu.size() / kChestSide;
  file.position_mm[2] = z_mm;
  for (const float value : hu) file.stored.push_back(static_cast<std::int32_t>(std::lround(value)));
  return file;
}

}  // namespace alveus::testing
