// SPDX-License-Identifier: Apache-2.0
#include "study/threshold.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/check.hpp"

namespace alveus::study {
namespace {

constexpr double kSensitivityLeast = 0.95;

struct Candidate {
  double threshold = 0;
  long true_positives = 0;
  long false_positives = 0;
};

/// Between two scores, such that the upper is called and the lower is not, also when they are neighbouring doubles.
double between(double lower, double upper) {
  const double middle = lower + (upper - lower) / 2;
  return middle > lower ? middle : upper;
}

/// Thresholds from high to low with what they call; the last, at the least score, calls all.
std::vector<Candidate> candidates(std::span<const double> probabilities, std::span<const int> targets) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::vector<Candidate> result;
  Candidate sums;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (targets[order[i]] == 1 ? sums.true_positives : sums.false_positives) += 1;
    const bool last = i + 1 == order.size();
    if (!last && probabilities[order[i + 1]] == probabilities[order[i]]) continue;
    sums.threshold = last ? probabilities[order[i]] : between(probabilities[order[i + 1]], probabilities[order[i]]);
    result.push_back(sums);
  }
  return result;
}

}  // namespace

std::string_view name_of(ThresholdRule rule) {
  switch (rule) {
    case ThresholdRule::kHalf: return "0.5";
    case ThresholdRule::kYouden: return "youden";
    case ThresholdRule::kSensitivity95: return "sensitivity95";
  }
  return "unknown";
}

std::optional<ThresholdRule> find_threshold_rule(std::string_view name) {
  for (const auto rule : {ThresholdRule::kHalf, ThresholdRule::kYouden, ThresholdRule::kSensitivity95}) {
    if (name == name_of(rule)) return rule;
  }
  return std::nullopt;
}

std::optional<double> choose_threshold(ThresholdRule rule, std::span<const double> probabilities,
                                       std::span<const int> targets) {
  ALVEUS_CHECK(probabilities.size() == targets.size(), "every probability has a target");
  if (rule == ThresholdRule::kHalf) return 0.5;
  const long positives = std::accumulate(targets.begin(), targets.end(), 0L);
  const long negatives = static_cast<long>(targets.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  const auto all = candidates(probabilities, targets);
  if (rule == ThresholdRule::kSensitivity95) {
    for (const auto& candidate : all) {
      if (static_cast<double>(candidate.true_positives) >= kSensitivityLeast * static_cast<double>(positives)) {
        return candidate.threshold;
      }
    }
  }
  // Youden's index times positives × negatives: a whole number, so that ties are ties.
  std::optional<double> best;
  long best_index = 0;
  for (const auto& candidate : all) {
    const long index = candidate.true_positives * negatives - candidate.false_positives * positives;
    if (index < best_index || index <= 0) continue;
    const bool nearer = best && std::abs(candidate.threshold - 0.5) <= std::abs(*best - 0.5);
    if (index > best_index || nearer) {
      best = candidate.threshold;
      best_index = index;
    }
  }
  return best;
}

}  // namespace alveus::study
