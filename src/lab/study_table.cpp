// SPDX-License-Identifier: Apache-2.0
#include "lab/study_table.hpp"

#include <set>

#include "core/csv.hpp"

namespace alveus::lab {
namespace {

tl::unexpected<core::Error> refuse(const core::CsvTable& table, std::size_t row, std::string message) {
  return core::fail(core::ErrorCode::kInvalidInput, std::move(message), table.where(row));
}

core::Result<std::size_t> count_in(const core::CsvTable& table, std::size_t row, std::string_view column) {
  ALVEUS_TRY_ASSIGN(const long number, table.integer(row, column));
  if (number < 0) return refuse(table, row, "'" + std::string(column) + "' is negative");
  return static_cast<std::size_t>(number);
}

/// A size in mm; empty is 0, unknown.
core::Result<double> spacing_in(const core::CsvTable& table, std::size_t row, std::string_view column) {
  if (table.cell(row, column).empty()) return 0.0;
  ALVEUS_TRY_ASSIGN(const double number, table.real(row, column));
  if (!(number > 0)) return refuse(table, row, "'" + std::string(column) + "' must be above 0");
  return number;
}

core::Result<StudySlice> slice_of(const core::CsvTable& table, std::size_t row) {
  const auto text = [&](std::string_view column) { return std::string(table.cell(row, column)); };
  StudySlice slice;
  slice.sample_id = text("sample_id");
  slice.address.path = text("path");
  ALVEUS_TRY_ASSIGN(slice.address.slice, count_in(table, row, "slice"));
  const std::string unit = text("unit");
  if (unit != "hu" && unit != "grey") return refuse(table, row, "unit '" + unit + "' is neither hu nor grey");
  slice.address.unit = unit == "hu" ? imaging::Unit::kHounsfield : imaging::Unit::kGrey;
  ALVEUS_TRY_ASSIGN(slice.address.slope, table.real(row, "slope"));
  ALVEUS_TRY_ASSIGN(slice.address.intercept, table.real(row, "intercept"));
  slice.label = text("label");
  ALVEUS_TRY_ASSIGN(const long target, table.integer(row, "target"));
  if (target != 0 && target != 1) return refuse(table, row, "target is neither 0 nor 1");
  slice.target = static_cast<int>(target);
  slice.patient_id = text("patient_id");
  slice.series_id = text("series_id");
  if (!text("position").empty()) {
    ALVEUS_TRY_ASSIGN(slice.position, table.real(row, "position"));
  }
  slice.split = text("split");
  ALVEUS_TRY_ASSIGN(slice.spacing_mm[0], spacing_in(table, row, "spacing_x_mm"));
  ALVEUS_TRY_ASSIGN(slice.spacing_mm[1], spacing_in(table, row, "spacing_y_mm"));
  ALVEUS_TRY_ASSIGN(slice.width, count_in(table, row, "width"));
  ALVEUS_TRY_ASSIGN(slice.height, count_in(table, row, "height"));
  slice.pixel_sha256 = text("pixel_sha256");
  slice.lung_mask = text("lung_mask");
  slice.lesion_mask = text("lesion_mask");
  for (const auto& [column, value] : {std::pair{"sample_id", &slice.sample_id},
                                      {"path", &slice.address.path},
                                      {"label", &slice.label},
                                      {"patient_id", &slice.patient_id}}) {
    if (value->empty()) return refuse(table, row, std::string("'") + column + "' is empty");
  }
  return slice;
}

std::string position_text(const std::optional<double>& position) {
  return position ? core::number_text(*position) : std::string();
}

std::string spacing_text(double spacing_mm) { return spacing_mm > 0 ? core::number_text(spacing_mm) : std::string(); }

}  // namespace

std::array<double, 2> spacing_or_usual(const StudySlice& slice) {
  constexpr double kFieldOfViewMm = 360;
  if (slice.spacing_mm[0] > 0 && slice.spacing_mm[1] > 0) return slice.spacing_mm;
  return {kFieldOfViewMm / static_cast<double>(slice.width), kFieldOfViewMm / static_cast<double>(slice.width)};
}

std::string_view name_of(imaging::Unit unit) {
  switch (unit) {
    case imaging::Unit::kHounsfield: return "hu";
    case imaging::Unit::kGrey: break;
  }
  return "grey";
}

std::string study_csv(std::span<const StudySlice> slices) {
  core::CsvTable table({"sample_id", "path", "slice", "label", "target", "patient_id", "series_id", "position", "split",
                        "unit", "slope", "intercept", "spacing_x_mm", "spacing_y_mm", "width", "height", "pixel_sha256",
                        "lung_mask", "lesion_mask"});
  for (const StudySlice& slice : slices) {
    const SliceAddress& address = slice.address;
    table.add({slice.sample_id, address.path, std::to_string(address.slice), slice.label, std::to_string(slice.target),
               slice.patient_id, slice.series_id, position_text(slice.position), slice.split,
               std::string(name_of(address.unit)), core::number_text(address.slope),
               core::number_text(address.intercept), spacing_text(slice.spacing_mm[0]),
               spacing_text(slice.spacing_mm[1]), std::to_string(slice.width), std::to_string(slice.height),
               slice.pixel_sha256, slice.lung_mask, slice.lesion_mask});
  }
  return table.text();
}

core::Result<std::vector<StudySlice>> parse_study(std::string name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const core::CsvTable table, core::CsvTable::parse(std::move(name), text));
  for (const std::string_view column : {"sample_id", "path", "slice", "label", "target", "patient_id", "unit", "slope",
                                        "intercept", "width", "height", "pixel_sha256"}) {
    ALVEUS_TRY(table.column(column));
  }
  std::vector<StudySlice> slices;
  std::set<std::string> ids;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    ALVEUS_TRY_ASSIGN(StudySlice slice, slice_of(table, row));
    if (!ids.insert(slice.sample_id).second) {
      return refuse(table, row, "sample '" + slice.sample_id + "' stands twice");
    }
    slices.push_back(std::move(slice));
  }
  if (slices.empty()) return core::fail(core::ErrorCode::kInvalidInput, "the study has no slice", table.name());
  return slices;
}

std::array<std::string, 2> classes_of(std::span<const StudySlice> slices) {
  std::array<std::set<std::string>, 2> labels;
  for (const StudySlice& slice : slices) labels[slice.target == 1 ? 1 : 0].insert(slice.label);
  const std::string positive = labels[1].empty() ? "positive" : *labels[1].begin();
  return {labels[0].size() == 1 ? *labels[0].begin() : "not-" + positive, positive};
}

}  // namespace alveus::lab
