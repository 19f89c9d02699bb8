// SPDX-License-Identifier: Apache-2.0
#include "study/curves.hpp"

#include <algorithm>
#include <numeric>

#include "core/check.hpp"

namespace alveus::study {
namespace {

struct Corner {
  std::optional<double> threshold;
  long false_positives = 0;
  long true_positives = 0;
};

/// Whether the middle lies on the straight line between its neighbours; in whole numbers, hence exact.
bool straight(const Corner& before, const Corner& middle, const Corner& after) {
  return (middle.true_positives - before.true_positives) * (after.false_positives - middle.false_positives) ==
         (after.true_positives - middle.true_positives) * (middle.false_positives - before.false_positives);
}

}  // namespace

std::vector<RocPoint> roc_curve(std::span<const double> probabilities, std::span<const int> targets) {
  ALVEUS_CHECK(probabilities.size() == targets.size(), "every probability has a target");
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::vector<Corner> corners = {Corner{}};
  Corner sums;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (targets[order[i]] == 1 ? sums.true_positives : sums.false_positives) += 1;
    if (i + 1 < order.size() && probabilities[order[i + 1]] == probabilities[order[i]]) continue;
    sums.threshold = probabilities[order[i]];
    const std::size_t size = corners.size();
    if (size >= 2 && straight(corners[size - 2], corners[size - 1], sums)) corners.pop_back();
    corners.push_back(sums);
  }
  if (sums.true_positives == 0 || sums.false_positives == 0) return {};
  std::vector<RocPoint> curve;
  for (const auto& corner : corners) {
    curve.push_back(
        {.threshold = corner.threshold,
         .false_positive_rate = static_cast<double>(corner.false_positives) / static_cast<double>(sums.false_positives),
         .true_positive_rate = static_cast<double>(corner.true_positives) / static_cast<double>(sums.true_positives)});
  }
  return curve;
}

Histogram histogram(std::span<const double> probabilities, std::span<const int> targets, std::size_t bins) {
  ALVEUS_CHECK(probabilities.size() == targets.size() && bins > 0, "every probability has a target");
  Histogram result{
      .edges = {}, .negatives = std::vector<std::size_t>(bins), .positives = std::vector<std::size_t>(bins)};
  for (std::size_t i = 0; i <= bins; ++i) {
    result.edges.push_back(static_cast<double>(i) / static_cast<double>(bins));
  }
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    // The edges themselves decide, so that a count agrees with the edges as they are written.
    const auto above = std::ranges::upper_bound(result.edges, probabilities[i]);
    const auto bin =
        std::clamp<std::ptrdiff_t>(above - result.edges.begin() - 1, 0, static_cast<std::ptrdiff_t>(bins) - 1);
    ++(targets[i] == 1 ? result.positives : result.negatives)[static_cast<std::size_t>(bin)];
  }
  return result;
}

}  // namespace alveus::study
