// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::study {

/// The part a patient plays in a fold.
enum class Role { kTrain, kValidation, kTest };

/// "train", "val", "test".
std::string_view name_of(Role role);
std::optional<Role> find_role(std::string_view name);

/// One slice of a study, a row of samples.csv.
struct Sample {
  std::size_t index = 0;  ///< its place in the pixel arrays
  std::string sample_id;
  std::string patient_id;
  std::string label;
  int target = 0;                                 ///< 1: the positive class
  std::optional<Role> split;                      ///< the official one, where the data set has one
  std::string pixel_sha256;                       ///< empty when unknown
  std::string series_id = {};                     ///< empty when unknown
  std::optional<double> position = std::nullopt;  ///< in its series, growing from the feet to the head
};

/// Reads samples.csv in its order. Checked: index counts from 0, ids are not empty, no sample stands twice, target is
/// 0 or 1, split is train, val, test or empty, position is a number or empty. kInvalidInput names file and line.
core::Result<std::vector<Sample>> parse_samples(std::string name, std::string_view text);

}  // namespace alveus::study
