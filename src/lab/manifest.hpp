// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"

namespace alveus::lab {

/// A row of a data set's manifest.csv. Empty texts and absent optionals: the manifest does not say.
struct ManifestRow {
  std::string path;
  std::string label;
  std::string patient_id;
  std::string split;
  std::string sha256;
  std::string series_id;
  std::optional<double> slice_index;  ///< place in its series
  std::optional<imaging::Unit> unit;
  double slope = 1;
  double intercept = 0;
  double spacing_mm = 0;  ///< 0 unknown
  std::string lung_mask;
  std::string lesion_mask;
  std::string lung_mask_sha256;
  std::string lesion_mask_sha256;
};

/// Reads a manifest. kInvalidInput with file and line: a required column (path, label, patient_id) is missing, a cell
/// is no number, a split or unit has an unknown name, there is no row.
core::Result<std::vector<ManifestRow>> read_manifest(const std::filesystem::path& file);

}  // namespace alveus::lab
