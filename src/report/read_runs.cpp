// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "report/detail/json_view.hpp"
#include "report/detail/read_results.hpp"

namespace alveus::report {
namespace {

/// A cell as a number; nothing when it is empty or the column absent.
core::Result<std::optional<double>> find_number(const core::CsvTable& table, std::size_t row, std::string_view column) {
  const auto cell = table.cell(row, column);
  if (cell.empty() || cell == "nan") return std::optional<double>();
  ALVEUS_TRY_ASSIGN(const double number, table.real(row, column));
  return std::optional(number);
}

core::Status require(const core::CsvTable& table, std::initializer_list<std::string_view> columns) {
  for (const auto column : columns) ALVEUS_TRY(table.column(column));
  return {};
}

/// What many reasons have in common: the text before the first name, number or detail, without words that lead to one.
std::string kind_of_reason(std::string_view reason) {
  static constexpr std::array<std::string_view, 12> kLeading = {"as", "of", "in",  "by",   "to",   "from",
                                                                "is", "at", "the", "with", "than", "patient"};
  std::string_view kind = reason.substr(0, reason.find_first_of(":;('\"0123456789"));
  while (true) {
    kind = kind.substr(0, kind.find_last_not_of(" ,") + 1);
    const auto word = kind.substr(kind.find_last_of(' ') + 1);
    if (kind.empty() || std::ranges::find(kLeading, word) == kLeading.end()) break;
    kind.remove_suffix(word.size());
  }
  return std::string(kind.empty() ? reason : kind);
}

}  // namespace

core::Result<TrainingRun> read_training(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(auto value, core::parse_json_file(name, text));
  std::optional<core::Error> error;
  const JsonView root(value, name, error);
  const JsonView variant = root.at("variant");
  TrainingRun run;
  run.variant = variant.text("id");
  run.configuration = variant.text("configuration");
  run.fold = static_cast<int>(variant.whole("fold"));
  run.settings = variant.value();
  run.parameters = root.find_whole("parameters");
  run.weights_sha256 = root.find_text("weights_sha256");
  run.best_epoch = root.find_whole("best_epoch");
  run.epochs_run = root.find_whole("epochs_run");
  run.stopped_early = root.find_flag("stopped_early");
  run.best_validation_loss = root.find_real("best_validation_loss");
  if (error) return core::fail(*std::move(error));
  run.record = std::move(value);
  return run;
}

core::Result<std::vector<Epoch>> read_history(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(name, text));
  ALVEUS_TRY(require(table, {"epoch", "train_loss", "val_loss"}));
  std::vector<Epoch> history;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Epoch epoch;
    ALVEUS_TRY_ASSIGN(epoch.epoch, table.integer(row, "epoch"));
    ALVEUS_TRY_ASSIGN(epoch.learning_rate, find_number(table, row, "learning_rate"));
    ALVEUS_TRY_ASSIGN(epoch.train_loss, find_number(table, row, "train_loss"));
    ALVEUS_TRY_ASSIGN(epoch.validation_loss, find_number(table, row, "val_loss"));
    ALVEUS_TRY_ASSIGN(epoch.validation_auc, find_number(table, row, "val_auc"));
    history.push_back(epoch);
  }
  return history;
}

core::Result<std::vector<Explanation>> read_explanations(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(name, text));
  ALVEUS_TRY(require(table, {"file", "variant", "sample_id", "patient_id", "target", "probability"}));
  std::vector<Explanation> explanations;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Explanation explanation;
    explanation.file = table.cell(row, "file");
    explanation.variant = table.cell(row, "variant");
    explanation.sample_id = table.cell(row, "sample_id");
    explanation.patient_id = table.cell(row, "patient_id");
    explanation.slice_id = table.cell(row, "slice_id");
    if (explanation.file.empty() || explanation.file.find('/') != std::string::npos) {
      return core::fail(core::ErrorCode::kInvalidInput, "'file' must name a picture of the same folder",
                        table.where(row));
    }
    ALVEUS_TRY_ASSIGN(const long target, table.integer(row, "target"));
    explanation.target = static_cast<int>(target);
    ALVEUS_TRY_ASSIGN(explanation.probability, find_number(table, row, "probability"));
    ALVEUS_TRY_ASSIGN(explanation.energy_in_lung, find_number(table, row, "energy_in_lung"));
    ALVEUS_TRY_ASSIGN(explanation.energy_in_lesion, find_number(table, row, "energy_in_lesion"));
    ALVEUS_TRY_ASSIGN(explanation.lesion_share_of_lung, find_number(table, row, "lesion_share_of_lung"));
    if (const auto hit = table.cell(row, "pointing_hit"); !hit.empty()) explanation.pointing_hit = hit == "1";
    explanations.push_back(std::move(explanation));
  }
  return explanations;
}

core::Result<Cohort> read_cohort(const std::string& study_name, std::string_view study_csv) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(study_name, study_csv));
  ALVEUS_TRY(require(table, {"path", "label", "target", "patient_id"}));
  Cohort cohort;
  std::set<std::string> files;
  std::set<std::string> patients;
  std::map<std::string, ClassCount> classes;
  std::map<std::string, std::set<std::string>> patients_of;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    ALVEUS_TRY_ASSIGN(const long target, table.integer(row, "target"));
    const std::string label(table.cell(row, "label"));
    const std::string patient(table.cell(row, "patient_id"));
    files.emplace(table.cell(row, "path"));
    patients.insert(patient);
    patients_of[label].insert(patient);
    ClassCount& count = classes[label];
    count.label = label;
    count.target = static_cast<int>(target);
    ++count.slices;
    ++cohort.units[std::string(table.cell(row, "unit"))];
    if (!table.cell(row, "lung_mask").empty()) ++cohort.with_lung_mask;
    if (!table.cell(row, "lesion_mask").empty()) ++cohort.with_lesion_mask;
  }
  for (auto& [label, count] : classes) {
    count.patients = static_cast<std::int64_t>(patients_of[label].size());
    cohort.classes.push_back(count);
  }
  std::ranges::stable_sort(cohort.classes, std::greater<>(), &ClassCount::target);
  cohort.slices = static_cast<std::int64_t>(table.row_count());
  cohort.files_accepted = static_cast<std::int64_t>(files.size());
  cohort.patients = static_cast<std::int64_t>(patients.size());
  return cohort;
}

core::Status add_rejected(Cohort& cohort, const std::string& name, std::string_view rejected_csv) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(name, rejected_csv));
  ALVEUS_TRY(require(table, {"path", "reason"}));
  std::set<std::string> files;
  std::map<std::string, std::int64_t> reasons;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    files.emplace(table.cell(row, "path"));
    ++reasons[kind_of_reason(table.cell(row, "reason"))];
  }
  cohort.files_rejected = static_cast<std::int64_t>(files.size());
  cohort.rejected_rows = static_cast<std::int64_t>(table.row_count());
  cohort.rejected.assign(reasons.begin(), reasons.end());
  std::ranges::stable_sort(cohort.rejected, std::greater<>(), [](const auto& reason) { return reason.second; });
  return {};
}

}  // namespace alveus::report
