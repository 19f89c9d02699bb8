// SPDX-License-Identifier: Apache-2.0
#include "study/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

constexpr double kTail = (1 - kConfidence) / 2;

}  // namespace

std::optional<Interval> wilson_interval(long successes, long total) {
  if (total <= 0) return std::nullopt;
  const double n = static_cast<double>(total);
  const double share = static_cast<double>(successes) / n;
  const double z2 = kNormalWidth * kNormalWidth;
  const double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormalWidth / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  // At 0 and 1 the bound is exact; rounding must not put the share outside its interval.
  return Interval{.low = successes == 0 ? 0 : std::max(0.0, centre - half),
                  .high = successes == total ? 1 : std::min(1.0, centre + half)};
}

Interval logit_interval(double area, double variance) {
  const double half = kNormalWidth * std::sqrt(variance) / (area * (1 - area));
  return {.low = logistic(logit(area) - half), .high = logistic(logit(area) + half)};
}

Interval disjoint_pairs_interval(double area, long pairs) {
  const double bound = std::pow(kTail, 1 / static_cast<double>(pairs));
  return area >= 1 ? Interval{.low = bound, .high = 1} : Interval{.low = 0, .high = 1 - bound};
}

double quantile(std::span<const double> sorted, double share) {
  ALVEUS_CHECK(!sorted.empty(), "a quantile is one of some numbers");
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = place - static_cast<double>(below);
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

std::optional<Interval> percentile_interval(std::span<const double> sorted) {
  if (sorted.empty()) return std::nullopt;
  return Interval{.low = quantile(sorted, kTail), .high = quantile(sorted, 1 - kTail)};
}

std::optional<Interval> bca_interval(std::span<const double> sorted, double estimate, double acceleration) {
  if (sorted.empty()) return std::nullopt;
  const auto [first, last] = std::ranges::equal_range(sorted, estimate);
  const auto below = static_cast<double>(first - sorted.begin());
  const auto equal = static_cast<double>(last - first);
  const double share = (below + 0.5 * equal) / static_cast<double>(sorted.size());
  if (share <= 0 || share >= 1) return std::nullopt;
  const double bias = normal_quantile(share);
  const auto adjusted = [&](double tail) {
    const double shifted = bias + normal_quantile(tail);
    return normal_cdf(bias + shifted / (1 - acceleration * shifted));
  };
  return Interval{.low = quantile(sorted, adjusted(kTail)), .high = quantile(sorted, adjusted(1 - kTail))};
}

double acceleration(std::span<const std::span<const double>> delete_one) {
  double cubes = 0;
  double squares = 0;
  for (const auto values : delete_one) {
    if (values.size() < 2) continue;
    const double n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    for (const double value : values) {
      const double influence = (n - 1) * (mean - value) / n;
      cubes += influence * influence * influence;
      squares += influence * influence;
    }
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

}  // namespace alveus::study
