// SPDX-License-Identifier: Apache-2.0
#include "study/scores.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "study/samples.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

struct KnownSlice {
  std::size_t number = 0;  ///< in the order of appearance
  std::string patient_id;
  int target = 0;
};

struct KnownVariant {
  VariantScores scores;
  std::set<std::size_t> seen;
  std::map<std::string, Role> roles;  ///< by patient
};

/// Takes in tables row by row.
class ScoreReader {
 public:
  core::Status add(const NamedText& file) {
    ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(file.name, file.text));
    for (const auto* column :
         {"variant", "configuration", "fold", "role", "sample_id", "patient_id", "target", "probability"}) {
      ALVEUS_TRY(table.column(column));
    }
    for (std::size_t row = 0; row < table.row_count(); ++row) ALVEUS_TRY(add_row(table, row));
    return {};
  }

  core::Result<Scores> finish() &&;

 private:
  core::Status add_row(const core::CsvTable& table, std::size_t row);
  core::Result<std::size_t> add_slice(const core::CsvTable& table, std::size_t row);
  core::Result<KnownVariant*> add_variant(const core::CsvTable& table, std::size_t row);

  std::map<std::string, KnownSlice> slices_;
  std::map<std::string, KnownVariant> variants_;
  std::map<std::string, Unit> units_;  ///< by configuration
};

tl::unexpected<core::Error> bad_row(const core::CsvTable& table, std::size_t row, std::string message) {
  return core::fail(ErrorCode::kInvalidInput, std::move(message), table.where(row));
}

core::Result<std::size_t> ScoreReader::add_slice(const core::CsvTable& table, std::size_t row) {
  ALVEUS_TRY_ASSIGN(const long target, table.integer(row, "target"));
  if (target != 0 && target != 1)
    return bad_row(table, row, "the target is " + std::to_string(target) + "; it is 0 or 1");
  const std::string patient(table.cell(row, "patient_id"));
  const std::string sample(table.cell(row, "sample_id"));
  if (sample.empty() || patient.empty()) return bad_row(table, row, "the sample_id or the patient_id is empty");
  const auto [place, is_new] = slices_.emplace(
      sample, KnownSlice{.number = slices_.size(), .patient_id = patient, .target = static_cast<int>(target)});
  const KnownSlice& known = place->second;
  if (!is_new && (known.patient_id != patient || known.target != target)) {
    return bad_row(table, row,
                   "the sample '" + sample + "' has patient '" + patient + "' and target " + std::to_string(target) +
                       " here, '" + known.patient_id + "' and " + std::to_string(known.target) +
                       " in an earlier row; score one study at a time");
  }
  return known.number;
}

/// kSlice where the table does not say.
core::Result<Unit> unit_in(const core::CsvTable& table, std::size_t row) {
  const std::string_view name = table.cell(row, "unit");
  if (name.empty()) return Unit::kSlice;
  if (const auto unit = find_unit(name)) return *unit;
  return bad_row(table, row, "the unit is '" + std::string(name) + "'; it is slice or scan");
}

core::Result<KnownVariant*> ScoreReader::add_variant(const core::CsvTable& table, std::size_t row) {
  ALVEUS_TRY_ASSIGN(const long fold, table.integer(row, "fold"));
  const std::string variant(table.cell(row, "variant"));
  const std::string configuration(table.cell(row, "configuration"));
  if (variant.empty() || configuration.empty() || fold < 0 || fold > 9999) {
    return bad_row(table, row, "the variant or its configuration is empty, or the fold is not in 0 to 9999");
  }
  ALVEUS_TRY_ASSIGN(const Unit unit, unit_in(table, row));
  const Unit known_unit = units_.try_emplace(configuration, unit).first->second;
  if (known_unit != unit) {
    return bad_row(table, row,
                   "the configuration '" + configuration + "' has scores of " + std::string(name_of(unit)) +
                       "s here and of " + std::string(name_of(known_unit)) + "s in an earlier row");
  }
  const auto [place, is_new] = variants_.try_emplace(variant);
  VariantScores& scores = place->second.scores;
  if (is_new) {
    scores = {.variant = variant, .configuration = configuration, .fold = static_cast<int>(fold), .unit = unit};
    const std::string stem = configuration + "-f" + std::to_string(fold);
    if (variant.starts_with(stem)) scores.series = variant.substr(stem.size());
  } else if (scores.configuration != configuration || scores.fold != fold) {
    return bad_row(table, row,
                   "the variant '" + variant + "' has configuration '" + configuration + "' and fold " +
                       std::to_string(fold) + " here, '" + scores.configuration + "' and " +
                       std::to_string(scores.fold) + " in an earlier row");
  }
  return &place->second;
}

