// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/csv.hpp"
#include "core/random.hpp"
#include "study/scores.hpp"

namespace alveus::study {

inline const std::string kScoreHeader = "variant,configuration,fold,role,sample_id,patient_id,target,probability\n";

/// A study whose patient p (of `patients`, every second positive) is tested in fold p mod folds and validates the fold
/// before. Each has two slices. The probability is 0.5 ± strength plus noise of ±0.5, cut to [0, 1].
struct SyntheticStudy {
  int patients = 20;
  int folds = 2;
  std::uint64_t seed = 1;

  /// The score table of one variant; `suffix` follows its fold ("-s2").
  std::string table(const std::string& configuration, int fold, double strength, const std::string& suffix = "") const {
    std::string text = kScoreHeader;
    core::Random random(seed, configuration + suffix, static_cast<std::uint64_t>(fold));
    for (int patient = 0; patient < patients; ++patient) {
      const int group = (patient / 2) % folds;
      if (group != fold && group != (fold + 1) % folds) continue;
      const int target = patient % 2;
      for (int slice = 0; slice < 2; ++slice) {
        const double centre = target == 1 ? 0.5 + strength : 0.5 - strength;
        const double probability = std::min(1.0, std::max(0.0, centre + random.uniform(-0.5, 0.5)));
        const std::string id = "P" + std::to_string(100 + patient);
        text += configuration + "-f" + std::to_string(fold) + suffix + "," + configuration + "," +
                std::to_string(fold) + "," + (group == fold ? "test" : "val") + "," + id + "_" + std::to_string(slice) +
                "," + id + "," + std::to_string(target) + "," + core::number_text(probability) + "\n";
      }
    }
    return text;
  }

  /// The tables of all folds.
  std::vector<NamedText> tables(const std::string& configuration, double strength,
                                const std::string& suffix = "") const {
    std::vector<NamedText> files;
    for (int fold = 0; fold < folds; ++fold) {
      files.push_back({.name = configuration + std::to_string(fold) + ".csv",
                       .text = table(configuration, fold, strength, suffix)});
    }
    return files;
  }
};

inline std::vector<NamedText> joined(std::vector<NamedText> left, const std::vector<NamedText>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace alveus::study
