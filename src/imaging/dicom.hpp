// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::imaging {

/// The facts of one DICOM file that a study needs. Texts are empty and optionals absent where the file is silent.
struct DicomFacts {
  std::string transfer_syntax;
  std::string modality;
  std::string series_uid;
  std::vector<std::string> image_type;  ///< "ORIGINAL", "PRIMARY", "AXIAL", …
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t frames = 1;
  std::size_t samples_per_pixel = 1;
  std::size_t bits_allocated = 0;
  std::size_t bits_stored = 0;
  bool is_signed = false;
  std::string photometric;
  double slope = 1;  ///< of the rescale to Hounsfield units
  double intercept = 0;
  std::optional<std::array<double, 3>> position_mm;     ///< of the first pixel's centre, LPS
  std::optional<std::array<double, 6>> row_and_column;  ///< directions of the rows and of the columns
};

/// One DICOM file, its pixels rescaled.
struct DicomImage {
  DicomFacts facts;
  Volume volume;
};

/// The facts alone; the pixels are not decoded. kInvalidInput: no DICOM file, damaged, without pixels, or sizes and
/// bits that contradict each other or `check_shape`.
core::Result<DicomFacts> read_dicom_facts(const std::filesystem::path& path);
core::Result<DicomFacts> parse_dicom_facts(std::string_view bytes, const std::string& name);

/// Reads one file of grey pixels, of any transfer syntax GDCM decodes. The decoder runs in a child process, which
/// bounds its time (60 s) and memory (4 GiB). As `read_dicom_facts`, and kUnsupported: colour, and forms that GDCM
/// is known to decode wrongly; kCorrupt: the decoder refused or broke.
core::Result<DicomImage> read_dicom(const std::filesystem::path& path);

/// Why a file is no original axial slice ("it is a localizer", "it was derived from other images"), or "".
std::string why_not_original_axial(const DicomFacts& facts);

/// Files of one series in the order of their places along the series' axis.
struct SeriesOrder {
  std::vector<std::size_t> order;  ///< indices of the given files, from feet to head where the slices are axial
  double step_mm = 0;              ///< the usual distance; 0 for one slice
  /// What is wrong with single files: index, reason. They are not in `order`.
  std::vector<std::pair<std::size_t, std::string>> rejected;
  /// What is wrong with the series as a whole: missing slices between two files. The files stay in `order`.
  std::vector<std::string> findings;
};

/// Sorts the slices of one series by position. Rejected: no position or orientation, another orientation or size than
/// most, a second file at the place of an earlier one.
SeriesOrder order_series(std::span<const DicomFacts> files);

/// Reads a folder that holds one series. kInvalidInput: no DICOM file, files of several series, slices missing or
/// rejected (each named). Files that are not DICOM are passed over.
core::Result<Volume> read_dicom_series(const std::filesystem::path& folder);

}  // namespace alveus::imaging