core::Status ScoreReader::add_row(const core::CsvTable& table, std::size_t row) {
  ALVEUS_TRY_ASSIGN(const std::size_t slice, add_slice(table, row));
  ALVEUS_TRY_ASSIGN(KnownVariant * variant, add_variant(table, row));
  const auto role = find_role(table.cell(row, "role"));
  if (!role || *role == Role::kTrain) {
    return bad_row(table, row, "the role is '" + std::string(table.cell(row, "role")) + "'; it is val or test");
  }
  ALVEUS_TRY_ASSIGN(const double probability, table.real(row, "probability"));
  if (!(probability >= 0 && probability <= 1)) {
    return bad_row(table, row,
                   "the probability " + std::string(table.cell(row, "probability")) +
                       " is not in 0 to 1; did the training diverge?");
  }
  if (!variant->seen.insert(slice).second) {
    return bad_row(table, row,
                   "the sample '" + std::string(table.cell(row, "sample_id")) + "' stands twice in the variant '" +
                       variant->scores.variant + "'");
  }
  const std::string patient(table.cell(row, "patient_id"));
  if (const auto known = variant->roles.emplace(patient, *role).first; known->second != *role) {
    return bad_row(
        table, row,
        "leak: the patient '" + patient + "' both validates and tests the variant '" + variant->scores.variant + "'");
  }
  auto& part = *role == Role::kTest ? variant->scores.test : variant->scores.validation;
  part.push_back({.slice = slice, .probability = probability});
  return {};
}

core::Result<Scores> ScoreReader::finish() && {
  Scores scores;
  std::vector<std::size_t> place(slices_.size());
  for (const auto& [sample, known] : slices_) {
    place[known.number] = scores.slices.size();
    scores.slices.push_back({.sample_id = sample, .patient_id = known.patient_id, .target = known.target});
  }
  std::map<std::string, std::string> series;
  for (auto& [name, known] : variants_) {
    VariantScores& variant = known.scores;
    const std::string key = variant.configuration + "\n" + std::to_string(variant.fold) + "\n" + variant.series;
    if (const auto [other, is_new] = series.emplace(key, name); !is_new) {
      return core::fail(ErrorCode::kInvalidInput, "the variants '" + other->second + "' and '" + name +
                                                      "' are both configuration '" + variant.configuration +
                                                      "', fold " + std::to_string(variant.fold) +
                                                      "; ids of several seeds end in '-s' and the seed");
    }
    for (auto* part : {&variant.validation, &variant.test}) {
      for (auto& score : *part) score.slice = place[score.slice];
      std::ranges::sort(*part, {}, &Score::slice);
    }
    scores.variants.push_back(std::move(variant));
  }
  return scores;
}

std::string digest_of(const Scores& scores) {
  core::Hasher hasher(core::HashKind::kSha256);
  for (const auto& variant : scores.variants) {
    hasher.add(variant.variant + "," + variant.configuration + "," + std::to_string(variant.fold) + "\n");
    for (const auto& [role, part] :
         {std::pair(Role::kValidation, &variant.validation), std::pair(Role::kTest, &variant.test)}) {
      for (const auto& score : *part) {
        const auto& slice = scores.slices[score.slice];
        hasher.add(std::string(name_of(role)) + "," + slice.sample_id + "," + slice.patient_id + "," +
                   std::to_string(slice.target) + "," + core::number_text(score.probability) + "\n");
      }
    }
  }
  return hasher.finish();
}

}  // namespace

core::Result<Scores> read_scores(std::span<const NamedText> files) {
  ScoreReader reader;
  for (const auto& file : files) ALVEUS_TRY(reader.add(file));
  ALVEUS_TRY_ASSIGN(auto scores, std::move(reader).finish());
  scores.sha256 = digest_of(scores);
  return scores;
}

}  // namespace alveus::study
