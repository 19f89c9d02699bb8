// SPDX-License-Identifier: Apache-2.0
#include "study/folds.hpp"

#include <array>
#include <utility>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

constexpr int kFormatVersion = 1;
constexpr long kFoldsMax = 10000;
constexpr std::array kRoles = {Role::kTrain, Role::kValidation, Role::kTest};

/// Patient → target; positive when one of the samples is.
std::map<std::string, int> targets_of(std::span<const Sample> samples) {
  std::map<std::string, int> targets;
  for (const auto& sample : samples) {
    int& target = targets[sample.patient_id];
    target = std::max(target, sample.target);
  }
  return targets;
}

std::string described(const Sample& sample, Role role) {
  return "'" + sample.sample_id + "' (patient '" + sample.patient_id + "', " + std::string(name_of(role)) + ")";
}

/// Every part of a fold needs both classes: a loss needs them to learn, a threshold and a test to mean something.
core::Status check_parts(const std::map<std::string, Role>& roles, const std::map<std::string, int>& targets) {
  std::array<std::array<int, 2>, 3> counts{};
  for (const auto& [patient, role] : roles) {
    ++counts.at(static_cast<std::size_t>(role)).at(static_cast<std::size_t>(targets.at(patient)));
  }
  for (const auto role : kRoles) {
    const auto& part = counts.at(static_cast<std::size_t>(role));
    if (part[0] > 0 && part[1] > 0) continue;
    return core::fail(ErrorCode::kInvalidInput, "the official split has " + std::to_string(part[1]) + " positive and " +
                                                    std::to_string(part[0]) + " negative patients in its part '" +
                                                    std::string(name_of(role)) +
                                                    "'; every part needs both. Use --method grouped");
  }
  return {};
}

}  // namespace

core::Result<FoldTable> FoldTable::parse(std::string name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(std::move(name), text));
  for (const auto* column : {"fold", "patient_id", "role"}) ALVEUS_TRY(table.column(column));
  std::vector<std::map<std::string, Role>> folds;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    ALVEUS_TRY_ASSIGN(const long fold, table.integer(row, "fold"));
    if (fold < 0 || fold >= kFoldsMax) {
      return core::fail(ErrorCode::kInvalidInput, "the fold " + std::to_string(fold) + " is not in 0 to 9999",
                        table.where(row));
    }
    const auto role = study::find_role(table.cell(row, "role"));
    if (!role) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the role is '" + std::string(table.cell(row, "role")) + "'; it is train, val or test",
                        table.where(row));
    }
    if (static_cast<std::size_t>(fold) >= folds.size()) folds.resize(static_cast<std::size_t>(fold) + 1);
    const std::string patient(table.cell(row, "patient_id"));
    if (!folds[static_cast<std::size_t>(fold)].emplace(patient, *role).second) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the patient '" + patient + "' stands twice in fold " + std::to_string(fold), table.where(row));
    }
  }
  if (folds.empty()) return core::fail(ErrorCode::kInvalidInput, "the table holds no folds", table.name());
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    if (folds[fold].empty()) {
      return core::fail(ErrorCode::kInvalidInput, "fold " + std::to_string(fold) + " has no patients", table.name());
    }
  }
  return FoldTable(std::move(folds));
}

const std::map<std::string, Role>& FoldTable::roles(int fold) const {
  ALVEUS_CHECK(fold >= 0 && fold < count(), "the fold is one of the table");
  return folds_[static_cast<std::size_t>(fold)];
}

std::optional<Role> FoldTable::find_role(int fold, const std::string& patient_id) const {
  const auto& patients = roles(fold);
  const auto found = patients.find(patient_id);
  return found == patients.end() ? std::nullopt : std::optional(found->second);
}

std::string FoldTable::csv() const {
  core::CsvTable table({"fold", "patient_id", "role"});
  for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
    for (const auto& [patient, role] : folds_[fold]) {
      table.add({std::to_string(fold), patient, std::string(name_of(role))});
    }
  }
  return table.text();
}

std::string_view name_of(SplitMethod method) {
  switch (method) {
    case SplitMethod::kOfficial: return "official";
    case SplitMethod::kGrouped: return "grouped";
  }
  return "unknown";
}

SplitMethod natural_method(std::span<const Sample> samples) {
  for (const auto& sample : samples) {
    if (!sample.split) return SplitMethod::kGrouped;
  }
  return SplitMethod::kOfficial;
}

core::Result<FoldTable> official_folds(std::span<const Sample> samples) {
  std::map<std::string, Role> roles;
  std::map<std::string, const Sample*> first;
  for (const auto& sample : samples) {
    if (!sample.split) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the sample '" + sample.sample_id + "' has no split; use --method grouped");
    }
    const auto [place, is_new] = roles.emplace(sample.patient_id, *sample.split);
    if (is_new) {
      first.emplace(sample.patient_id, &sample);
    } else if (place->second != *sample.split) {
      return core::fail(ErrorCode::kInvalidInput, "the patient '" + sample.patient_id +
                                                      "' stands in two parts of the official split: " +
                                                      described(*first.at(sample.patient_id), place->second) + " and " +
                                                      described(sample, *sample.split) + ". Use --method grouped");
    }
  }
  ALVEUS_TRY(check_parts(roles, targets_of(samples)));
  return FoldTable({std::move(roles)});
}

