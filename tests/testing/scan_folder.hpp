// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "imaging/volume.hpp"
#include "sys/file.hpp"
#include "testing/dicom_file.hpp"

namespace alveus::testing {

inline constexpr std::size_t kChestSide = 120;

/// An axial slice of a made-up chest in Hounsfield units, 120 x 120 pixels of 3 mm: body, two lungs with vessels that
/// differ from patient to patient, a little from slice to slice. `lung` 0: no lungs, 1: lungs of the usual size.
std::vector<float> chest_slice(std::uint64_t patient, std::uint64_t slice = 0, double lung = 1);

/// A data folder that a test fills; its manifest has the columns that `row` names.
class ScanFolder {
 public:
  ScanFolder() : directory_(std::move(*sys::TemporaryDirectory::make("scans"))) {}

  std::filesystem::path path() const { return directory_.path() / "data"; }
  std::filesystem::path out() const { return directory_.path() / "out"; }

  void write(const std::string& name, const std::string& bytes) const;
  /// A PNG of 16 bits: value = Hounsfield units + 1024; the manifest says so with slope 1 and intercept -1024.
  void write_png(const std::string& name, const std::vector<float>& hu) const;
  /// A NIfTI volume of these slices, from the feet to the head.
  void write_nifti(const std::string& name, const std::vector<std::vector<float>>& slices) const;
  void write_dicom(const std::string& name, const DicomFile& file) const { write(name, file.bytes()); }

  /// The header line, then these lines.
  void write_manifest(const std::string& header, const std::vector<std::string>& rows) const;

 private:
  sys::TemporaryDirectory directory_;
};

/// A DICOM file of a slice; the values are rounded.
DicomFile dicom_of(const std::vector<float>& hu, double z_mm = 0);

}  // namespace alveus::testing
