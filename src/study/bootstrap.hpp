// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "study/case_set.hpp"
#include "study/intervals.hpp"
#include "study/weighted_measures.hpp"

namespace alveus::study {

/// Resamples of patients, drawn with replacement within each class. The same patients, seed and index give the same
/// resample, whatever is measured: differences between configurations are paired.
class PatientResampler {
 public:
  PatientResampler(std::span<const int> patient_targets, std::uint64_t seed);

  /// Fills `weights` with how often each patient is drawn.
  void draw(std::size_t index, std::span<double> weights) const;

 private:
  std::array<std::vector<std::size_t>, 2> members_;
  std::uint64_t seed_;
};

struct BootstrapIntervals {
  std::optional<Interval> percentile;
  std::optional<Interval> bca;
};

/// Intervals of every measure. A resample in which a measure is undefined does not count for it; where that happens in
/// more than half of them, or the measure itself is undefined, there is no interval.
std::array<BootstrapIntervals, kMeasureCount> bootstrap_measures(const CaseSet& cases, std::size_t resamples,
                                                                 std::uint64_t seed);

/// Intervals of one statistic from its replicates (NaN: undefined) and its delete-one values, in the order of patients.
BootstrapIntervals bootstrap_intervals(double estimate, std::vector<double> replicates,
                                       std::span<const double> delete_one, std::span<const int> patient_targets);

}  // namespace alveus::study