core::Result<FoldTable> grouped_folds(std::span<const Sample> samples, int count, std::uint64_t seed) {
  if (count < 3) {
    return core::fail(ErrorCode::kInvalidInput, "there are " + std::to_string(count) +
                                                    " folds; at least 3 are needed: one to test, one to validate, "
                                                    "one to train");
  }
  std::array<std::vector<std::string>, 2> patients;
  for (const auto& [patient, target] : targets_of(samples)) {
    patients.at(static_cast<std::size_t>(target)).push_back(patient);
  }
  std::map<std::string, int> group_of;
  int next_group = 0;
  for (std::size_t target = 0; target < patients.size(); ++target) {
    auto& members = patients.at(target);
    if (members.size() < static_cast<std::size_t>(count)) {
      return core::fail(ErrorCode::kInvalidInput, "the " + std::string(target == 1 ? "positive" : "negative") +
                                                      " class has " + std::to_string(members.size()) +
                                                      " patients, fewer than the " + std::to_string(count) +
                                                      " folds; use fewer --folds or more patients");
    }
    core::Random random(seed, "study/folds", target);
    random.shuffle(std::span(members));
    for (const auto& patient : members) {
      group_of[patient] = next_group;
      next_group = (next_group + 1) % count;
    }
  }
  std::vector<std::map<std::string, Role>> folds(static_cast<std::size_t>(count));
  for (int fold = 0; fold < count; ++fold) {
    for (const auto& [patient, group] : group_of) {
      const Role role = group == fold ? Role::kTest : group == (fold + 1) % count ? Role::kValidation : Role::kTrain;
      folds[static_cast<std::size_t>(fold)].emplace(patient, role);
    }
  }
  return FoldTable(std::move(folds));
}

core::Status check_leaks(const FoldTable& folds, std::span<const Sample> samples) {
  for (int fold = 0; fold < folds.count(); ++fold) {
    std::map<std::string_view, std::pair<const Sample*, Role>> pictures;
    for (const auto& sample : samples) {
      const auto role = folds.find_role(fold, sample.patient_id);
      if (!role) {
        return core::fail(ErrorCode::kInvalidInput, "the patient '" + sample.patient_id + "' has no role in fold " +
                                                        std::to_string(fold) + "; make the folds from these samples");
      }
      if (sample.pixel_sha256.empty()) continue;
      const auto [place, is_new] = pictures.emplace(sample.pixel_sha256, std::pair(&sample, *role));
      if (is_new || place->second.second == *role) continue;
      return core::fail(ErrorCode::kInvalidInput,
                        "leak in fold " + std::to_string(fold) + ": the samples " +
                            described(*place->second.first, place->second.second) + " and " + described(sample, *role) +
                            " are the same picture in two roles; remove one (ingest --duplicates drop)");
    }
  }
  return {};
}

core::Value folds_summary(const FoldTable& folds, std::span<const Sample> samples, SplitMethod method,
                          std::uint64_t seed) {
  const auto targets = targets_of(samples);
  core::Array counts;
  for (int fold = 0; fold < folds.count(); ++fold) {
    std::array<std::array<int, 2>, 3> patient_counts{};
    std::array<std::array<int, 2>, 3> sample_counts{};
    for (const auto& [patient, role] : folds.roles(fold)) {
      ++patient_counts.at(static_cast<std::size_t>(role)).at(static_cast<std::size_t>(targets.at(patient)));
    }
    for (const auto& sample : samples) {
      const auto role = static_cast<std::size_t>(*folds.find_role(fold, sample.patient_id));
      ++sample_counts.at(role).at(static_cast<std::size_t>(sample.target));
    }
    for (const auto role : kRoles) {
      for (std::size_t target = 0; target < 2; ++target) {
        counts.push_back(core::Object{{"fold", fold},
                                      {"role", name_of(role)},
                                      {"target", static_cast<int>(target)},
                                      {"patients", patient_counts.at(static_cast<std::size_t>(role)).at(target)},
                                      {"samples", sample_counts.at(static_cast<std::size_t>(role)).at(target)}});
      }
    }
  }
  const bool seeded = method == SplitMethod::kGrouped;
  return core::Object{
      {"format", "alveus-folds"},   {"format_version", kFormatVersion},
      {"method", name_of(method)},  {"seed", seeded ? core::Value(static_cast<std::int64_t>(seed)) : core::Value()},
      {"folds", folds.count()},     {"sha256", core::hash_text(core::HashKind::kSha256, folds.csv())},
      {"counts", std::move(counts)}};
}

}  // namespace alveus::study
