// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "study/unit.hpp"

namespace alveus::study {

/// A slice, or a scan (`VariantScores::unit`), that was scored, the same for all variants.
struct ScoredSlice {
  std::string sample_id;
  std::string patient_id;
  int target = 0;
};

/// The probability of a slice; `slice` is an index into Scores::slices.
struct Score {
  std::size_t slice = 0;
  double probability = 0;
};

/// What one variant scored on its validation and test parts, sorted by slice.
struct VariantScores {
  std::string variant;
  std::string configuration;
  int fold = 0;
  /// What the id has after the fold: "" or "-s" and the seed. Variants of one series differ in their fold only.
  std::string series = {};
  Unit unit = Unit::kSlice;  ///< what its scores are of
  std::vector<Score> validation = {};
  std::vector<Score> test = {};
};

/// Scores of a whole study.
struct Scores {
  std::vector<ScoredSlice> slices;      ///< sorted by sample
  std::vector<VariantScores> variants;  ///< sorted by variant
  std::string sha256;                   ///< of the rows in that order, whatever files they came in
};

/// A file as read: its name for messages, and its text.
struct NamedText {
  std::string name;
  std::string text;
};

/// Reads score tables. kInvalidInput with file and line: a probability outside [0, 1], a slice with two patients or
/// targets, a slice twice in a variant, a variant with two folds or configurations, a patient who both validates and
/// tests a variant, two variants of one configuration, fold and series, two units in a configuration. A table without
/// the column "unit" is of slices.
core::Result<Scores> read_scores(std::span<const NamedText> files);

}  // namespace alveus::study
