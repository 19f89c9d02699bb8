// SPDX-License-Identifier: Apache-2.0
#include "core/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "core/check.hpp"
#include "core/text.hpp"

namespace alveus::core {
namespace {

/// Takes records off the front of a text.
class RecordReader {
 public:
  explicit RecordReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  bool at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  /// The cells of the next record; nothing when a quote stays open.
  std::optional<std::vector<std::string>> next() {
    std::vector<std::string> cells(1);
    while (!rest_.empty()) {
      const char character = take();
      if (character == '"' && cells.back().empty()) {
        if (!take_quoted(cells.back())) return std::nullopt;
      } else if (character == ',') {
        cells.emplace_back();
      } else if (character == '\n') {
        ++line_;
        return cells;
      } else if (character != '\r' || !rest_.starts_with('\n')) {
        cells.back() += character;
      }
    }
    return cells;
  }

 private:
  char take() {
    const char character = rest_.front();
    rest_.remove_prefix(1);
    return character;
  }

  bool take_quoted(std::string& cell) {
    while (!rest_.empty()) {
      const char character = take();
      if (character == '"' && !rest_.starts_with('"')) return true;
      if (character == '"') take();
      if (character == '\n') ++line_;
      cell += character;
    }
    return false;
  }

  std::string_view rest_;
  std::size_t line_ = 1;
};

void append_cell(std::string& out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char character : cell) {
    if (character == '"') out += '"';
    out += character;
  }
  out += '"';
}

void append_record(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    append_cell(out, cells[i]);
  }
  out += '\n';
}

}  // namespace

CsvTable::CsvTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}

Result<CsvTable> CsvTable::parse(std::string name, std::string_view text) {
  RecordReader reader(text);
  if (reader.at_end()) return fail(ErrorCode::kInvalidInput, "the table is empty; it needs a header line", name);
  auto header = reader.next();
  if (!header) return fail(ErrorCode::kInvalidInput, "a quote in the header is never closed", name + ":1");
  CsvTable table(std::move(*header));
  table.name_ = std::move(name);
  auto sorted = table.columns_;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    return fail(ErrorCode::kInvalidInput, "the column '" + *twice + "' stands twice", table.name_ + ":1");
  }
  while (!reader.at_end()) {
    const std::size_t line = reader.line();
    auto cells = reader.next();
    const std::string where = table.name_ + ":" + std::to_string(line);
    if (!cells) return fail(ErrorCode::kInvalidInput, "a quote is never closed", where);
    if (cells->size() == 1 && cells->front().empty() && table.columns_.size() > 1) continue;
    if (cells->size() != table.columns_.size()) {
      return fail(ErrorCode::kInvalidInput,
                  "the row has " + std::to_string(cells->size()) + " cells, the header " +
                      std::to_string(table.columns_.size()),
                  where);
    }
    table.rows_.push_back(std::move(*cells));
    table.lines_.push_back(line);
  }
  return table;
}

std::size_t CsvTable::line_of(std::size_t row_index) const { return row_index < lines_.size() ? lines_[row_index] : 0; }

std::string CsvTable::where(std::size_t row_index) const { return name_ + ":" + std::to_string(line_of(row_index)); }

std::optional<std::size_t> CsvTable::find_column(std::string_view column) const {
  const auto found = std::ranges::find(columns_, column);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

Result<std::size_t> CsvTable::column(std::string_view column) const {
  if (const auto index = find_column(column)) return *index;
  std::string message = "the table has no column '" + std::string(column) + "'";
  if (const auto likely = nearest(column, columns_)) {
    message += "; did you mean '" + *likely + "'?";
  } else {
    message += "; it has";
    for (const auto& name : columns_) message += " '" + name + "'";
  }
  return fail(ErrorCode::kInvalidInput, message, name_ + ":1");
}

std::string_view CsvTable::cell(std::size_t row_index, std::string_view column) const {
  const auto index = find_column(column);
  return index ? std::string_view(rows_[row_index][*index]) : std::string_view();
}

Result<double> CsvTable::real(std::size_t row_index, std::string_view column) const {
  const std::string_view text = trim(cell(row_index, column));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidInput,
                "column '" + std::string(column) + "' holds '" + std::string(text) + "', not a number",
                where(row_index));
  }
  return number;
}

Result<long> CsvTable::integer(std::size_t row_index, std::string_view column) const {
  const std::string_view text = trim(cell(row_index, column));
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kInvalidInput,
                "column '" + std::string(column) + "' holds '" + std::string(text) + "', not a whole number",
                where(row_index));
  }
  return number;
}

void CsvTable::add(std::vector<std::string> cells) {
  ALVEUS_CHECK(cells.size() == columns_.size(), "a row has a cell for each column");
  rows_.push_back(std::move(cells));
  lines_.push_back(0);
}

std::string CsvTable::text() const {
  std::string out;
  append_record(out, columns_);
  for (const auto& cells : rows_) append_record(out, cells);
  return out;
}

std::string number_text(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string float_text(float value) {
  std::array<char, 32> digits{};
  const int size = std::snprintf(digits.data(), digits.size(), "%.9g", static_cast<double>(value));
  return {digits.data(), static_cast<std::size_t>(size)};
}

}  // namespace alveus::core
