// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace alveus::explain {

/// A scored slice that could be shown.
struct Candidate {
  std::string sample_id;
  std::string patient_id;
  int target = 0;
  double probability = 0;  ///< of target 1
};

/// Chooses slices to show, by index into `candidates`: in turn the most confident true positive, true negative, false
/// positive, false negative (decided at 0.5), then the next of each. Slices of patients not shown yet come first; equal
/// confidence goes by sample id. At most `count`; the same for the same candidates in any order.
std::vector<std::size_t> choose_cases(std::span<const Candidate> candidates, std::size_t count);

}  // namespace alveus::explain
