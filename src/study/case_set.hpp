// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alveus::study {

/// The cases of one level (patients, or slices) that a configuration was tested on, each with its truth, its
/// probability and its call at the threshold of its fold. The lists run in parallel, sorted by name.
struct CaseSet {
  std::vector<std::string> names;
  std::vector<std::size_t> patients;  ///< index into `patient_targets`
  std::vector<int> targets;           ///< 0 or 1
  std::vector<double> probabilities;  ///< in [0, 1]
  std::vector<int> calls;             ///< 1: called positive
  std::vector<int> patient_targets;   ///< one per patient, sorted by patient

  std::size_t size() const { return targets.size(); }
};

}  // namespace alveus::study
