// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/csv.hpp"
#include "sys/file.hpp"

namespace alveus::testing {

/// A data set that lies beside the project, with the manifest that says what is right.
struct SharedSet {
  std::filesystem::path folder;
  core::CsvTable manifest;

  std::string text(std::size_t row, std::string_view column) const { return std::string(manifest.cell(row, column)); }
  std::filesystem::path file(std::size_t row) const { return folder / manifest.cell(row, "path"); }
};

/// Nothing when the set is not there: such tests skip.
inline std::optional<SharedSet> find_shared_set(const std::string& name) {
  const auto folder = std::filesystem::path(ALVEUS_TEST_PROJECT_DIR) / "../shared/data" / name;
  const auto text = sys::read_file(folder / "manifest.csv");
  if (!text) return std::nullopt;
  auto table = core::CsvTable::parse(name + "/manifest.csv", *text);
  if (!table) return std::nullopt;
  return SharedSet{folder, std::move(*table)};
}

}  // namespace alveus::testing

/// Skips the test, saying why, when the set is not beside the project.
#define ALVEUS_NEEDS_SET(variable, name)                                                            \
  const auto variable##_found = ::alveus::testing::find_shared_set(name);                           \
  if (!variable##_found) GTEST_SKIP() << "the data set " << (name) << " is not beside the project"; \
  const ::alveus::testing::SharedSet& variable = *variable##_found
