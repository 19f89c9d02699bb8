// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/samples.hpp"

namespace alveus::study {

/// Who trains, validates and tests in each fold: patient → role, one map per fold, counted from 0.
class FoldTable {
 public:
  explicit FoldTable(std::vector<std::map<std::string, Role>> folds) : folds_(std::move(folds)) {}

  /// Reads folds.csv. kInvalidInput with file and line: an unknown role, a patient twice in a fold, a fold missing.
  static core::Result<FoldTable> parse(std::string name, std::string_view text);

  int count() const { return static_cast<int>(folds_.size()); }
  /// Patients and roles of a fold, sorted by patient. `fold` is in range.
  const std::map<std::string, Role>& roles(int fold) const;
  /// The patient's role; nothing when the fold does not name the patient.
  std::optional<Role> find_role(int fold, const std::string& patient_id) const;
  /// folds.csv, sorted by fold and patient.
  std::string csv() const;

  friend bool operator==(const FoldTable&, const FoldTable&) = default;

 private:
  std::vector<std::map<std::string, Role>> folds_;
};

enum class SplitMethod { kOfficial, kGrouped };
std::string_view name_of(SplitMethod method);

/// kOfficial when every sample has a split.
SplitMethod natural_method(std::span<const Sample> samples);

/// One fold: the split column. kInvalidInput: a sample without split, no validation or test part, one class missing in
/// a part; a patient with two roles is an error too and both samples are named.
core::Result<FoldTable> official_folds(std::span<const Sample> samples);

/// `count` folds of patients, stratified by class; fold i is tested, fold i + 1 (mod count) validates. kInvalidInput
/// when `count` is below 3 or a class has fewer patients than folds. A patient is positive when one sample is.
core::Result<FoldTable> grouped_folds(std::span<const Sample> samples, int count, std::uint64_t seed);

/// A failure when, in any fold, a patient has no role, or two samples of equal pixels stand in different roles; both
/// are named with patient and role.
core::Status check_leaks(const FoldTable& folds, std::span<const Sample> samples);

/// The content of folds.json.
core::Value folds_summary(const FoldTable& folds, std::span<const Sample> samples, SplitMethod method,
                          std::uint64_t seed);

}  // namespace alveus::study
