// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "study/bootstrap.hpp"
#include "study/calibration.hpp"
#include "study/case_set.hpp"
#include "study/confusion.hpp"
#include "study/curves.hpp"

namespace alveus::study {

/// What a case is: with patients, the cases are independent and closed formulae give intervals; slices of one patient
/// are not, so that only resampling patients does.
enum class Level { kPatient, kSlice };

/// A number with its uncertainty. Nothing where it is undefined.
struct Metric {
  std::optional<double> value;
  std::optional<Interval> interval;
  std::string method;  ///< of `interval`: "delong-logit", "wilson", "bca", …; empty without one
  std::optional<double> standard_error;
  std::optional<Interval> percentile;
  std::optional<Interval> bca;
};

/// Everything that is measured on one level of one variant or configuration.
struct LevelMetrics {
  std::size_t count = 0;
  std::size_t positives = 0;
  std::size_t patients = 0;
  Confusion confusion;
  std::vector<std::pair<std::string, Metric>> metrics;  ///< in the order of docs/internals/study-formats.md
  std::vector<CalibrationBin> calibration;
  std::vector<RocPoint> roc;
  Histogram distribution;

  /// The metric of that name; it must be one of the list.
  const Metric& metric(std::string_view name) const&;
  const Metric& metric(std::string_view name) && = delete;
};

struct LevelOptions {
  Level level = Level::kPatient;
  std::size_t resamples = 2000;
  std::uint64_t seed = 1;
};

LevelMetrics measure_level(const CaseSet& cases, const LevelOptions& options);

}  // namespace alveus::study
