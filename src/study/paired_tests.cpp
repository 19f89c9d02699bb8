// SPDX-License-Identifier: Apache-2.0
#include "study/paired_tests.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/check.hpp"
#include "study/special_functions.hpp"

namespace alveus::study {
namespace {

/// Below this many discordant cases the chi-squared approximation is poor.
constexpr long kExactBelow = 25;

}  // namespace

McNemar mcnemar_test(long only_first_right, long only_second_right) {
  McNemar test{.only_first_right = only_first_right,
               .only_second_right = only_second_right,
               .method = "exact",
               .statistic = std::nullopt,
               .p = 1};
  const long discordant = only_first_right + only_second_right;
  if (discordant < kExactBelow) {
    test.p = binomial_half_p(only_first_right, only_second_right);
    return test;
  }
  test.method = "continuity";
  const double distance = std::max(0.0, static_cast<double>(std::abs(only_first_right - only_second_right)) - 1);
  test.statistic = distance * distance / static_cast<double>(discordant);
  test.p = chi_squared_1_survival(*test.statistic);
  return test;
}

McNemar mcnemar_test(std::span<const int> targets, std::span<const int> first_calls,
                     std::span<const int> second_calls) {
  ALVEUS_CHECK(targets.size() == first_calls.size() && targets.size() == second_calls.size(),
               "both were called on the same cases");
  long only_first = 0;
  long only_second = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool first = first_calls[i] == targets[i];
    const bool second = second_calls[i] == targets[i];
    if (first && !second) ++only_first;
    if (second && !first) ++only_second;
  }
  return mcnemar_test(only_first, only_second);
}

std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p_values) {
  std::vector<std::pair<double, std::size_t>> family;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (p_values[i]) family.emplace_back(*p_values[i], i);
  }
  std::ranges::sort(family);
  std::vector<std::optional<double>> adjusted(p_values.size());
  double floor = 0;
  for (std::size_t rank = 0; rank < family.size(); ++rank) {
    floor = std::max(floor, std::min(1.0, family[rank].first * static_cast<double>(family.size() - rank)));
    adjusted[family[rank].second] = floor;
  }
  return adjusted;
}

double bootstrap_p(std::span<const double> differences) {
  const auto at_most_zero = std::ranges::count_if(differences, [](double value) { return value <= 0; });
  const auto at_least_zero = std::ranges::count_if(differences, [](double value) { return value >= 0; });
  const auto smaller = static_cast<double>(std::min(at_most_zero, at_least_zero));
  return std::min(1.0, 2 * (smaller + 1) / (static_cast<double>(differences.size()) + 1));
}

}  // namespace alveus::study
