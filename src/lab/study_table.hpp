// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::lab {

/// Where one slice is found and what its numbers mean.
struct SliceAddress {
  std::string path;       ///< of the file, relative to the data folder
  std::size_t slice = 0;  ///< in the file: frame of a DICOM file, level of a volume counted from the feet
  imaging::Unit unit = imaging::Unit::kGrey;
  double slope = 1;  ///< stored value * slope + intercept; DICOM and NIfTI files have applied their own before
  double intercept = 0;

  friend bool operator==(const SliceAddress&, const SliceAddress&) = default;
};

/// One accepted slice of a study, a row of study.csv.
struct StudySlice {
  std::string sample_id;
  SliceAddress address;
  std::string label;
  int target = 0;
  std::string patient_id;
  std::string series_id;
  std::optional<double> position = std::nullopt;  ///< in its series, growing from the feet to the head
  std::string split;
  std::array<double, 2> spacing_mm{0, 0};  ///< x, y; 0 unknown
  std::size_t width = 0;
  std::size_t height = 0;
  std::string pixel_sha256;
  std::string lung_mask;    ///< path of a file, or empty
  std::string lesion_mask;  ///< path of a file, or empty

  friend bool operator==(const StudySlice&, const StudySlice&) = default;
};

/// The slice's spacing, or, where it is unknown, that of a field of view of 360 mm, usual for a chest.
std::array<double, 2> spacing_or_usual(const StudySlice& slice);

/// "hu", "grey".
std::string_view name_of(imaging::Unit unit);

std::string study_csv(std::span<const StudySlice> slices);
/// kInvalidInput names file, line and column.
core::Result<std::vector<StudySlice>> parse_study(std::string name, std::string_view text);

/// Names of the two classes: the label of target 1 and that of target 0, or, where several labels (or none) have
/// target 0, "not-" and the positive label.
std::array<std::string, 2> classes_of(std::span<const StudySlice> slices);

}  // namespace alveus::lab
