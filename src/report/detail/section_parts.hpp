// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/detail/names.hpp"
#include "report/markup.hpp"
#include "report/report.hpp"

namespace alveus::report {

/// What sections share while a page is made: the evidence, names, and the numbers of figures and tables.
struct PageState {
  explicit PageState(const Evidence& all, const ReportOptions& page_options)
      : evidence(all), options(page_options), names(all) {}

  const Evidence& evidence;
  const ReportOptions& options;
  Names names;
  int figures = 0;
  int tables = 0;

  /// Place of a configuration in the ranking, from 0; the ranking's length when it is not ranked.
  std::size_t place_of(const std::string& configuration) const;
  /// Names of target 0 and 1.
  std::string negative_name() const;
  std::string positive_name() const;
};

struct Column {
  Markup title;
  bool is_number = false;
};

/// A table with a header row, made row by row.
class TableMaker {
 public:
  explicit TableMaker(std::vector<Column> columns, std::string style = {});
  /// One cell per column.
  void add(const std::vector<Markup>& cells, std::string_view row_style = {});
  Markup finish() const;

 private:
  std::vector<Column> columns_;
  std::string style_;
  Markup rows_;
};

Markup section(std::string_view id, const std::string& title, const Markup& content);
Markup paragraph(const Markup& content, std::string_view style = {});
Markup subtitle(const Markup& content);
Markup link(const std::string& target, const Markup& content);
Markup code(const std::string& text);

/// A numbered figure ("Figure 3.") or table ("Table 2.") with its caption and where its numbers come from.
Markup numbered_figure(PageState& page, const Markup& content, const Markup& caption,
                       const std::vector<std::string>& sources);
Markup numbered_table(PageState& page, const Markup& table, const Markup& caption,
                      const std::vector<std::string>& sources);
/// "Source: metrics.json 0123456789ab", each with the start of its SHA-256 and linked to the list of files; many files
/// of a kind are counted ("12 files training/*/history.csv"). Names that no file of the evidence has are left out.
Markup source_note(const Evidence& evidence, const std::vector<std::string>& sources);
/// Names of the sources below a folder that end in `ending`, for notes.
std::vector<std::string> sources_below(const Evidence& evidence, std::string_view prefix, std::string_view ending);

/// The rank on a coloured disc, as charts show the configuration.
Markup rank_badge(const PageState& page, const std::string& configuration);
/// Network in bold, details and full id below.
Markup configuration_cell(const PageState& page, const std::string& configuration);
/// "2 · ResNet-18 · lr 0.001" in one line.
Markup configuration_line(const PageState& page, const std::string& configuration);
/// The value, and its interval on a second line.
Markup estimate_cell(const Estimate& estimate, int decimals);

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& words);

}  // namespace alveus::report
