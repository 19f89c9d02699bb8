// SPDX-License-Identifier: Apache-2.0
#include "explain/saliency_scores.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace alveus::explain {
namespace {

bool marks_something(std::span<const std::uint8_t> mask) {
  return std::ranges::any_of(mask, [](std::uint8_t value) { return value != 0; });
}

double sum_in(std::span<const float> saliency, std::span<const std::uint8_t> mask) {
  double sum = 0;
  for (std::size_t i = 0; i < saliency.size(); ++i) {
    if (mask[i] != 0) sum += static_cast<double>(saliency[i]);
  }
  return sum;
}

double lesion_share(std::span<const std::uint8_t> lung, std::span<const std::uint8_t> lesion) {
  std::size_t lung_count = 0;
  std::size_t both_count = 0;
  for (std::size_t i = 0; i < lung.size(); ++i) {
    if (lung[i] == 0) continue;
    ++lung_count;
    if (lesion[i] != 0) ++both_count;
  }
  return static_cast<double>(both_count) / static_cast<double>(lung_count);
}

}  // namespace

SaliencyScores score_saliency(std::span<const float> saliency, std::span<const std::uint8_t> lung,
                              std::span<const std::uint8_t> lesion) {
  ALVEUS_CHECK((lung.empty() || lung.size() == saliency.size()) && (lesion.empty() || lesion.size() == saliency.size()),
               "a mask has the map's size");
  const bool has_lung = marks_something(lung);
  const bool has_lesion = marks_something(lesion);
  double total = 0;
  for (const float value : saliency) total += static_cast<double>(value);
  SaliencyScores scores;
  if (has_lung && has_lesion) scores.lesion_share_of_lung = lesion_share(lung, lesion);
  if (total <= 0) return scores;
  if (has_lung) scores.energy_in_lung = sum_in(saliency, lung) / total;
  if (has_lesion) {
    scores.energy_in_lesion = sum_in(saliency, lesion) / total;
    const auto highest = std::ranges::max_element(saliency) - saliency.begin();
    scores.pointing_hit = lesion[static_cast<std::size_t>(highest)] != 0;
  }
  return scores;
}

}  // namespace alveus::explain
