// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "study/intervals.hpp"

namespace alveus::study {

/// Placement values (DeLong et al. 1988): for each positive the share of negatives below it, for each negative the
/// share of positives above it; ties count 1/2. In the order of the scores given.
struct Placements {
  std::vector<double> positives;
  std::vector<double> negatives;
};

/// Area under the ROC curve with what its variance needs.
struct RocArea {
  double area = 0;
  /// Nothing when a class has one member.
  std::optional<double> variance;
  Placements placements;
};

/// `targets` holds 0 and 1. Nothing when a class is absent. O(n log n).
std::optional<RocArea> roc_area(std::span<const double> scores, std::span<const int> targets);

/// Covariance of two areas of the same cases in the same order; nothing when a class has one member.
std::optional<double> area_covariance(const Placements& left, const Placements& right);

/// DeLong's test that two areas of the same cases are equal.
struct AreaTest {
  double difference = 0;  ///< left - right
  double standard_error = 0;
  /// Nothing when the difference is not 0 but never varies (a perfect ranking against a constant score): the test
  /// says nothing then. 0 and 1 when the areas are equal.
  std::optional<double> z;
  std::optional<double> p;
};

/// Nothing when a class has one member.
std::optional<AreaTest> paired_area_test(const RocArea& left, const RocArea& right);

}  // namespace alveus::study
