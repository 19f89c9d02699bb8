// SPDX-License-Identifier: Apache-2.0
#include "explain/case_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace alveus::explain {
namespace {

constexpr double kThreshold = 0.5;

using Groups = std::array<std::vector<std::size_t>, 4>;  // true +, true -, false +, false -

std::size_t group_of(const Candidate& candidate) {
  const bool called_positive = candidate.probability >= kThreshold;
  const bool right = called_positive == (candidate.target == 1);
  return (right ? 0U : 2U) + (called_positive ? 0U : 1U);
}

Groups sorted_groups(std::span<const Candidate> candidates) {
  Groups groups;
  for (std::size_t i = 0; i < candidates.size(); ++i) groups[group_of(candidates[i])].push_back(i);
  for (auto& group : groups) {
    std::ranges::sort(group, {}, [&](std::size_t index) {
      const Candidate& candidate = candidates[index];
      return std::pair(-std::abs(candidate.probability - kThreshold), std::string_view(candidate.sample_id));
    });
  }
  return groups;
}

/// The best of a group: of a patient not yet shown where there is one.
std::size_t position_of_next(const std::vector<std::size_t>& group, std::span<const Candidate> candidates,
                             const std::set<std::string>& shown) {
  const auto fresh =
      std::ranges::find_if(group, [&](std::size_t index) { return !shown.contains(candidates[index].patient_id); });
  return fresh == group.end() ? 0 : static_cast<std::size_t>(fresh - group.begin());
}

}  // namespace

std::vector<std::size_t> choose_cases(std::span<const Candidate> candidates, std::size_t count) {
  Groups groups = sorted_groups(candidates);
  std::set<std::string> shown;
  std::vector<std::size_t> chosen;
  const std::size_t wanted = std::min(count, candidates.size());
  for (std::size_t turn = 0; chosen.size() < wanted; ++turn) {
    auto& group = groups[turn % groups.size()];
    if (group.empty()) continue;
    const auto place = group.begin() + static_cast<std::ptrdiff_t>(position_of_next(group, candidates, shown));
    chosen.push_back(*place);
    shown.insert(candidates[*place].patient_id);
    group.erase(place);
  }
  return chosen;
}

}  // namespace alveus::explain
