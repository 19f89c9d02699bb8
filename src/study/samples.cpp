// SPDX-License-Identifier: Apache-2.0
#include "study/samples.hpp"

#include <array>
#include <set>
#include <utility>

#include "core/csv.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

core::Result<Sample> parse_sample(const core::CsvTable& table, std::size_t row) {
  Sample sample;
  ALVEUS_TRY_ASSIGN(const long index, table.integer(row, "index"));
  if (index != static_cast<long>(row)) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the index is " + std::to_string(index) + " where " + std::to_string(row) + " is due",
                      table.where(row));
  }
  sample.index = row;
  sample.sample_id = table.cell(row, "sample_id");
  sample.patient_id = table.cell(row, "patient_id");
  if (sample.sample_id.empty() || sample.patient_id.empty()) {
    return core::fail(
        ErrorCode::kInvalidInput,
        sample.sample_id.empty() ? "the sample_id is empty" : "the patient_id is empty; samples are grouped by patient",
        table.where(row));
  }
  ALVEUS_TRY_ASSIGN(const long target, table.integer(row, "target"));
  if (target != 0 && target != 1) {
    return core::fail(ErrorCode::kInvalidInput, "the target is " + std::to_string(target) + "; it is 0 or 1",
                      table.where(row));
  }
  sample.target = static_cast<int>(target);
  sample.label = table.cell(row, "label");
  sample.pixel_sha256 = table.cell(row, "pixel_sha256");
  sample.series_id = table.cell(row, "series_id");
  if (!table.cell(row, "position").empty()) {
    ALVEUS_TRY_ASSIGN(sample.position, table.real(row, "position"));
  }
  const std::string_view split = table.cell(row, "split");
  sample.split = find_role(split);
  if (!split.empty() && !sample.split) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the split is '" + std::string(split) + "'; it is train, val, test or empty", table.where(row));
  }
  return sample;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kTrain: return "train";
    case Role::kValidation: return "val";
    case Role::kTest: return "test";
  }
  return "unknown";
}

std::optional<Role> find_role(std::string_view name) {
  for (const auto role : {Role::kTrain, Role::kValidation, Role::kTest}) {
    if (name == name_of(role)) return role;
  }
  return std::nullopt;
}

core::Result<std::vector<Sample>> parse_samples(std::string name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto table, core::CsvTable::parse(std::move(name), text));
  for (const auto* column : {"index", "sample_id", "patient_id", "target"}) ALVEUS_TRY(table.column(column));
  std::vector<Sample> samples;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    ALVEUS_TRY_ASSIGN(auto sample, parse_sample(table, row));
    if (!seen.insert(sample.sample_id).second) {
      return core::fail(ErrorCode::kInvalidInput, "the sample '" + sample.sample_id + "' stands twice",
                        table.where(row));
    }
    samples.push_back(std::move(sample));
  }
  if (samples.empty()) return core::fail(ErrorCode::kInvalidInput, "the table holds no samples", table.name());
  return samples;
}

}  // namespace alveus::study
