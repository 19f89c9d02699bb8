// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "study/samples.hpp"

namespace alveus::study {

/// The slices of one series of a patient, from the feet to the head.
struct Scan {
  std::string scan_id;  ///< unique among the scans; letters, digits, "-", "_" and "." alone
  std::string patient_id;
  int target = 0;
  std::vector<std::size_t> slices;  ///< by index among the samples; at least one

  friend bool operator==(const Scan&, const Scan&) = default;
};

/// Puts slices together to scans, sorted by patient and scan. A scan is called after its series, with the patient in
/// front where two patients have a series of one name; its slices stand by position, those of one position (or of none)
/// by sample. kInvalidInput: a sample without a series, or a series with two labels; both are named.
core::Result<std::vector<Scan>> scans_of(std::span<const Sample> samples);

/// Which `count` of `available` slices stand for all of them: slice floor((i + 0.5) * available / count) at place i, so
/// that they lie evenly and none is made up. Slices repeat where there are fewer than `count`.
std::vector<std::size_t> evenly_chosen(std::size_t available, std::size_t count);

}  // namespace alveus::study
