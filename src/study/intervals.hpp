// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

namespace alveus::study {

/// Every interval of this library holds with this probability.
inline constexpr double kConfidence = 0.95;
/// normal_quantile(1 - (1 - kConfidence) / 2).
inline constexpr double kNormalWidth = 1.959963984540054;

struct Interval {
  double low = 0;
  double high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Wilson's score interval of a share (Wilson 1927). Nothing when `total` is 0.
std::optional<Interval> wilson_interval(long successes, long total);

/// Normal interval on the logit scale of an area with its variance (DeLong et al. 1988; the scale keeps the bounds
/// inside (0, 1), Qin and Hotilovac 2008). For 0 < area < 1.
Interval logit_interval(double area, double variance);

/// Bounds of an area observed as exactly 1 or 0, where no variance can be estimated. With `pairs` = patients in the
/// smaller class, that many disjoint pairs are independent; all of them are in order with probability area^pairs, so
/// areas below 0.025^(1/pairs) are refuted. Conservative.
Interval disjoint_pairs_interval(double area, long pairs);

/// Quantile of sorted numbers by linear interpolation between order statistics (Hyndman and Fan's type 7). Not empty.
double quantile(std::span<const double> sorted, double share);

/// The middle 95 % of bootstrap replicates, which are sorted. Nothing when there are none.
std::optional<Interval> percentile_interval(std::span<const double> sorted);

/// Efron's bias-corrected and accelerated interval. `replicates` are sorted; ties with the estimate count half.
/// Nothing when the estimate lies outside all replicates, so that no bias can be told.
std::optional<Interval> bca_interval(std::span<const double> sorted, double estimate, double acceleration);

/// Acceleration of a statistic of several independent samples from its delete-one values, one list per sample:
/// (1/6) Σ l³/n³ / (Σ l²/n²)^1.5 with l = (n - 1)(mean - value) (Davison and Hinkley 1997, chapter 5). 0 when nothing
/// varies.
double acceleration(std::span<const std::span<const double>> delete_one);

}  // namespace alveus::study
