// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace alveus::testing {

/// A DICOM file of 16-bit grey pixels, explicit little endian, with the elements that a CT slice has.
struct DicomFile {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t frames = 1;
  std::vector<std::int32_t> stored;  ///< [frames, rows, columns]
  bool is_signed = true;
  double slope = 1;
  double intercept = 0;
  double spacing_mm = 3;
  std::array<double, 3> position_mm{-180, -180, 0};
  std::array<double, 6> row_and_column{1, 0, 0, 0, 1, 0};
  std::string image_type = "ORIGINAL\\PRIMARY\\AXIAL";
  std::string modality = "CT";
  std::string series_uid = "1.2.3.4";

  std::string bytes() const;
};

}  // namespace alveus::testing
