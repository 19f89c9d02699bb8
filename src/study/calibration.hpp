// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace alveus::study {

/// Probabilities come from 32-bit softmaxes: nearer to 0 or 1 than this they are rounded. Logarithms clip here.
inline constexpr double kProbabilityLeast = 0x1.0p-23;

double clipped(double probability);

struct CalibrationBin {
  double low = 0;   ///< least probability in the bin
  double high = 0;  ///< greatest
  double mean_probability = 0;
  double observed = 0;  ///< share of positives
  std::size_t count = 0;
};

/// Bins of equal mass by ascending probability: `bins` runs of n/bins cases, the first n mod bins one case longer.
/// Equal probabilities are never parted: a run ends after the tie at its end, and runs that get empty are left out.
std::vector<CalibrationBin> calibration_bins(std::span<const double> probabilities, std::span<const int> targets,
                                             std::size_t bins);

/// Expected calibration error: Σ (count / n) |observed - mean probability|.
double expected_calibration_error(std::span<const CalibrationBin> bins);

struct Estimate {
  double value = 0;
  double standard_error = 0;
};

/// Logistic regression of the truth on the logit of the probability: perfect is slope 1, intercept 0.
struct CalibrationLine {
  Estimate slope;
  Estimate intercept;
};

/// Maximum likelihood by Newton's method. Nothing where no finite maximum exists (a class is absent, the classes are
/// separated) or all probabilities are equal.
std::optional<CalibrationLine> calibration_line(std::span<const double> probabilities, std::span<const int> targets);

/// The intercept with the slope held at 1 (calibration in the large): 0 when as many positives occur as predicted.
/// Nothing when a class is absent.
std::optional<Estimate> calibration_in_the_large(std::span<const double> probabilities, std::span<const int> targets);

}  // namespace alveus::study
