// SPDX-License-Identifier: Apache-2.0
#include "study/auroc.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.hpp"
#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

/// Indices of the scores, ascending; equal scores by index.
std::vector<std::size_t> ascending(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

/// Per case, twice the number of opposite cases on the losing side, ties counted once: whole numbers, hence exact.
std::vector<long> doubled_wins(std::span<const double> scores, std::span<const int> targets, long positives,
                               long negatives) {
  const auto order = ascending(scores);
  std::vector<long> wins(scores.size());
  long positives_below = 0;
  long negatives_below = 0;
  for (std::size_t start = 0; start < order.size();) {
    std::size_t end = start;
    long tied_positives = 0;
    while (end < order.size() && scores[order[end]] == scores[order[start]]) {
      tied_positives += targets[order[end]];
      ++end;
    }
    const long tied_negatives = static_cast<long>(end - start) - tied_positives;
    for (std::size_t i = start; i < end; ++i) {
      const long positives_above = positives - positives_below - tied_positives;
      wins[order[i]] =
          targets[order[i]] == 1 ? 2 * negatives_below + tied_negatives : 2 * positives_above + tied_positives;
    }
    positives_below += tied_positives;
    negatives_below += tied_negatives;
    start = end;
  }
  ALVEUS_CHECK(positives_below == positives && negatives_below == negatives, "scores are numbers");
  return wins;
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Covariance of two lists (n - 1 in the denominator), divided by n.
double mean_covariance(std::span<const double> left, std::span<const double> right) {
  const double left_mean = mean_of(left);
  const double right_mean = mean_of(right);
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += (left[i] - left_mean) * (right[i] - right_mean);
  const double n = static_cast<double>(left.size());
  return sum / (n - 1) / n;
}

}  // namespace

std::optional<RocArea> roc_area(std::span<const double> scores, std::span<const int> targets) {
  ALVEUS_CHECK(scores.size() == targets.size(), "every score has a target");
  const long positives = std::accumulate(targets.begin(), targets.end(), 0L);
  const long negatives = static_cast<long>(targets.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  const auto wins = doubled_wins(scores, targets, positives, negatives);
  RocArea result;
  long total = 0;
  for (std::size_t i = 0; i < wins.size(); ++i) {
    if (targets[i] == 1) {
      total += wins[i];
      result.placements.positives.push_back(static_cast<double>(wins[i]) / (2 * static_cast<double>(negatives)));
    } else {
      result.placements.negatives.push_back(static_cast<double>(wins[i]) / (2 * static_cast<double>(positives)));
    }
  }
  result.area = static_cast<double>(total) / (2 * static_cast<double>(positives) * static_cast<double>(negatives));
  result.variance = area_covariance(result.placements, result.placements);
  return result;
}

std::optional<double> area_covariance(const Placements& left, const Placements& right) {
  ALVEUS_CHECK(left.positives.size() == right.positives.size() && left.negatives.size() == right.negatives.size(),
               "areas to compare are of the same cases");
  if (left.positives.size() < 2 || left.negatives.size() < 2) return std::nullopt;
  return mean_covariance(left.positives, right.positives) + mean_covariance(left.negatives, right.negatives);
}

std::optional<AreaTest> paired_area_test(const RocArea& left, const RocArea& right) {
  const auto covariance = area_covariance(left.placements, right.placements);
  if (!covariance || !left.variance || !right.variance) return std::nullopt;
  AreaTest test;
  test.difference = left.area - right.area;
  double variance = *left.variance + *right.variance - 2 * *covariance;
  // Equal rankings differ by rounding alone.
  if (variance < 1e-18) variance = 0;
  test.standard_error = std::sqrt(variance);
  if (test.difference == 0) {
    test.z = 0;
    test.p = 1;
  } else if (variance > 0) {
    test.z = test.difference / test.standard_error;
    test.p = two_sided_normal_p(*test.z);
  }
  return test;
}

}  // namespace alveus::study
