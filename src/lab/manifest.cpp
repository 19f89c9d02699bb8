// SPDX-License-Identifier: Apache-2.0
#include "lab/manifest.hpp"

#include <cmath>

#include "core/csv.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

tl::unexpected<core::Error> refuse(const core::CsvTable& table, std::size_t row, std::string message) {
  return core::fail(core::ErrorCode::kInvalidInput, std::move(message), table.where(row));
}

core::Result<double> number_in(const core::CsvTable& table, std::size_t row, std::string_view column) {
  ALVEUS_TRY_ASSIGN(const double number, table.real(row, column));
  if (!std::isfinite(number)) return refuse(table, row, std::string(column) + " is not finite");
  return number;
}

core::Result<double> number_or(const core::CsvTable& table, std::size_t row, std::string_view column, double fallback) {
  if (table.cell(row, column).empty()) return fallback;
  return number_in(table, row, column);
}

core::Result<ManifestRow> row_of(const core::CsvTable& table, std::size_t index) {
  const auto text = [&](std::string_view column) { return std::string(table.cell(index, column)); };
  ManifestRow row;
  row.path = text("path");
  row.label = text("label");
  row.patient_id = text("patient_id");
  row.split = text("split");
  row.sha256 = text("sha256");
  row.series_id = text("series_id");
  row.lung_mask = text("lung_mask");
  row.lesion_mask = text("lesion_mask");
  row.lung_mask_sha256 = text("lung_mask_sha256");
  row.lesion_mask_sha256 = text("lesion_mask_sha256");
  if (row.path.empty()) return refuse(table, index, "the row names no path");
  if (!row.split.empty() && row.split != "train" && row.split != "val" && row.split != "test") {
    return refuse(table, index, "split '" + row.split + "' is none of train, val, test");
  }
  if (const std::string unit = text("unit"); unit == "hu") {
    row.unit = imaging::Unit::kHounsfield;
  } else if (unit == "grey") {
    row.unit = imaging::Unit::kGrey;
  } else if (!unit.empty()) {
    return refuse(table, index, "unit '" + unit + "' is neither hu nor grey");
  }
  if (!text("slice_index").empty()) {
    ALVEUS_TRY_ASSIGN(row.slice_index, number_in(table, index, "slice_index"));
  }
  ALVEUS_TRY_ASSIGN(row.slope, number_or(table, index, "slope", 1));
  ALVEUS_TRY_ASSIGN(row.intercept, number_or(table, index, "intercept", 0));
  ALVEUS_TRY_ASSIGN(row.spacing_mm, number_or(table, index, "spacing_mm", 0));
  if (row.slope == 0) return refuse(table, index, "a slope of 0 makes every pixel the same");
  if (row.spacing_mm < 0) return refuse(table, index, "spacing_mm is negative");
  return row;
}

}  // namespace

core::Result<std::vector<ManifestRow>> read_manifest(const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(const std::string text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const core::CsvTable table, core::CsvTable::parse(file.string(), text));
  for (const std::string_view column : {"path", "label", "patient_id"}) ALVEUS_TRY(table.column(column));
  std::vector<ManifestRow> rows;
  for (std::size_t index = 0; index < table.row_count(); ++index) {
    ALVEUS_TRY_ASSIGN(ManifestRow row, row_of(table, index));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return core::fail(core::ErrorCode::kInvalidInput, "the manifest names no file", file.string());
  return rows;
}

}  // namespace alveus::lab
