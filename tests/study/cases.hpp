// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "study/case_set.hpp"

namespace alveus::study {

/// Twenty cases with ties; the tests' expected values for them are by scikit-learn 1.2 and scipy 1.10.
inline const std::vector<double> kTwentyProbabilities = {0.05, 0.1,  0.1, 0.2, 0.25, 0.3, 0.35, 0.4,  0.4, 0.45,
                                                         0.5,  0.55, 0.6, 0.6, 0.65, 0.7, 0.8,  0.85, 0.9, 0.95};
inline const std::vector<int> kTwentyTargets = {0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1};

/// Cases that are a patient each, called at 0.5.
inline CaseSet patient_cases(const std::vector<double>& probabilities, const std::vector<int>& targets) {
  CaseSet cases;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    cases.names.push_back("P" + std::to_string(1000 + i));
    cases.patients.push_back(i);
    cases.targets.push_back(targets[i]);
    cases.probabilities.push_back(probabilities[i]);
    cases.calls.push_back(probabilities[i] >= 0.5 ? 1 : 0);
  }
  cases.patient_targets = cases.targets;
  return cases;
}

}  // namespace alveus::study
