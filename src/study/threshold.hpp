// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace alveus::study {

/// How the threshold of a fold is chosen, on its validation scores alone.
enum class ThresholdRule {
  kHalf,           ///< 0.5
  kYouden,         ///< the greatest sensitivity + specificity - 1
  kSensitivity95,  ///< the highest threshold with sensitivity of at least 0.95
};

/// "0.5", "youden", "sensitivity95".
std::string_view name_of(ThresholdRule rule);
std::optional<ThresholdRule> find_threshold_rule(std::string_view name);

/// The threshold for `probability ≥ threshold`. Candidates lie midway between neighbouring distinct scores; of equally
/// good ones the nearest to 0.5, then the lower. Nothing when the rule cannot choose: a class is absent, or
/// (kYouden) no candidate does better than chance.
std::optional<double> choose_threshold(ThresholdRule rule, std::span<const double> probabilities,
                                       std::span<const int> targets);

}  // namespace alveus::study
