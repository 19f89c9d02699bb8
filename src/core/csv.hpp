// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::core {

/// A table of text with a header line (RFC 4180: comma, double quotes, UTF-8; LF or CRLF; a byte-order mark is
/// skipped).
class CsvTable {
 public:
  explicit CsvTable(std::vector<std::string> columns);

  /// Reads a table. `name` is the file as messages show it. kInvalidInput with "name:line": no header, a column named
  /// twice, a row of another length, an open quote.
  static Result<CsvTable> parse(std::string name, std::string_view text);

  const std::string& name() const { return name_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t row_count() const { return rows_.size(); }
  const std::vector<std::string>& row(std::size_t index) const { return rows_[index]; }
  /// Line of the file on which a row starts, counted from 1; 0 for a row that was added.
  std::size_t line_of(std::size_t row_index) const;
  /// "name:line" of a row, for messages.
  std::string where(std::size_t row_index) const;

  std::optional<std::size_t> find_column(std::string_view column) const;
  /// kInvalidInput naming the columns that are there and, for a misspelling, the likely one.
  Result<std::size_t> column(std::string_view column) const;
  /// The cell, or "" when the table has no such column.
  std::string_view cell(std::size_t row_index, std::string_view column) const;
  /// The cell as a number. kInvalidInput names file, line and column.
  Result<double> real(std::size_t row_index, std::string_view column) const;
  Result<long> integer(std::size_t row_index, std::string_view column) const;

  /// Adds a row; it has a cell for each column.
  void add(std::vector<std::string> cells);
  /// The table as text: quotes only where needed, LF ends each line.
  std::string text() const;

 private:
  std::string name_;
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> lines_;
};

/// Text of a number for artefacts: the shortest that reads back the same double.
std::string number_text(double value);
/// Nine significant digits ("%.9g"): enough for a float.
std::string float_text(float value);

}  // namespace alveus::core
