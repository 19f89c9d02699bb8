// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace alveus::study {

/// McNemar's test of two sets of calls on the same cases.
struct McNemar {
  long only_first_right = 0;
  long only_second_right = 0;
  std::string method;               ///< "exact" below 25 discordant cases, else "continuity"
  std::optional<double> statistic;  ///< chi-squared, with "continuity" alone
  double p = 1;
};

McNemar mcnemar_test(std::span<const int> targets, std::span<const int> first_calls, std::span<const int> second_calls);

/// The same from its counts.
McNemar mcnemar_test(long only_first_right, long only_second_right);

/// Holm's step-down adjustment of a family of p-values. An absent one is no member of the family and stays absent.
std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p_values);

/// Two-sided bootstrap p of a difference: twice the smaller share of replicates on the far side of 0, the estimate
/// counted as one of them; at most 1.
double bootstrap_p(std::span<const double> differences);

}  // namespace alveus::study
